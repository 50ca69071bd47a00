"""Why an answer is not taken, in words that a member may read."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from surveys.engine.given import LONGEST_TEXT, Fault


class InvitationGone(DomainError):
    code = "invitation_gone"
    status = 404
    message = _("We couldn't find these questions. The address may be incomplete.")


class SurveyOver(DomainError):
    code = "survey_over"
    status = 410
    message = _("These questions are closed. Thank you for coming by.")


class NotAsked(DomainError):
    """Planned, skipped or cancelled: it isn't theirs to answer."""

    code = "not_asked"
    status = 410
    message = _("These questions are no longer open.")


class NotOnPath(DomainError):
    code = "not_on_path"
    status = 409
    message = _("This question isn't yours to answer after what you answered before.")


class PressInDoubt(DomainError):
    code = "press_in_doubt"
    status = 409
    message = _("We couldn't tell whether this was you. Please press once more in ten seconds.")


_FAULTS = {
    Fault.MISSING: _("This question needs an answer."),
    Fault.NOT_A_NUMBER: _("Please give a whole number."),
    Fault.OFF_SCALE: _("This number is not among the answers."),
    Fault.NOT_A_CHOICE: _("Please choose one of the answers."),
    Fault.NOT_A_DAY: _("Please give a day of the calendar."),
}


class AnswerRefused(DomainError):
    """``field`` is the code of the question."""

    code = "answer_refused"

    def __init__(self, question: str, fault: Fault):
        if fault == Fault.TOO_LONG:
            super().__init__(
                _("This is longer than we can keep: %(most)s characters at most."),
                most=LONGEST_TEXT,
            )
        else:
            super().__init__(_FAULTS[fault])
        self.field, self.fault = question, fault
