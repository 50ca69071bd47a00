"""The one family of errors whose text a member or a clerk may read."""

from django.utils.translation import gettext_lazy as _

from core.joining import end_once


class DomainError(Exception):
    """A refusal in the club's own words.

    ``message`` is translated and safe to show. ``code`` is stable for programs.
    ``status`` is the HTTP status an API answers with.
    """

    code = "refused"
    status = 422
    field = ""  # the field of the input that is meant, where there is one
    message = _("This can't be done.")

    def __init__(self, message=None, **params):
        text = message if message is not None else self.message
        self.params = params
        self.text = text
        super().__init__(text)

    def __str__(self):
        return end_once(str(self.text) % self.params) if self.params else str(self.text)


class RefusalOnRecord(DomainError):
    """A refusal that leaves an audit row although the act itself is undone.

    Whoever may raise one stands under ``core.services.audit.keeps_refusals``. ``changes`` holds
    coded facts, as in every audit row.
    """

    action = "act.refused"
    status = 403

    def __init__(self, *, subject, by, changes=None, **params):
        super().__init__(**params)
        self.subject, self.by, self.changes = subject, by, changes or {}


class IdempotencyConflict(DomainError):
    code = "idempotency_conflict"
    status = 409
    message = _("This key was already used with different content.")
