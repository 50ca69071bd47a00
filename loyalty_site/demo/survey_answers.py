"""How people of the demonstration answer: by mood, by store, along the questions' own way."""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from core.bulk import RowWriter, reserve_ids
from loyalty_site.demo.clock import awake
from members.models import Member
from purchases.models import Store
from surveys.engine.path import Asked, Given, find_path
from surveys.engine.scales import find_share, get_scale
from surveys.enums import InvitationState, QuestionKind, ResponseActor, ResponseState
from surveys.models import Answer, Invitation, Response, SurveyVersion, Theme
from surveys.selectors.versions import (
    find_main_question,
    list_questions,
    read_asked,
)

_ANSWERS = 0.5  # of those who were asked
_LEAVES = 0.05  # at each question after the first
_WRITES = 0.45  # own words where they may
_SCANNED, _UNSURE = 0.015, 0.02
_HARBOR_DIP = 0.14  # while the shop at the harbor had too few tills, until 120 days ago
_MENDED = dt.timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Mood:
    """How content somebody is by nature (0 to 1), and how willing to answer."""

    content: float
    willing: float

    @classmethod
    def draw(cls, chance: random.Random) -> "Mood":
        content = min(max(chance.gauss(0.78, 0.15), 0.1), 1.0)
        return cls(content, min(max(chance.gauss(_ANSWERS, 0.15), 0.08), 0.85))


@dataclass(slots=True)
class _Sheet:
    version: SurveyVersion
    questions: dict[str, Any]
    asked: list[Asked]
    main: Any


def answer_invitations(
    invitations: Sequence[Invitation], people: Mapping[int, Member], moods: Mapping[int, Mood],
    comments: Mapping[str, Any], eager: Mapping[str, float], chance: random.Random, *,
    now: dt.datetime,
) -> None:  # fmt: skip
    """Write the invitations, and to some of those that were sent what came back. ``eager`` says by
    survey how much more readily than others it is answered.
    """
    sheets: dict[int, _Sheet] = {}
    begun: list[tuple[Response, list[Answer]]] = []
    harbor = _find_store("harbor")
    for row in invitations:
        if row.sent_at is None or row.is_left:
            continue
        if row.survey_id not in sheets:
            sheets[row.survey_id] = _read_sheet(row)
        sheet = sheets[row.survey_id]
        mood = moods[row.member_id]
        content = mood.content + chance.gauss(0, 0.1)
        if row.store_id == harbor and row.sent_at < now - _MENDED:
            content -= _HARBOR_DIP
        # Who is very content or not at all answers more readily than who is in between.
        willing = mood.willing + (0.12 if content > 0.9 or content < 0.45 else 0)
        willing += eager[row.survey.code]
        started = awake(row.sent_at + dt.timedelta(hours=chance.expovariate(1 / 9)))
        if chance.random() < willing and started < min(row.expires_at, now):
            row.version_id = sheet.version.pk
            begun.append(_answer(row, sheet, content, started, people, comments, chance, now))
        elif row.expires_at <= now:
            row.state = InvitationState.EXPIRED
    _write(invitations, begun)


def tag_answers(themes: Mapping[str, Theme], told: Mapping[str, Any]) -> None:
    """What staff found in the words: a theme for each comment, in the same order."""
    codes = {
        text: code
        for tone, languages in told["themes"].items()
        for language, found in languages.items()
        for text, code in zip(told["comments"][tone][language], found, strict=True)
        if code
    }
    tagged = Response.themes.through
    rows = Answer.objects.filter(text__in=codes).values_list("response", "text")
    tagged.objects.bulk_create(
        [tagged(response_id=pk, theme_id=themes[codes[text]].pk) for pk, text in rows],
        ignore_conflicts=True,
    )


def _write(
    invitations: Sequence[Invitation], begun: Sequence[tuple[Response, list[Answer]]]
) -> None:
    """All of it with three COPYs."""
    answers = [answer for _response, given in begun for answer in given]
    ids = reserve_ids(
        surveys_invitation=len(invitations), surveys_response=len(begun),
        surveys_answer=len(answers),
    )  # fmt: skip
    for invitation, pk in zip(invitations, ids["surveys_invitation"], strict=True):
        invitation.pk = pk
    for (response, given), pk in zip(begun, ids["surveys_response"], strict=True):
        response.pk, response.invitation_id = pk, response.invitation.pk
        for answer in given:
            answer.response_id = pk
    for answer, pk in zip(answers, ids["surveys_answer"], strict=True):
        answer.pk = pk
    writer = RowWriter()
    for model, rows in (
        (Invitation, invitations), (Response, [each for each, _given in begun]), (Answer, answers),
    ):  # fmt: skip
        fields = model._meta.concrete_fields
        columns = [each.column for each in fields]
        writer.add(model._meta.db_table, columns, [
            tuple(each.get_db_prep_save(getattr(row, each.attname), connection) for each in fields)
            for row in rows
        ])  # fmt: skip
    writer.flush()


