"""The title and the sentence of an entry, by its reason."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from core.time import day_of
from rewards.enums import AccountKind, Reason, Unit
from rewards.models import Award, Reversal, Transfer
from rewards.selectors.calculations import build_calculation
from rewards.selectors.explanations.known import Known
from rewards.selectors.wording import format_count, format_day, format_points

TITLES: dict[str, Any] = {
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
    Reason.DONATE: gettext_lazy("Donated"),
    Reason.MATCH: gettext_lazy("Matched by the club"),
    Reason.UNMATCH: gettext_lazy("Match taken back"),
}


def write_title(transfer: Transfer, award: Award | None) -> str:
    if award is not None and transfer.reason == Reason.EARN:
        return award.rule_version.rule.name_i18n
    return str(TITLES.get(transfer.reason, transfer.get_reason_display()))


def write_sentence(
    transfer: Transfer, award: Award | None, reversal: Reversal | None, known: Known
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
            text = write_earning(award, transfer.amount, known)
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
        case Reason.DONATE if "about" in shown:
            return _("%(points)s were given to “%(about)s”.") % shown
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


def _name_purchase(award: Award | None, known: Known) -> str:
    if award is None:
        return pgettext("source of points", "an earlier entry")
    return _("your purchase of %(day)s") % {"day": known.day(award.purchase.purchased_at)}


def write_earning(award: Award, points: int, known: Known) -> str:
    """ "$18.40 × 1 point per $1 × Gold 1.5 = 27, available on December 3"; a fixed bonus that
    nothing trimmed is no sum: "40 points, available at once".
    """
    calculation, result = build_calculation(award, known.causes), format_points(points, award.unit)
    if calculation != result:
        result = _("%(calculation)s = %(points)s") % {
            "calculation": calculation,
            "points": format_count(points),
        }
    shown = {"result": result}
    lot = getattr(award, "lot", None)
    if lot is None or lot.release_on is None:
        return result
    at_once = lot.release_on <= day_of(award.effective_at, known.zone)
    shown["day"] = format_day(lot.release_on, known.today)
    if award.unit == Unit.STATUS:
        if at_once:
            return _("%(result)s, counted at once") % shown
        return _("%(result)s, counted from %(day)s") % shown
    if at_once:
        return _("%(result)s, available at once") % shown
    return _("%(result)s, available on %(day)s") % shown


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
