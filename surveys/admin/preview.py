"""A survey as a member sees it, by the same templates; answers travel in the address."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from modeltrans.conf import get_default_language

from core.admin.words import name_language
from core.words import list_translations
from surveys.asking_pages import show_question
from surveys.engine.given import BadAnswer, read_given
from surveys.engine.path import Given, count_left, find_path
from surveys.models import Survey, SurveyVersion
from surveys.selectors.versions import get_version, list_questions, read_asked
from surveys.services.answering import AnswerRefused

_ANSWER = "a-"  # before the code of a question, in the address


class PreviewPages:
    """The page of ``SurveyAdmin`` that walks through the newest version. Nothing of it is kept."""

    def preview_view(self, request, object_id):
        if not self.has_view_permission(request):
            raise PermissionDenied
        survey, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        language = request.GET.get("language", "")
        if language not in _list_languages():
            language = translation.get_language()
        with translation.override(language):
            return _render(request, survey).render()


def _render(request: HttpRequest, survey: Survey) -> TemplateResponse:
    version = get_version(survey.versions.latest("number").pk)
    walk = _Walk(version, request.GET)
    language = translation.get_language()
    context: dict[str, Any] = {
        "survey": survey,
        "version": version,
        "is_preview": True,
        "languages": [
            (each, name_language(each), f"?{walk.write(walk.at, language=each)}")
            for each in _list_languages()
        ],
        "language": language,
        "points": survey.points_on_offer,
        "closes_at": timezone.now() + dt.timedelta(days=survey.expires_after_days),
        "again": f"?{urlencode({'language': language})}",
    }
    if not walk.at:
        back = f"?{walk.write(walk.path[0] if walk.path else '', language=language)}"
        return TemplateResponse(request, "surveys/preview.html", context | {"back": back})
    place = walk.path.index(walk.at)
    context |= {
        "question": walk.questions[walk.at],
        "shown": show_question(
            walk.questions[walk.at], walk.answers.get(walk.at), typed=walk.refused
        ),
        "refusal": walk.refusal,
        "is_first": place == 0,
        "place": place + 1,
        "most": place + 1 + count_left(walk.asked, walk.at),
        "is_anonymous": survey.is_anonymous,
        "action": "",
        "kept": [("language", language), ("at", walk.at), *walk.list_kept(walk.at)],
        "back": f"?{walk.write(walk.path[place - 1], language=language)}" if place else "",
    }
    return TemplateResponse(request, "surveys/preview.html", context)


class _Walk:
    """The way so far, read from an address: ``at`` is the question to show, "" the end;
    ``at`` with an answer in the address is the one before.
    """

    def __init__(self, version: SurveyVersion, query: Any):
        self.questions = {each.code: each for each in list_questions(version)}
        self.asked = read_asked(self.questions.values())
        self.answers: dict[str, Given] = {}
        self.refusal: AnswerRefused | None = None
        self.refused: list[str] | None = None
        code = query.get("at", "")
        # A press, also one of nothing, carries the question and no way back to it.
        is_pressed = code in self.questions and "to" not in query
        for each in self.asked:
            raw = query.getlist(f"{_ANSWER}{each.code}")
            is_this = is_pressed and each.code == code
            if is_this:
                raw = [] if "skip" in query else query.getlist("answer")
            try:
                given = read_given(each, raw)
            except BadAnswer as bad:
                given = None
                if is_this:
                    self.refusal, self.refused = AnswerRefused(code, bad.fault), raw
            if given is not None:
                self.answers[each.code] = given
        self.path = find_path(self.asked, self.answers) if self.asked else []
        self.at = self._find_here(code, query.get("to", ""), is_pressed=is_pressed)

    def _find_here(self, code: str, to: str, *, is_pressed: bool) -> str:
        place = 0
        if to in self.path:
            place = self.path.index(to)
        elif to == _END:
            place = len(self.path)
        elif is_pressed and code in self.path:
            place = self.path.index(code) + (0 if self.refusal else 1)
        return self.path[place] if place < len(self.path) else ""

    def list_kept(self, but: str = "") -> list[tuple[str, str]]:
        return [
            (f"{_ANSWER}{code}", value)
            for code, given in self.answers.items()
            if code != but
            for value in _write_given(given)
        ]

    def write(self, to: str, *, language: str | None) -> str:
        """The address that shows a question with every answer so far."""
        return urlencode([("language", language), ("to", to or _END), *self.list_kept()])


_END = "the-end-"  # no code of a question ends so


def _list_languages() -> list[str]:
    return [get_default_language(), *list_translations()]


def _write_given(given: Given) -> list[str]:
    if isinstance(given, frozenset):
        return sorted(given)
    return [given.isoformat() if isinstance(given, dt.date) else str(given)]
