"""Surveys ready to use, with their words in every language of the product (ready_surveys.json).

The words of each language were written for its readers, not translated word for word.
"""

import datetime as dt
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from core.words import key_of
from surveys.engine.path import Rule
from surveys.models import Survey
from surveys.services.building.drafting import create_survey
from surveys.services.building.terms import (
    QUESTION_WORDS,
    VERSION_WORDS,
    ChoiceTerms,
    PartTerms,
    QuestionTerms,
    ScoreTerms,
)

_FILE = Path(__file__).parent.parent.parent / "ready_surveys.json"
_RULES = (
    "kind", "priority", "clock_days", "expires_after_days", "reminder_after_days", "points",
    "main_question", "low_line", "follow_up_hours",
)  # fmt: skip


@lru_cache(maxsize=1)
def read_ready() -> Mapping[str, Any]:
    """The file, by code of the survey."""
    return json.loads(_FILE.read_text())


def list_ready() -> list[tuple[str, str, str]]:
    """Code, name and note of each, in the reader's language."""
    return [
        (code, _say(ready["name"]), _say(ready["note"])) for code, ready in read_ready().items()
    ]


@transaction.atomic
def create_from_ready(ready_code: str, *, by: Any, now: dt.datetime, code: str = "") -> Survey:
    """A survey with the words and rules of a ready one, as a draft. Raises KeyError for a code
    that names none.
    """
    ready = read_ready()[ready_code]
    draft_words: dict[str, str] = {}
    for field in VERSION_WORDS:
        draft_words |= spread(ready[field], field)
    title = draft_words.pop("title")
    return create_survey(
        code=code or _find_code(ready_code), title=title, words=draft_words,
        questions=[_read_question(each) for each in ready["questions"]],
        scores=[_read_score(each) for each in ready.get("scores", ())],
        is_anonymous=ready.get("is_anonymous", False), by=by, now=now,
        **spread(ready["name"], "name"), **{name: ready[name] for name in _RULES},
    )  # fmt: skip


def spread(texts: Mapping[str, str], field: str) -> dict[str, str]:
    """Words by language as fields of a row: the club's own in the column, others beside."""
    own = settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in texts else "en"
    others = {key_of(field, locale): text for locale, text in texts.items() if locale != own}
    return {field: texts[own], **others}


def _say(texts: Mapping[str, str]) -> str:
    return texts.get(get_language() or "", texts["en"])


def _read_question(ready: Mapping[str, Any]) -> QuestionTerms:
    words: dict[str, str] = {}
    for field in QUESTION_WORDS:
        if field in ready:
            words |= spread(ready[field], field)
    return QuestionTerms(
        ready["kind"], words, ready["code"], ready.get("is_required", False), ready.get("lowest"),
        ready.get("highest"), [_read_choice(each) for each in ready.get("choices", ())],
        [Rule(*each) for each in ready.get("rules", ())],
    )  # fmt: skip


def _read_choice(ready: Mapping[str, Any]) -> ChoiceTerms:
    words = spread(ready["text"], "text")
    return ChoiceTerms(ready["code"], words.pop("text"), ready.get("value"), words)


def _read_score(ready: Mapping[str, Any]) -> ScoreTerms:
    words = spread(ready["name"], "name")
    parts = [PartTerms(*each) for each in ready["parts"]]
    return ScoreTerms(ready["code"], words.pop("name"), parts, words)


def _find_code(stem: str) -> str:
    taken = set(Survey.objects.filter(code__startswith=stem).values_list("code", flat=True))
    if stem not in taken:
        return stem
    return next(code for n in range(2, 1000) if (code := f"{stem}-{n}") not in taken)
