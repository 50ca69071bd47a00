"""Why a purchase, a return or a whole file is refused, in words that name the field."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class Refused(DomainError):
    """One purchase or return isn't taken in; ``field`` says where the trouble lies."""

    field = ""

    def __init__(self, message=None, *, field=None, **params):
        super().__init__(message, **params)
        if field is not None:
            self.field = field


def name_field(field: str, error: DomainError) -> DomainError:
    """The error of another service, with the field of ours that it is about."""
    error.field = field
    return error


class Missing(Refused):
    code = "missing"
    message = _("This is required.")


class TooLong(Refused):
    code = "too_long"
    message = _("“%(value)s” is longer than %(limit)s characters.")


class ControlCharacter(Refused):
    code = "control_character"
    message = _("“%(value)s” contains a control character.")


class InvalidDate(Refused):
    code = "invalid_date"
    message = _("“%(value)s” is not a date and time.")


class DateOutOfRange(Refused):
    code = "date_out_of_range"
    message = _("%(value)s lies outside of 1970 to now.")


class InvalidQuantity(Refused):
    code = "invalid_quantity"
    field = "quantity"
    message = _("“%(value)s” is not a quantity: 0 to 9,999,999.9999 is.")


class WrongAmount(Refused):
    code = "invalid_amount"
    field = "amount"
    message = _("“%(value)s” is not an amount in %(currency)s.")


class NegativeAmount(Refused):
    code = "negative_amount"
    field = "amount"
    message = _("“%(value)s” is negative; send goods that came back as a return.")


class PartTooLarge(Refused):
    code = "part_too_large"
    message = _("This is more than the amount of its line.")


class WrongCurrency(Refused):
    code = "wrong_currency"
    field = "currency"
    message = _("“%(value)s” is not the club's currency, %(currency)s.")


class UnknownChannel(Refused):
    code = "unknown_channel"
    field = "channel"
    message = _("No channel has the code “%(value)s”.")


class OtherContent(Refused):
    code = "other_content"
    status = 409
    field = "external_id"
    message = _("“%(value)s” is already known with other content.")


class RowsDisagree(Refused):
    code = "rows_disagree"
    message = _("The rows of this purchase disagree on it.")


class WrongCellCount(Refused):
    code = "wrong_cell_count"
    message = _("The row has %(count)s cells, the header %(expected)s.")


class NoReturn(Refused):
    code = "no_return"
    field = "returned_at"
    message = _("A time of return without the purchase that it is of.")


class BadSibling(Refused):
    code = "bad_sibling"
    message = _("Refused together with row %(row)s.")


class NoLines(Refused):
    code = "no_lines"
    field = "lines"
    message = _("A purchase has at least one line.")


class UnknownPurchase(Refused):
    code = "unknown_purchase"
    status = 404
    field = "returned_of"
    message = _("No purchase has the id “%(value)s”.")


class ReturnedBeforePurchase(Refused):
    code = "returned_before_purchase"
    field = "returned_at"
    message = _("It came back before it was bought.")


class UnknownLine(Refused):
    code = "unknown_line"
    field = "lines"
    message = _("The purchase has no line “%(value)s”.")


class ReturnsTooMuch(Refused):
    code = "returns_too_much"
    field = "lines"
    message = _("More would have come back than was bought on line %(position)s.")


class ReturnsNothing(Refused):
    code = "returns_nothing"
    field = "lines"
    message = _("Nothing is left that could come back.")


class UnreadableMessage(Refused):
    code = "unreadable_message"
    message = _("The message can't be read: %(field)s “%(value)s”.")

    def __init__(self, *, field="", value=""):
        super().__init__(field=field, value=value)
        self.params = {"field": field, "value": value}


class RefundTooLarge(Refused):
    code = "refund_too_large"
    field = "total"
    message = _("%(value)s come back, and %(left)s are left of the order.")


class UnreadableFile(DomainError):
    code = "unreadable_file"
    status = 422
    message = _("The file can't be read: %(reason)s.")


class UnknownColumn(DomainError):
    code = "unknown_column"
    message = _("The file has no column “%(column)s”. It has: %(columns)s.")


class UnknownField(DomainError):
    code = "unknown_field"
    message = _("There is no field “%(field)s”. There are: %(fields)s.")


class UnmappedField(DomainError):
    code = "unmapped_field"
    message = _("No column is mapped to “%(field)s”. The file has: %(columns)s.")


class WrongEncoding(DomainError):
    code = "wrong_encoding"
    message = _("Row %(row)s isn't text in %(encoding)s.")


class UnknownEncoding(DomainError):
    code = "unknown_encoding"
    message = _("“%(encoding)s” is not an encoding that can be read. These can: %(known)s.")


class FileTooLarge(DomainError):
    code = "file_too_large"
    status = 413
    message = _("The file is larger than %(limit)s MB.")


class PackedTooTightly(DomainError):
    code = "packed_too_tightly"
    status = 413
    message = _("The compressed file unpacks to more than %(ratio)s times its size.")
