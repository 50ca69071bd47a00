"""Making surveys: drafts, questions, publishing (docs/surveys.md)."""

from surveys.services.building.drafting import (
    change_survey,
    change_words,
    create_survey,
    drop_draft,
    open_draft,
)
from surveys.services.building.publishing import close_survey, publish_survey, reopen_survey
from surveys.services.building.questions import (
    add_question,
    change_question,
    move_question,
    remove_question,
    remove_score,
    set_score,
)
from surveys.services.building.ready import create_from_ready, list_ready
from surveys.services.building.terms import ChoiceTerms, PartTerms, QuestionTerms, ScoreTerms
from surveys.services.building.triggers import remove_trigger, set_trigger

__all__ = [
    "ChoiceTerms",
    "PartTerms",
    "QuestionTerms",
    "ScoreTerms",
    "add_question",
    "change_question",
    "change_survey",
    "change_words",
    "close_survey",
    "create_from_ready",
    "create_survey",
    "drop_draft",
    "list_ready",
    "move_question",
    "open_draft",
    "publish_survey",
    "remove_question",
    "remove_score",
    "remove_trigger",
    "reopen_survey",
    "set_score",
    "set_trigger",
]
