from django.utils import timezone

from core.models import AuditEntry, AuditNote


def record_audit(action, subject, *, by, changes=None, note="", now=None):
    """Write one audit row inside the caller's transaction.

    ``action`` is a stable code such as ``"rule.published"``; ``changes`` holds coded facts
    only. Free text goes into ``note``, which an erasure may remove.
    """
    entry = AuditEntry.objects.create(
        recorded_at=now or timezone.now(),
        actor=by,
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        changes=changes or {},
    )
    if note:
        AuditNote.objects.create(entry=entry, text=note)
    return entry
