"""One entry explained: title, sentence, what the member gained, the reckoning line by line."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.time import day_of
from members.selectors.club import get_club
from rewards.enums import Reason, Unit
from rewards.models import Award, Transfer
from rewards.selectors.calculations import (
    Step,
    build_award_steps,
    build_reversal_steps,
    load_causes,
)
from rewards.selectors.causes import CauseText, build_title
from rewards.selectors.explanations.known import Known, load_known
from rewards.selectors.explanations.sentences import write_earning, write_sentence, write_title
from rewards.selectors.wording import format_count


@dataclass(frozen=True, slots=True)
class Explanation:
    """One entry in words. ``direction`` is 1 where the member gained, -1 where they lost and 0
    where points only changed their place; ``steps`` show the reckoning line by line. ``about`` is
    what it is about, ``about_url`` where its member reads more.
    """

    transfer: Transfer
    title: str
    sentence: str
    direction: int
    amount: str
    unit: str
    steps: list[Step] = field(default_factory=list)
    purchase: Any = None
    about: CauseText | None = None

    @property
    def about_url(self) -> str:
        if self.about is None or self.about.member_id not in (None, self.transfer.member_id):
            return ""
        return self.about.url


def explain_transfers(transfers: Sequence[Transfer], *, now: dt.datetime) -> list[Explanation]:
    """Explain entries in the active language, in the order given.

    However many there are, it asks the database at most six times (lots, reversals, awards,
    tiers, rules), once more for each kind of cause, and once where something was given back. The
    accounts of the transfers must be loaded (``Transfer.objects.for_list``).
    """
    known = load_known(transfers, now)
    return [_explain(transfer, known) for transfer in transfers]


def explain_awards(awards: Iterable[Award], *, now: dt.datetime) -> list[tuple[Award, str]]:
    """The reckoning of awards as sentences (a purchase's page); lots and rules are loaded."""
    awards = list(awards)
    club = get_club()
    causes = load_causes(awards)
    known = Known(day_of(now, club.zone), club.zone, club.currency, {}, {}, {}, causes)
    return [(award, write_earning(award, award.awarded_points, known)) for award in awards]


def _explain(transfer: Transfer, known: Known) -> Explanation:
    award = known.award_of(transfer)
    reversal = known.reversals.get(transfer.reversal_id or 0)
    steps: list[Step] = []
    if award is not None and transfer.reason == Reason.EARN:
        steps = build_award_steps(award, known.causes, known.today)
    elif award is not None and reversal is not None:
        steps = build_reversal_steps(reversal, award)
    direction = _direction(transfer)
    sign = {1: "+", -1: "−"}.get(direction, "")
    is_money = transfer.unit == Unit.MONEY
    amount = known.amount(transfer) if is_money else format_count(transfer.amount)
    about = known.about(transfer)
    return Explanation(
        transfer=transfer,
        title=build_title(transfer, about) or write_title(transfer, award),
        sentence=write_sentence(transfer, award, reversal, known),
        direction=direction,
        amount=f"{sign}{amount}",
        unit=transfer.get_unit_display(),
        steps=steps,
        purchase=award.purchase if award is not None else None,
        about=about,
    )


def _direction(transfer: Transfer) -> int:
    """What the member's accounts as a whole gained; ``owed`` counts against them."""
    from_member = transfer.debit_account.member_id == transfer.member_id
    to_member = transfer.credit_account.member_id == transfer.member_id
    return to_member - from_member
