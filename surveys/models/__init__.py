from surveys.models.follow_up import FollowUp, FollowUpEntry
from surveys.models.invitation import Invitation, Touch
from surveys.models.response import TEXT_LENGTH, Answer, Response
from surveys.models.review import (
    Review,
    ReviewImport,
    ReviewPhoto,
    ReviewReply,
    ReviewTerms,
    Theme,
)
from surveys.models.survey import Survey
from surveys.models.trigger import Trigger
from surveys.models.version import Branch, Choice, Question, Score, ScoreTerm, SurveyVersion

__all__ = [
    "TEXT_LENGTH",
    "Answer",
    "Branch",
    "Choice",
    "FollowUp",
    "FollowUpEntry",
    "Invitation",
    "Question",
    "Response",
    "Review",
    "ReviewImport",
    "ReviewPhoto",
    "ReviewReply",
    "ReviewTerms",
    "Score",
    "ScoreTerm",
    "Survey",
    "SurveyVersion",
    "Theme",
    "Touch",
    "Trigger",
]
