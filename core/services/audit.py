import datetime as dt
from collections.abc import Mapping
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.errors import RefusalOnRecord
from core.models import AuditEntry, AuditNote


def record_audit(
    action: str,
    subject: Any,
    *,
    by: Any,
    now: dt.datetime,
    changes: Mapping[str, Any] | None = None,
    note: str = "",
) -> AuditEntry:
    """Write one audit row inside the caller's transaction.

    ``action`` is a stable code such as ``"rule.published"``; ``subject`` is an object, or a model
    where its list as a whole is meant; ``changes`` holds coded facts only. Free text goes into
    ``note``, which an erasure may remove.
    """
    entry = AuditEntry.objects.create(
        recorded_at=now,
        actor=by,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id="" if isinstance(subject, type) else str(subject.pk),
        changes=changes or {},
    )
    if note:
        AuditNote.objects.create(entry=entry, text=note)
    return entry


def keeps_refusals(service):
    """Put what the service refuses on record, after its own transaction was undone.

    Stands above ``@transaction.atomic``. A service that calls another under a transaction of its
    own stands under it too: the row of the inner one goes with that transaction, and the outer
    one writes it again.
    """

    @wraps(service)
    def keep(*args, **kwargs):
        try:
            return service(*args, **kwargs)
        except RefusalOnRecord as refusal:
            if not (connection.in_atomic_block and connection.needs_rollback):
                # A page of the back office that stands under it is told no time.
                _record_refusal(refusal, now=kwargs.get("now") or timezone.now())
            raise

    return keep


@transaction.atomic
def _record_refusal(refusal, *, now):
    changes = {"refused": refusal.code, **refusal.changes}
    record_audit(refusal.action, refusal.subject, by=refusal.by, changes=changes, now=now)
