"""Why something can't be done with a follow-up."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from surveys.models import TEXT_LENGTH


class SomebodyElses(DomainError):
    """Clerks work what is theirs or nobody's."""

    code = "somebody_elses"
    status = 403
    message = _("Somebody else sees to this. They or a manager can hand it over.")


class NotTheirs(DomainError):
    code = "not_theirs"
    field = "to"
    message = _("They can't work follow-ups. Choose somebody else.")


class AlreadyClosed(DomainError):
    code = "already_closed"
    status = 409
    message = _("This follow-up is closed. Open it again first.")


class NotClosed(DomainError):
    code = "not_closed"
    status = 409
    message = _("This follow-up is open.")


class NothingSaid(DomainError):
    code = "nothing_said"
    field = "text"
    message = _("Write something, in at most %(most)s characters.")

    def __init__(self):
        super().__init__(most=TEXT_LENGTH)


class NobodyToReplyTo(DomainError):
    code = "nobody_to_reply_to"
    status = 409
    message = _("Only active members can be answered from here.")
