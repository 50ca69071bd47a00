"""What a survey's answers add up to, what they are narrowed to, and how it stays anonymous."""

from .club import ClubNps, forget_club_nps, get_club_nps
from .counting import (
    TENTHS,
    Funnel,
    GroupResult,
    QuestionResult,
    Results,
    ScoreResult,
    ThemeResult,
    estimate,
    get_results,
)
from .questions import ResultQuestions, list_result_questions, name_answer
from .scope import FEWEST, MONTH, QUARTER, WEEK, Filters, Scope, build_scope
from .words import Said, find_said, list_filter_choices, list_words

__all__ = [
    "FEWEST", "MONTH", "QUARTER", "TENTHS", "WEEK", "ClubNps", "Filters", "Funnel",
    "GroupResult", "QuestionResult", "ResultQuestions", "Results", "Said", "Scope", "ScoreResult",
    "ThemeResult", "build_scope", "estimate", "find_said", "forget_club_nps", "get_club_nps",
    "get_results", "list_filter_choices", "list_result_questions", "list_words", "name_answer",
]  # fmt: skip
