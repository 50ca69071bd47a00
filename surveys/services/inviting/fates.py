"""What became of the messages: only one that really left starts the member's clock."""

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from members.registry import MessageFate
from members.services.notices import withdraw_notices
from surveys.enums import InvitationState, SkipReason

NOTICE = "survey_open"
FACT = "invitation"  # under this name a message's facts hold the invitation

# The first one that left counts. One by a second channel may leave after the first didn't.
_SENT = f"""
    UPDATE surveys_invitation i
    SET sent_at = f.at, reason = '', detail = '',
        state = CASE WHEN i.state IN ('{InvitationState.RELEASED}', '{InvitationState.SKIPPED}')
                     THEN '{InvitationState.SENT}' ELSE i.state END,
        reminder_due_at = f.at + make_interval(days => s.reminder_after_days)
    FROM (SELECT id, min(at) AS at FROM unnest(%s::bigint[], %s::timestamptz[]) AS u (id, at)
          GROUP BY id) f, surveys_survey s
    WHERE i.id = f.id AND s.id = i.survey_id AND i.sent_at IS NULL
"""
_NOT_SENT = f"""
    UPDATE surveys_invitation i
    SET state = '{InvitationState.SKIPPED}', reason = f.reason, detail = f.detail
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS f (id, reason, detail)
    WHERE i.id = f.id AND i.sent_at IS NULL AND i.state = '{InvitationState.RELEASED}'
    RETURNING i.member_id, i.id
"""


def hear_fates(fates: Sequence[MessageFate], now: dt.datetime) -> None:
    """In the transaction that settles the messages. A reminder that wasn't sent changes nothing:
    its invitation was. Where nothing was sent the sender's own reason is kept.
    """
    known = [each for each in fates if isinstance(each.subject, int)]
    sent = sorted((each for each in known if each.is_sent), key=lambda each: each.subject)
    unsent = sorted((each for each in known if not each.is_sent), key=lambda each: each.subject)
    with connection.cursor() as cursor:
        if sent:
            cursor.execute(_SENT, [[each.subject for each in sent], [each.at for each in sent]])
        if unsent:
            cursor.execute(
                _NOT_SENT,
                [
                    [each.subject for each in unsent],
                    [_find_reason(each.reason) for each in unsent],
                    [each.reason for each in unsent],
                ],
            )
            # What is no longer theirs to answer isn't announced either.
            withdraw_notices([(member, f"{NOTICE}:{pk}") for member, pk in cursor.fetchall()])


def _find_reason(reason: str) -> str:
    return reason if reason in SkipReason.values and reason else SkipReason.NOT_SENT
