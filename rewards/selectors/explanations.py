"""Every entry of the ledger as a sentence, for the member and for staff (docs/points.md 5)."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from core.bulk import read_together
from core.money import format_money
from core.time import day_of
from members.selectors.club import get_club
from rewards.enums import AccountKind, Reason, Unit
from rewards.models import Award, Lot, Reversal, Transfer
from rewards.selectors.calculations import (
    Causes,
    Step,
    build_award_steps,
    build_calculation,
    build_reversal_steps,
    load_causes,
)
from rewards.selectors.causes import CauseText, build_title, describe_causes
from rewards.selectors.wording import format_count, format_day, format_points

_TITLES: dict[str, Any] = {
    Reason.EARN: gettext_lazy("Earned"),
    Reason.RELEASE: gettext_lazy("Now available"),
    Reason.REPAY: gettext_lazy("Debt repaid"),
    Reason.EXPIRE: gettext_lazy("Expired"),
    Reason.RETURN: gettext_lazy("Taken back after a return"),
    Reason.REOPEN: gettext_lazy("Return of a purchase whose points had lapsed"),
    Reason.OWE: gettext_lazy("Owed after a return"),
    Reason.AMEND: gettext_lazy("Taken back, as the order was changed"),
    Reason.HOLD: gettext_lazy("Reserved"),
    Reason.CAPTURE: gettext_lazy("Used"),
    Reason.RESTORE: gettext_lazy("Given back"),
    Reason.GRANT: gettext_lazy("A gift from the club"),
    Reason.REFUND: gettext_lazy("Refunded as store credit"),
    Reason.DEDUCT: gettext_lazy("Deducted by the club"),
    Reason.FORFEIT: gettext_lazy("Forfeited"),
    Reason.WRITE_OFF: gettext_lazy("Debt written off"),
    Reason.MERGE: gettext_lazy("Moved to another membership"),
    Reason.UNMERGE: gettext_lazy("Moved back to another membership"),
}


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


@dataclass(slots=True)
class _Known:
    """What a set of transfers refers to, loaded together."""

    today: dt.date
    zone: str
    currency: str
    awards: dict[int, Award]
    reversals: dict[int, Reversal]
    lots: dict[int, Lot]
    causes: Causes
    abouts: dict[tuple[str, int], CauseText] = field(default_factory=dict)
    graces: dict[int, dt.date] = field(default_factory=dict)  # last day by id of a restoring entry

    def about(self, transfer: Transfer) -> CauseText | None:
        return self.abouts.get((transfer.cause_type, transfer.cause_id or 0))

    def amount(self, transfer: Transfer) -> str:
        """ "27 points", "$10.00"."""
        if transfer.unit == Unit.MONEY:
            return format_money(transfer.amount, self.currency)
        return format_points(transfer.amount, transfer.unit)

    def award_of(self, transfer: Transfer) -> Award | None:
        if transfer.award_id:
            return self.awards.get(transfer.award_id)
        if transfer.reversal_id and transfer.reversal_id in self.reversals:
            return self.awards.get(self.reversals[transfer.reversal_id].award_id)
        lot = self.lots.get(_lot_id_of(transfer) or 0)
        return self.awards.get(lot.award_id) if lot is not None and lot.award_id else None

    def day(self, moment: dt.datetime) -> str:
        return format_day(day_of(moment, self.zone), self.today)


def explain_transfers(transfers: Sequence[Transfer], *, now: dt.datetime) -> list[Explanation]:
    """Explain entries in the active language, in the order given.

    However many there are, it asks the database at most six times (lots, reversals, awards,
    tiers, rules), once more for each kind of cause, and once where something was given back. The
    accounts of the transfers must be loaded (``Transfer.objects.for_list``).
    """
    known = _load(transfers, now)
    return [_explain(transfer, known) for transfer in transfers]


def explain_awards(awards: Iterable[Award], *, now: dt.datetime) -> list[tuple[Award, str]]:
    """The reckoning of awards as sentences (a purchase's page); lots and rules are loaded."""
    awards = list(awards)
    club = get_club()
    causes = load_causes(awards)
    known = _Known(day_of(now, club.zone), club.zone, club.currency, {}, {}, {}, causes)
    return [(award, _earn(award, award.awarded_points, known)) for award in awards]


def list_awards(**lookup: Any):
    """Awards with all that their explanation needs."""
    return Award.objects.filter(**lookup).select_related(
        "rule_version__rule", "purchase__store", "lot"
    )


def _load(transfers: Sequence[Transfer], now: dt.datetime) -> _Known:
    club = get_club()
    lot_ids = {pk for transfer in transfers if (pk := _lot_id_of(transfer))}
    lots = Lot.objects.in_bulk(lot_ids) if lot_ids else {}
    reversal_ids = {transfer.reversal_id for transfer in transfers if transfer.reversal_id}
    reversals = (
        Reversal.objects.select_related("purchase_return").in_bulk(reversal_ids)
        if reversal_ids
        else {}
    )
    award_ids = {transfer.award_id for transfer in transfers if transfer.award_id}
    award_ids |= {reversal.award_id for reversal in reversals.values()}
    award_ids |= {lot.award_id for lot in lots.values() if lot.award_id}
    awards = {award.pk: award for award in list_awards(pk__in=award_ids)} if award_ids else {}
    causes = load_causes(awards.values())
    today = day_of(now, club.zone)
    return _Known(
        today, club.zone, club.currency, awards, reversals, lots, causes,
        describe_causes(transfers), _load_graces(transfers),
    )  # fmt: skip


# A lot that came back past its day, by the club's fault, got another day for that very entry.
_GRACES = """
    SELECT back.transfer_id, max(later.expires_on)
    FROM rewards_lotmove back JOIN rewards_lotmove later
        ON later.lot_id = back.lot_id AND later.transfer_id = back.transfer_id
        AND later.kind = 'redated'
    WHERE back.transfer_id = ANY(%s) AND back.kind = 'restored'
    GROUP BY back.transfer_id
"""


def _load_graces(transfers: Sequence[Transfer]) -> dict[int, dt.date]:
    ids = [
        each.pk for each in transfers if each.reason == Reason.RESTORE and each.unit == Unit.POINTS
    ]
    return dict(read_together([(_GRACES, [ids])])[0]) if ids else {}


def _lot_id_of(transfer: Transfer) -> int | None:
    """The lot that an entry's key names where no award does: a repayment, a gift that ended."""
    if transfer.award_id or transfer.reversal_id:
        return None
    if transfer.reason not in (Reason.REPAY, Reason.EXPIRE, Reason.RELEASE):
        return None
    _head, found, pk = transfer.key.rpartition("lot:")
    return int(pk) if found and pk.isdigit() else None


def _explain(transfer: Transfer, known: _Known) -> Explanation:
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
        title=build_title(transfer, about) or _title(transfer, award),
        sentence=_sentence(transfer, award, reversal, known),
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


def _title(transfer: Transfer, award: Award | None) -> str:
    if award is not None and transfer.reason == Reason.EARN:
        return award.rule_version.rule.name
    return str(_TITLES.get(transfer.reason, transfer.get_reason_display()))


def _sentence(
    transfer: Transfer, award: Award | None, reversal: Reversal | None, known: _Known
) -> str:
    text = _build_sentence(transfer, award, reversal, known)
    about = known.about(transfer)
    if about is not None and about.reason:
        text += " " + _("The reason: %(reason)s.") % {"reason": about.reason.rstrip(".。")}
    if transfer.is_late:
        text += " " + _("It reached us late, on %(day)s.") % {
            "day": known.day(transfer.recorded_at)
        }
    return text


def _build_sentence(transfer, award, reversal, known) -> str:
    points = known.amount(transfer)
    shown = {"points": points, "purchase": _name_purchase(award, known)}
    about = known.about(transfer)
    if about is not None and about.title:
        shown["about"] = about.title
    match transfer.reason:
        case Reason.EARN if award is not None:
            text = _earn(award, transfer.amount, known)
            if award.purchase_version > 1:
                text += ". " + _("The shop changed this order: these replace what it had earned.")
            return text
        case Reason.EARN:
            return _("%(points)s earned.") % shown
        case Reason.RELEASE if transfer.unit == Unit.STATUS:
            return _("%(points)s from %(purchase)s now count towards your tier.") % shown
        case Reason.RELEASE:
            return _("%(points)s from %(purchase)s can be used now.") % shown
        case Reason.REPAY:
            return _("%(points)s from %(purchase)s repaid what you owed.") % shown
        case Reason.EXPIRE:
            return _expire(shown, transfer)
        case Reason.RETURN | Reason.OWE | Reason.REOPEN:
            return _return(transfer, award, reversal, shown, known)
        case Reason.AMEND:
            return (
                _("%(points)s from %(purchase)s were taken back, as the order was changed.") % shown
            )
        case Reason.HOLD | Reason.CAPTURE:
            return _spend(transfer, shown)
        case Reason.RESTORE:
            return _restore(transfer, shown, known)
        case Reason.REFUND:
            return _("%(points)s came back to you as store credit.") % shown
        case Reason.GRANT:
            return _("The club gave you %(points)s.") % shown
        case Reason.DEDUCT if transfer.debit_account.kind == AccountKind.OWED:
            return (
                _(
                    "The club deducted %(points)s that you no longer had. You owe them; the next"
                    " points that become available repay them."
                )
                % shown
            )
        case Reason.DEDUCT:
            return _("The club deducted %(points)s.") % shown
        case Reason.FORFEIT:
            return _("%(points)s were given up when the membership ended.") % shown
        case Reason.WRITE_OFF:
            return _("The club no longer asks for the %(points)s that you owed.") % shown
        case Reason.MERGE:
            return _("%(points)s went to the membership that this one was joined with.") % shown
        case Reason.UNMERGE:
            return _("%(points)s went back to the membership that they came from.") % shown
    return f"{transfer.get_reason_display()}: {points}"


def _spend(transfer, shown) -> str:
    """Set aside, used at once, or used after it was set aside; for what, where that is known."""
    if transfer.reason == Reason.HOLD:
        if "about" in shown:
            return _("%(points)s are set aside for “%(about)s”.") % shown
        return _("%(points)s are reserved for you.") % shown
    was_held = transfer.debit_account.kind in (AccountKind.HELD, AccountKind.CREDIT_HELD)
    if "about" in shown:
        if was_held:
            return _("%(points)s that were set aside have been used for “%(about)s”.") % shown
        return _("%(points)s have been used for “%(about)s”.") % shown
    if was_held:
        return _("%(points)s that were reserved have been used.") % shown
    return _("%(points)s have been used.") % shown


def _restore(transfer, shown, known) -> str:
    """docs/points.md 12: with their own last day, or with the grace where the club caused it."""
    grace = known.graces.get(transfer.pk)
    if transfer.unit == Unit.MONEY:
        text = _("%(points)s came back to you.") % shown
    elif grace is None:
        text = _("%(points)s came back to you, with the last usable day they had.") % shown
    else:
        text = _(
            "%(points)s came back to you. What was past its last day by then can be used until"
            " %(day)s, since the club cancelled."
        ) % {**shown, "day": format_day(grace, known.today)}
    return text


def _name_purchase(award: Award | None, known: _Known) -> str:
    if award is None:
        return pgettext("source of points", "an earlier entry")
    return _("your purchase of %(day)s") % {"day": known.day(award.purchase.purchased_at)}


def _earn(award: Award, points: int, known: _Known) -> str:
    """ "$18.40 × 1 point per $1 × Gold 1.5 = 27, available on December 3"."""
    shown = {
        "calculation": build_calculation(award, known.causes),
        "points": format_count(points),
    }
    lot = getattr(award, "lot", None)
    if lot is None or lot.release_on is None:
        return _("%(calculation)s = %(points)s") % shown
    at_once = lot.release_on <= day_of(award.effective_at, known.zone)
    shown["day"] = format_day(lot.release_on, known.today)
    if award.unit == Unit.STATUS:
        if at_once:
            return _("%(calculation)s = %(points)s, counted at once") % shown
        return _("%(calculation)s = %(points)s, counted from %(day)s") % shown
    if at_once:
        return _("%(calculation)s = %(points)s, available at once") % shown
    return _("%(calculation)s = %(points)s, available on %(day)s") % shown


def _expire(shown: dict, transfer: Transfer) -> str:
    """The key of an expiry names the last usable day: ``expire:2026-12-03:lot:7``."""
    parts = transfer.key.split(":")
    try:
        day = dt.date.fromisoformat(parts[1])
    except (IndexError, ValueError):
        return _("%(points)s from %(purchase)s expired.") % shown
    shown = {**shown, "day": format_day(day)}
    return _("%(points)s from %(purchase)s expired: their last day was %(day)s.") % shown


def _amend(transfer, shown) -> str:
    """Debts and lapsed points of an order that its shop changed; nothing came back."""
    if transfer.reason == Reason.OWE:
        return (
            _(
                "The shop changed %(purchase)s, which brings fewer points now. You had used"
                " %(points)s of them already and owe them; the next points that become available"
                " repay them."
            )
            % shown
        )
    return (
        _(
            "%(points)s from %(purchase)s had lapsed before the shop changed the order. They cost"
            " you nothing."
        )
        % shown
    )


def _return(transfer, award, reversal, shown, known) -> str:
    if reversal is not None and reversal.purchase_return is None:
        return _amend(transfer, shown)
    if reversal is not None:
        shown = {**shown, "return_day": known.day(reversal.purchase_return.returned_at)}
    else:
        shown = {**shown, "return_day": known.day(transfer.effective_at)}
    if transfer.reason == Reason.OWE:
        return (
            _(
                "The return of %(return_day)s took back %(points)s that you had used already. You"
                " owe them; the next points that become available repay them."
            )
            % shown
        )
    if transfer.reason == Reason.REOPEN:
        return (
            _(
                "%(points)s from %(purchase)s had lapsed before the return of %(return_day)s. They"
                " count as returned and cost you nothing."
            )
            % shown
        )
    if transfer.debit_account.kind in (AccountKind.PENDING, AccountKind.STATUS_PENDING):
        return (
            _(
                "The return of %(return_day)s took back %(points)s of %(purchase)s before they"
                " became available."
            )
            % shown
        )
    if transfer.award_id is None and award is not None:
        return (
            _(
                "The return of %(return_day)s took back %(points)s of %(purchase)s. You had used"
                " those, so they came from your other points."
            )
            % shown
        )
    return _("The return of %(return_day)s took back %(points)s of %(purchase)s.") % shown