def _answer(
    row: Invitation, sheet: _Sheet, content: float, started: dt.datetime,
    people: Mapping[int, Member], comments: Mapping[str, Any], chance: random.Random,
    now: dt.datetime,
) -> tuple[Response, list[Answer]]:  # fmt: skip
    member = people[row.member_id]
    lot = chance.random()
    actor = ResponseActor.HUMAN
    if lot < _SCANNED:
        actor = ResponseActor.MACHINE
    elif lot < _SCANNED + _UNSURE:
        actor = ResponseActor.UNKNOWN
    given: dict[str, Given] = {}
    is_whole = actor == ResponseActor.HUMAN
    place = 0
    while place < len(path := find_path(sheet.asked, given)):
        if place and (not is_whole or chance.random() < _LEAVES):
            is_whole = False
            break
        asked = next(each for each in sheet.asked if each.code == path[place])
        answer = _give(asked, content, row, member, comments, chance)
        if answer is not None:
            given[asked.code] = answer
        place += 1
    done = started + dt.timedelta(seconds=20 * max(place, 1) + chance.randint(5, 60))
    is_whole = is_whole and done < now
    response = Response(
        invitation=row, survey_id=row.survey_id, version=sheet.version, member_id=row.member_id,
        actor=actor, score_permille=_find_score(sheet, given), store_id=row.store_id,
        tier=_find_tier(member), started_at=started, closes_at=row.expires_at,
        completed_at=done if is_whole else None,
        state=ResponseState.COMPLETE if is_whole else ResponseState.BEGUN,
    )  # fmt: skip
    if actor == ResponseActor.MACHINE:
        response.state = ResponseState.PROVISIONAL
        row.state = InvitationState.EXPIRED if row.expires_at <= now else InvitationState.SENT
    else:
        row.opened_at = started
        if is_whole:
            row.state, row.answered_at = InvitationState.ANSWERED, done
        else:
            row.state = InvitationState.EXPIRED if row.expires_at <= now else InvitationState.OPENED
    answers = [_build_answer(sheet.questions[code], value) for code, value in given.items()]
    return response, answers


def _give(
    asked: Asked, content: float, row: Invitation, member: Member, comments: Mapping[str, Any],
    chance: random.Random,
) -> Given | None:  # fmt: skip
    """An answer of somebody so content; None where they skip the question."""
    kind = asked.kind
    if kind == QuestionKind.TEXT:
        if not asked.is_required and chance.random() > _WRITES:
            return None
        tone = "bad" if asked.code in ("better", "happened") or content < 0.55 else "good"
        tone = next((each for each in (asked.code, row.survey.code) if each in comments), tone)
        words = comments[tone]
        return chance.choice(words.get(member.locale) or words["en"])
    if kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE):
        return _choose(asked, content, chance)
    if kind == QuestionKind.DATE:
        return row.sent_at.date() + dt.timedelta(days=chance.randint(0, 3)) if row.sent_at else None
    if kind == QuestionKind.QUOTE:
        return int(chance.random() < 0.7) if chance.random() < 0.8 else None
    scale = get_scale(kind, asked.lowest, asked.highest)
    if scale is None or (not asked.is_required and chance.random() < 0.15):
        return None
    if scale.highest - scale.lowest > 10:  # minutes at the till
        return max(scale.lowest, min(scale.highest, round(chance.gauss(9 - 7 * content, 2))))
    felt = min(max(content + chance.gauss(0, 0.09), 0), 1)
    return scale.lowest + min(int(felt * (scale.highest - scale.lowest + 1)),
                              scale.highest - scale.lowest)  # fmt: skip


def _choose(asked: Asked, content: float, chance: random.Random) -> frozenset[str] | None:
    """The first answers are the likelier ones, the more so the more content somebody is."""
    if not asked.is_required and chance.random() < 0.15:
        return None
    weights = [1 / (1 + place * (0.35 + max(content - 0.5, 0))) for place in
               range(len(asked.choices))]  # fmt: skip
    count = 1 if asked.kind == QuestionKind.SINGLE else chance.choice((1, 1, 2, 2, 3))
    return frozenset(chance.choices(asked.choices, weights, k=count))


def _build_answer(question: Any, given: Given) -> Answer:
    row = Answer(question=question)
    if isinstance(given, frozenset):
        row.choices = sorted(given)
    elif isinstance(given, str):
        row.text = given
    elif isinstance(given, dt.date):
        row.day_on = given
    else:
        row.number = given
    return row


def _read_sheet(row: Invitation) -> _Sheet:
    version = SurveyVersion.objects.live().with_questions().get(survey_id=row.survey_id)
    questions = list_questions(version)
    main = find_main_question(row.survey, questions)
    return _Sheet(version, {each.code: each for each in questions}, read_asked(questions), main)


def _find_score(sheet: _Sheet, given: Mapping[str, Given]) -> int | None:
    main = sheet.main
    answer = given.get(main.code) if main is not None else None
    if not isinstance(answer, int):
        return None
    return find_share(main.kind, answer, main.lowest, main.highest)


def _find_tier(member: Member) -> str:
    standing = getattr(member, "standing", None)
    return standing.tier.slug if standing is not None and standing.tier_id else ""


def _find_store(code: str) -> int | None:
    return Store.objects.filter(code=code).values_list("pk", flat=True).first()
