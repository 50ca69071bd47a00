"""Whoever of staff looks at what is personal leaves a trace."""

import datetime as dt
import json

from django.db import connection, transaction

from members.models import Member, User

VIEWED = "member.viewed"
_WINDOW = dt.timedelta(hours=1)
# One statement, along audit_of_subject; two at once may both write, which does no harm.
_NOTE = """
    INSERT INTO core_auditentry (recorded_at, actor_id, action, subject_type, subject_id, changes)
    SELECT %(now)s, %(actor)s, %(action)s, %(type)s, %(id)s, %(changes)s::jsonb
    WHERE NOT EXISTS (
        SELECT FROM core_auditentry
        WHERE subject_type = %(type)s AND subject_id = %(id)s AND actor_id = %(actor)s
          AND action = %(action)s AND recorded_at > %(since)s
    )
"""


@transaction.atomic
def record_view(
    subject_type: str, subject_id: int | str, *, by: User, now: dt.datetime, page: str = ""
) -> bool:
    """Note that ``by`` saw something personal: once an hour per person and subject.

    ``subject_type`` is a model's label. Returns whether a row was written.
    """
    is_member = subject_type.lower() == Member._meta.label_lower
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            {
                "now": now,
                "since": now - _WINDOW,
                "actor": by.pk,
                "action": VIEWED if is_member else f"{subject_type.split('.')[-1].lower()}.viewed",
                "type": subject_type.lower(),
                "id": str(subject_id),
                "changes": json.dumps({"page": page} if page else {}),
            },
        )
        return cursor.rowcount > 0
