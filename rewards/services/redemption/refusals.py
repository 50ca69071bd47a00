"""Why a reward can't be had, in words."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NotOnOffer(DomainError):
    code = "not_on_offer"
    message = _("This reward is not on offer now.")


class IsDonation(DomainError):
    """Shops and the counter take no gifts: giving is the member's own press."""

    code = "is_donation"
    status = 409
    message = _(
        "This is a donation. Members give it themselves, on its page, and can take it back there."
    )


class SoldOut(DomainError):
    code = "sold_out"
    status = 409
    message = _("The last one has just gone. Your points are untouched.")


class NoSeatLeft(DomainError):
    code = "no_seat_left"
    status = 409
    field = "session"
    message = _("This date is booked out or closed for booking.")


class SessionNeeded(DomainError):
    code = "session_needed"
    field = "session"
    message = _("Choose a date.")


class AddressNeeded(DomainError):
    code = "address_needed"
    field = "address"
    message = _("Say where it should be sent.")


class NotInStock(DomainError):
    code = "not_in_stock"
    status = 409
    message = _("There is none left at this moment. It stays yours: try again in a few days.")


class NotYoursToTake(DomainError):
    code = "not_yours_to_take"
    status = 409
    message = _("This was taken already, or its last day is over.")


class LimitReached(DomainError):
    code = "limit_reached"
    message = _("Each member can have this reward %(count)s times %(period)s, and you have.")


class PriceChanged(DomainError):
    code = "price_changed"
    status = 409
    message = _("The price has changed since you saw it. Look again before you decide.")


class KeyReused(DomainError):
    code = "key_reused"
    status = 409
    message = _("This request was already used for something else.")


class WrongState(DomainError):
    code = "wrong_state"
    status = 409
    message = _("This can't be done any more: it is %(state)s.")


class NotCancellable(DomainError):
    code = "not_cancellable"
    message = _("This reward can't be cancelled.")


class AlreadyOnItsWay(DomainError):
    code = "already_on_its_way"
    status = 409
    message = _("It has been packed already. Ask us, and we will see what can be done.")


class SessionBegun(DomainError):
    code = "session_begun"
    status = 409
    message = _("Booking for this date has closed: it can't be cancelled any more.")


class NotPaid(DomainError):
    code = "not_paid"
    message = _("The part in money has to be paid first.")


class UnknownCode(DomainError):
    code = "unknown_code"
    status = 404
    field = "code"
    message = _("No voucher has this code.")


class CodeUsed(DomainError):
    code = "code_used"
    status = 409
    field = "code"
    message = _("This voucher was used on %(moment)s.")


class CodeOver(DomainError):
    code = "code_over"
    status = 409
    field = "code"
    message = _("This voucher is no longer valid: it is %(state)s.")


class OthersCode(DomainError):
    code = "others_code"
    status = 403
    field = "code"
    message = _("This voucher belongs to another member.")


class TooEarly(DomainError):
    code = "too_early"
    status = 409
    field = "code"
    message = _("This booking is for %(moment)s.")


class HandedOver(DomainError):
    code = "handed_over"
    status = 409
    field = "code"
    message = _("This was sent to the member already.")


class NothingToSend(DomainError):
    code = "nothing_to_send"
    status = 409
    message = _("This redemption has nothing to send.")
