"""Follow-ups as staff and members read them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Prefetch, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from members.models import Member, User
from surveys.engine.scales import get_scale
from surveys.enums import FollowUpEntryKind, FollowUpState, QuestionKind
from surveys.models import Answer, FollowUp, FollowUpEntry, Response
from surveys.selectors.wording import name_step

# Along ``follow_up_of_member``: to whom no promotion goes now.
HELD = f"""
    SELECT member_id FROM surveys_followup
    WHERE state <> '{FollowUpState.CLOSED}' AND member_id IS NOT NULL
"""
SHOWN = 5


def list_waiting_follow_ups(now: dt.datetime) -> tuple[QuerySet[FollowUp], str]:
    """For the first page of the back office: by when they are due."""
    return FollowUp.objects.unclosed().order_by("due_at"), "due_at"


def list_workers() -> QuerySet[User]:
    """To whom a follow-up can be handed."""
    allowed = Permission.objects.filter(
        content_type__app_label="surveys", codename="change_followup"
    )
    return (
        User.objects.filter(is_active=True, is_staff=True)
        .filter(
            Q(is_superuser=True)
            | Q(groups__permissions__in=allowed)
            | Q(user_permissions__in=allowed)
        )
        .distinct()
        .order_by("display_name", "pk")
    )


def list_entries(follow_up: FollowUp) -> list[FollowUpEntry]:
    """Its story, oldest first."""
    return list(follow_up.entries.select_related("by", "to").order_by("pk"))


# --- What is known about the member --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A question and what was answered, in words."""

    question: str
    answer: str
    is_own_words: bool


def list_given(response: Response) -> list[GivenAnswer]:
    """In the order of the questions; three queries."""
    rows = (
        Answer.objects.filter(response=response)
        .select_related("question")
        .prefetch_related("question__choices")
        .order_by("question__position")
    )
    return [GivenAnswer(row.question.text_i18n, say_answer(row), bool(row.text)) for row in rows]


def say_answer(answer: Answer) -> str:
    """As short as it can be; a number with the end of its scale."""
    question = answer.question
    if answer.text:
        return answer.text
    if answer.day_on:
        return date_format(answer.day_on, "DATE_FORMAT")
    if answer.choices:
        words = {each.code: each.text_i18n for each in question.choices.all()}
        return ", ".join(words.get(code, code) for code in answer.choices)
    if answer.number is None:
        return ""
    scale = get_scale(question.kind, question.lowest, question.highest)
    if question.kind in (QuestionKind.FACES, QuestionKind.STARS, QuestionKind.QUOTE):
        return name_step(question.kind, answer.number)
    if scale is None:
        return str(answer.number)
    return _("%(number)s of %(most)s") % {"number": answer.number, "most": scale.highest}


def list_scores(member: Member, *, before: Response | None = None) -> list[Response]:
    """The last scores of surveys with names, the newest first."""
    rows = Response.objects.counting().filter(
        member=member, survey__is_anonymous=False, score_permille__isnull=False
    )
    if before is not None:
        rows = rows.exclude(pk=before.pk)
    return list(rows.select_related("survey").order_by("-started_at", "-pk")[:SHOWN])


def list_unclosed_of(member: Member, *, but: FollowUp | None = None) -> list[FollowUp]:
    rows = FollowUp.objects.unclosed().filter(member=member).for_list()
    if but is not None:
        rows = rows.exclude(pk=but.pk)
    return list(rows.order_by("due_at")[:SHOWN])


def list_of_member(member: Member) -> list[FollowUp]:
    """For the member's page in the back office: open ones first; one more than is shown."""
    rows = FollowUp.objects.filter(member=member).for_list().open_first()
    return list(rows[: SHOWN + 1])


# --- As members read them ------------------------------------------------------------------------


def list_conversations(member: Member, limit: int = 50) -> Sequence[FollowUp]:
    """What they wrote to the club, and what it answered, the newest first; ``replies`` of each.
    A low score that nobody answered isn't one. Three queries.
    """
    replies = FollowUpEntry.objects.filter(kind=FollowUpEntryKind.REPLY).order_by("pk")
    answered = replies.filter(follow_up__member=member).values("follow_up")
    rows: Any = FollowUp.objects.filter(member=member).filter(
        Q(response__isnull=True) | Q(pk__in=answered)
    )
    return list(
        rows.select_related("response__version")
        .prefetch_related(Prefetch("entries", replies, to_attr="replies"))
        .order_by("-opened_at", "-pk")[:limit]
    )
