"""The young and what costs money: a guardian's consent, asked at the press (docs/privacy.md)."""

import datetime as dt
from typing import Any

from core.errors import RefusalOnRecord
from members.models import Member
from members.selectors.guardians import GuardianNeeded, check_guardian


class ConsentMissing(RefusalOnRecord):
    """What staff asked for without a guardian's yes: said in the guardian's words, on record."""

    action = "guardian.missing"

    def __init__(self, refusal: GuardianNeeded, *, member: Member, by: Any, act: str):
        super().__init__(subject=member, by=by, changes={"act": act}, **refusal.params)
        self.code, self.text = refusal.code, refusal.text


def check_consent(member: Member, *, by: Any, act: str, now: dt.datetime) -> None:
    """Refuse a young member what costs money without a guardian's yes; no query for a grown-up.

    What members ask for themselves is refused and forgotten; staff leave an audit row.
    Raises GuardianNeeded with its reasons, or ConsentMissing with the same text.
    """
    try:
        check_guardian(member, now=now)
    except GuardianNeeded as refusal:
        if by is None or by.pk == member.user_id:
            raise
        raise ConsentMissing(refusal, member=member, by=by, act=act) from refusal
