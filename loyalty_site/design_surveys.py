"""Samples of surveys and reviews for the living page of the design system."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from surveys.asking_pages import Option, ShownQuestion
from surveys.models import Question, SurveyVersion
from surveys.selectors.wording import name_step
from surveys.services.answering import AnswerRefused

LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh y Ruiz de la Prada Ōnishi-Nakamura"
_NOW = dt.datetime(2026, 11, 3, 10, tzinfo=dt.UTC)


def list_stages() -> list[dict[str, Any]]:
    """Each shape of a question as its page shows it: fresh, chosen, linked, refused; the last is
    the longest.
    """
    return [
        _build_stage(_face(), place=1, is_first=True, points=20),
        _build_stage(_face(chosen=2), place=2, before="#", is_change=True),
        _build_stage(_scale("nps", range(11), chosen=9), linked=9, is_first=True),
        _build_stage(_scale("effort", range(1, 8)), place=3, is_anonymous=True),
        _build_stage(_stars(4), place=4),
        _build_stage(_list("single", ("The taste", "味わい", "价格公道", LONG)), place=5),
        _build_stage(_list("multiple", ("The taste", "The place"), chosen=1), place=6),
        _build_stage(_typed("text", "", is_required=True), place=7, fault="missing"),
        _build_stage(_typed("number", "61", is_required=True), place=8, fault="off_scale"),
        _build_stage(_typed("day", "2026-11-02"), place=12, text=f"{LONG}, when was it?"),
    ]


def list_endings() -> list[dict[str, Any]]:
    """Thanks with and without points, and for whom we couldn't tell."""
    version = SurveyVersion(thanks="We read every answer, and what you say changes things here.")
    common = {"version": version, "back": "#", "closes_at": _NOW, "token": "sample"}
    return [
        {**common, "points": 20, "is_own": True},
        {**common, "points": 0, "version": SurveyVersion()},
        {**common, "is_doubtful": True},
    ]


def list_open() -> SimpleNamespace:
    rows = (
        ("How was your visit?", 20, False),
        ("お買い物は、値打ちがありましたか？", 0, True),
        (LONG, 1, False),
    )
    return SimpleNamespace(
        surveys=[
            SimpleNamespace(title=title, url="#", points=points, expires_at=_NOW, is_begun=begun)
            for title, points, begun in rows
        ]
    )


def list_reviews() -> list[SimpleNamespace]:
    """Verified with a reply, rewarded and anonymous, brought in, and the longest."""
    reply = SimpleNamespace(
        replied_at=_NOW, text="Thank you. A third till is open now.", language="en"
    )
    return [
        _build_review(1, 4, "Great shop, slow Saturdays", is_verified=True, reply=reply),
        _build_review(2, 5, "", shown_name="", is_rewarded=True, edited_at=_NOW),
        _build_review(3, 2, "Closed kitchen at eight", is_imported=True, origin_name="Bay Table"),
        _build_review(4, 3, LONG, shown_name=LONG),
    ]


# Settled, answered, being looked at: what members see of a follow-up.
TALKS = (("check", "Settled"), ("chat", "Answered"), ("clock", "We are looking at it"))


def _build_stage(shown: ShownQuestion, **more: Any) -> dict[str, Any]:
    fault, linked, text = more.pop("fault", ""), more.pop("linked", None), more.pop("text", "")
    if text:
        shown.question.text = text
    return {
        "version": SurveyVersion(title="How was your visit?", intro="It takes less than a minute."),
        "shown": shown, "question": shown.question, "most": 12, "place": 1, "closes_at": _NOW,
        "linked": next((each for each in shown.options if each.number == linked), None)
        if linked is not None else None,
        "refusal": AnswerRefused(shown.question.code, fault) if fault else None,
        "is_preview": True, "action": "#", "kept": [],
        "back": "#" if more.get("place", 1) > 1 else "", **more,
    }  # fmt: skip


_count = iter(range(1, 1000))


def _ask(kind: str, text: str, **fields: Any) -> Question:
    return Question(code=f"sample-{next(_count)}", kind=kind, text=text, **fields)


def _face(chosen: int = 0) -> ShownQuestion:
    options = [
        Option(str(step), name_step("faces", step), step == chosen, number=step)
        for step in range(1, 5)
    ]
    return ShownQuestion(_ask("faces", "How was the service?"), "faces", options)


def _scale(kind: str, steps: range, chosen: int | None = None) -> ShownQuestion:
    options = [Option(str(step), str(step), step == chosen, number=step) for step in steps]
    question = _ask(kind, "How likely are you to recommend us?", hint="0 is not at all.")
    return ShownQuestion(question, "scale", options, low="Not at all", high="Extremely")


def _stars(chosen: int) -> ShownQuestion:
    options = [Option(str(step), str(step), step == chosen, number=step) for step in range(1, 6)]
    return ShownQuestion(_ask("stars", "And the tea?"), "stars", options, low="Poor", high="Superb")


def _list(kind: str, words: tuple[str, ...], chosen: int = -1) -> ShownQuestion:
    options = [Option(str(at), each, at == chosen) for at, each in enumerate(words)]
    shape = "many" if kind == "multiple" else "list"
    return ShownQuestion(_ask(kind, "What did you like?", is_required=True), shape, options)


def _typed(shape: str, value: str, **fields: Any) -> ShownQuestion:
    kind = {"day": "date"}.get(shape, shape)
    return ShownQuestion(
        _ask(kind, "Tell us more.", lowest=0, highest=60, **fields), shape, (), value
    )


def _build_review(pk: int, stars: int, title: str, **more: Any) -> SimpleNamespace:
    facts = {
        "pk": f"sample-{pk}", "stars": stars, "title": title, "language": "en", "written_at": _NOW,
        "text": "Produce is the best around and the prices are fair.", "shown_name": "Steven B.",
        "photos": SimpleNamespace(all=[]), "reply": None, "edited_at": None, "origin_url": "",
        "is_verified": False, "is_imported": False, "is_rewarded": False,
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **more})
