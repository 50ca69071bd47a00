"""Answers: shown by a link, given by a press, paid once.

``touching`` notes who followed a link and keeps what it stands for as provisional; ``pressing``
takes answers and completes; ``rows`` reads and locks what both need.
"""

from .pressing import ANSWERED, CAUSE, Taken, answer_question, finish_response
from .refusals import (
    AnswerRefused,
    InvitationGone,
    NotAsked,
    NotOnPath,
    PressInDoubt,
    SurveyOver,
)
from .rows import Progress, get_progress
from .touching import touch_link

__all__ = [
    "ANSWERED",
    "CAUSE",
    "AnswerRefused",
    "InvitationGone",
    "NotAsked",
    "NotOnPath",
    "PressInDoubt",
    "Progress",
    "SurveyOver",
    "Taken",
    "answer_question",
    "finish_response",
    "get_progress",
    "touch_link",
]
