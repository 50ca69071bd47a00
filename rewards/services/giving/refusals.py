"""Why a donation or a settlement is refused, in words."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, RefusalOnRecord
from rewards.services.holding import BalanceTooLow


class GiftRefused(RefusalOnRecord):
    """Pages offer neither: somebody tried, or the appeal closed under their hands."""

    code = "gift_refused"
    action = "donation.refused"
    status = 409


class AppealClosed(GiftRefused):
    code = "appeal_closed"
    message = _("This appeal takes no gifts at present.")


class AboveBalance(GiftRefused, BalanceTooLow):
    """As for everything that costs points; a gift puts it on record."""

    code = BalanceTooLow.code
    status = BalanceTooLow.status
    message = BalanceTooLow.message


class NothingToRound(DomainError):
    code = "nothing_to_round"
    message = _("Your balance is round already.")


class InvalidKey(DomainError):
    code = "invalid_key"
    message = _("The key of the request is missing or longer than 60 characters.")


class DonationFinal(DomainError):
    code = "donation_final"
    status = 409
    message = _("This donation is final: it can't be taken back any more.")


class InvalidShare(DomainError):
    code = "invalid_share"
    field = "share_percent"
    message = _("Give between 1 and 100 percent; all your shares together at most 100.")


class PrizeGone(DomainError):
    code = "prize_gone"
    status = 409
    message = _("This reward was taken or is over.")


class PrizeWithoutWorth(DomainError):
    code = "prize_without_worth"
    message = _("This reward has no price in points, so it can't be passed on.")


class NoDonation(DomainError):
    code = "no_donation"
    message = _("This reward is not a donation that is open now.")


# --- For staff -----------------------------------------------------------------------------------


class InvalidPeriod(DomainError):
    code = "invalid_period"
    field = "period"
    message = _("Write the period as 2026-Q3, 2026-09 or 2026.")


class PeriodNotOver(DomainError):
    code = "period_not_over"
    field = "period"
    message = _("This period isn't over yet.")


class PeriodClosed(RefusalOnRecord):
    """Closing twice is worth a row: somebody expected money that is already on its way."""

    code = "period_closed"
    action = "charity.settle_refused"
    status = 409
    message = _("This period is closed already, up to %(day)s.")


class AlreadyPaid(RefusalOnRecord):
    code = "already_paid"
    action = "settlement.pay_refused"
    status = 409
    message = _("This settlement was paid already: %(reference)s.")


class PaymentIncomplete(DomainError):
    code = "payment_incomplete"
    field = "payout_reference"
    message = _("Write the reference of the payment, and a day that isn't in the future.")


class CharityHasPoints(RefusalOnRecord):
    code = "charity_has_points"
    action = "charity.delete_refused"
    status = 409
    message = _("This charity was given %(points)s points: it can be withdrawn, not deleted.")


class InvalidCharity(DomainError):
    code = "invalid_charity"
    message = _("Write name, registration number and what a hundred points are worth.")


class InvalidAppeal(DomainError):
    code = "invalid_appeal"
    message = _("Write a name and a goal; it ends after it begins.")


class AppealHasGifts(RefusalOnRecord):
    code = "appeal_has_gifts"
    action = "appeal.delete_refused"
    status = 409
    message = _("This appeal was given to: it can be closed, not deleted.")


class AppealMoved(DomainError):
    code = "appeal_moved"
    field = "charity"
    message = _("An appeal that was given to stays with its charity.")


class InvalidMatch(DomainError):
    code = "invalid_match"
    message = _("The budget covers at least what was matched already; it ends after it begins.")
