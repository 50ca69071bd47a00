"""What no form of ours sends: each is answered in words, and leaves nothing behind."""

import pytest

from surveys.engine.given import BadAnswer, read_given
from surveys.engine.path import Asked
from surveys.links import make_token, sign_answer, sign_survey, sign_trap
from surveys.models import Answer, Response
from surveys.services.answering import answer_question
from surveys.services.building import ChoiceTerms
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS, question
from tests.surveys.visited import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
CHOICES = (ChoiceTerms("slow", "Too slow"), ChoiceTerms("dear", "Too dear"))
ALL = (
    question("rating", "stars"),
    question("one", "single", choices=CHOICES),
    question("many", "multiple", choices=CHOICES),
    question(
        "other", "single", choices=(ChoiceTerms("cold", "Too cold"), ChoiceTerms("hot", "Too hot"))
    ),
    question("number", "number", lowest=-5, highest=500),
    question("free", "number"),
    question("day", "date"),
    question("quote", "quote"),
    question("words", "text"),
)

ASKED = {
    each.code: Asked(
        each.code, each.kind, choices=tuple(choice.code for choice in each.choices),
        lowest=each.lowest, highest=each.highest,
    )
    for each in ALL
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "raw"),
    [
        *(("rating", raw) for raw in (
            "0", "6", "-1", "5.0", "5e0", "1_0", "NaN", "inf", "9" * 30, "0x5", "٥٥", "𝟝𝟝", "½",
            "²", "1;2", "💣", "true", "[1]",
        )),
        *(("one", raw) for raw in ("cold", "slow,dear", "SLOW", "slow\u202e", "x" * 10**6)),
        ("many", "cold"),
        *(("number", raw) for raw in ("-6", "501", "1e2", "+-5", "1_0", "99999999999999999999")),
        *(("free", raw) for raw in ("32768", "-32769", "99999999", "1" * 4400, "nan")),
        *(("day", raw) for raw in (
            "0000-01-01", "0001-01-01", "99999-01-01", "2026-02-30", "10000-01-01", "2200-01-01",
            "1899-12-31", "22.11.2026", "2026-11-22T10:00", "2026-11-22\u202e",
        )),
        *(("quote", raw) for raw in ("2", "-1", "yes")),
        ("words", "x" * 4001),
        ("words", "🏳️‍🌈" * 1001),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(code, raw):
    with pytest.raises(BadAnswer):
        read_given(ASKED[code], [raw])


@pytest.mark.parametrize(
    ("code", "raws"),
    [
        ("rating", ["1", "5"]),
        ("one", ["slow", "dear"]),
        ("quote", ["1", "0"]),
        ("day", ["2026-01-01", "2026-01-02"]),
    ],
)
def test_two_answers_where_there_is_one_are_none(code, raws):
    with pytest.raises(BadAnswer):
        read_given(ASKED[code], raws)
    assert read_given(ASKED[code], [raws[0], raws[0]]) == read_given(ASKED[code], raws[:1])


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\x00b", "ab"),
        ("\ud800good", "good"),
        ("مرحبا \u202eevil", "مرحبا \u202eevil"),
        ("👩‍👩‍👧‍👦" * 100, "👩‍👩‍👧‍👦" * 100),
        ("a\r\nb\rc", "a\nb\nc"),
        ("x" * 3999 + "\r\n" + "", "x" * 3999),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("{{ member.email }}{% load x %}", "{{ member.email }}{% load x %}"),
        ("%s %(x)s {0}", "%s %(x)s {0}"),
    ],
)
def test_own_words_are_kept_as_they_are(ask, invite, now, raw, kept):
    row = invite(ask(*ALL))
    answer_question(row.pk, "words", [raw], press=PRESS, now=now)
    assert Answer.objects.get().text == kept


@pytest.mark.parametrize("raw", ["", " ", "\x00", "\ud800", "\u200b\u200e\ufeff", "\x01\x02"])
def test_what_nobody_sees_is_no_answer(raw):
    with pytest.raises(BadAnswer):
        read_given(Asked("words", "text", is_required=True), [raw])


def test_requests_that_are_too_much(visitor, ask, invite, now):
    row = invite(ask(*ALL))
    at = f"/s/{make_token(row.pk)}/q"
    assert visitor.post(f"{at}/words/", {"answer": "x" * 1_000_000}).status_code == 422
    # Above what Django reads of a form at all.
    assert visitor.post(f"{at}/words/", {"answer": "x" * 11_000_000}).status_code == 400
    many = "&".join("answer=slow" for _each in range(5000))
    kind = "application/x-www-form-urlencoded"
    assert visitor.post(f"{at}/many/", many, content_type=kind).status_code == 400
    raw = "answer=%ED%A0%80%00&seen=%FF"
    assert visitor.post(f"{at}/words/", raw, content_type=kind).status_code in (302, 422)
    assert (
        visitor.post(f"{at}/rating/", b"\xff\xfe", content_type="application/json").status_code
        == 302
    )
    for seen in ("-1", "9" * 9, "NaN", "٣٣", "²", "1e9"):
        answer = visitor.post(f"{at}/rating/", {"answer": "4", "seen": seen})
        assert answer.status_code == 302, seen
    for method in ("put", "delete", "patch", "options"):
        assert getattr(visitor, method)(f"{at}/rating/").status_code == 405
    assert visitor.post(sign_survey(row.pk)).status_code == 405
    assert visitor.get(f"{at}/{'x' * 3000}/").status_code in (302, 404)
    assert visitor.get(f"{at}/%00/").status_code in (302, 404)


def test_links_of_numbers_that_are_none(visitor, ask, invite, now):
    row = invite(ask(*ALL))
    for path in (
        sign_survey(2**70), sign_answer(2**63, "rating", 1), sign_survey(-1), sign_survey(0),
        sign_trap(2**70), sign_answer(row.pk, "rating", -3), sign_answer(row.pk, "rating", 9),
        sign_answer(row.pk, "gone", 3), sign_answer(row.pk, "words", 3),
    ):  # fmt: skip
        assert visitor.get(path).status_code in (200, 404), path
    assert Response.objects.counting().count() == 0
