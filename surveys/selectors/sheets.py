"""A published version's questions, as pages ask them and the way through reads them.

What is published never changes (a trigger keeps it), so that each process reads it once.
"""

import threading
from dataclasses import dataclass

from surveys.engine.path import Asked
from surveys.engine.scales import list_steps
from surveys.models import Question, Survey, SurveyVersion
from surveys.selectors.versions import find_main_question, get_version, list_questions, read_asked

_kept: dict[int, "Sheet"] = {}
_lock = threading.Lock()
_MOST = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """``questions`` are rows with their choices, ``asked`` the same for the engine, in order."""

    version: SurveyVersion
    questions: dict[str, Question]
    asked: tuple[Asked, ...]

    def get_asked(self, code: str) -> Asked | None:
        return next((each for each in self.asked if each.code == code), None)


def get_sheet(version_id: int) -> Sheet:
    """Kept in the process once published; a draft is read anew."""
    found = _kept.get(version_id)
    if found is None:
        version = get_version(version_id)
        questions = {each.code: each for each in list_questions(version)}
        asked = tuple(read_asked(questions.values()))
        found = Sheet(version, questions, asked)
        if not version.is_draft:
            with _lock:
                if len(_kept) >= _MOST:
                    _kept.clear()
                _kept[version_id] = found
    return found


def find_first_steps(survey: Survey, sheet: Sheet) -> tuple[Question | None, list[int]]:
    """The question that a message asks, with its answers to press: the main one where it comes
    first, so that a press is the first answer of the way; else none.
    """
    main = find_main_question(survey, list(sheet.questions.values()))
    if main is None or not sheet.asked or sheet.asked[0].code != main.code:
        return None, []
    return main, list_steps(main.kind, main.lowest, main.highest)
