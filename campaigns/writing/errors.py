"""What words can be refused for, before they are kept and when they are filled in."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class WordsRefused(DomainError):
    """Words that can't be used. ``field`` is the one that is meant: subject, preheader, body."""

    code = "words_refused"
    message = _("These words can't be used.")

    def __init__(self, message=None, *, field="body", **params):
        super().__init__(message, **params)
        self.field = field


class CannotFill(DomainError):
    """The words ask for something that isn't known of this member.

    ``variable`` is its name as it stands in the words, such as ``member.given_name``.
    """

    code = "cannot_fill"
    message = _("“%(variable)s” isn't known of this member.")

    def __init__(self, variable, message=None):
        super().__init__(message, variable=variable)
        self.variable = variable


class TooMuchWork(CannotFill):
    """A template that loops for too long or writes too much."""

    code = "too_much_work"
    message = _("These words take too long to fill in, or become too long.")

    def __init__(self):
        super().__init__("")
