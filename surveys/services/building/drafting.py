"""Surveys and their drafts: made, from nothing or from a ready one, changed, thrown away."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from core.services.audit import record_audit
from core.words import list_columns
from surveys.enums import SurveyState, VersionState
from surveys.models import Invitation, Response, Survey, SurveyVersion
from surveys.selectors.versions import get_version
from surveys.services.building.terms import (
    VERSION_WORDS,
    QuestionTerms,
    ScoreTerms,
    list_question_terms,
    list_score_terms,
    list_word_fields,
    read_words,
    write_questions,
)
from surveys.services.refusals import InvalidSurvey

_TERMS = {
    "kind", "priority", "clock_days", "expires_after_days", "reminder_after_days", "points",
    "points_budget",
    "main_question", "low_line", "follow_up_hours", "is_anonymous",
}  # fmt: skip


@transaction.atomic
def create_survey(
    *, code: str, title: str, questions: Sequence[QuestionTerms] = (),
    scores: Sequence[ScoreTerms] = (), words: dict[str, str] | None = None, by: Any,
    now: dt.datetime, **terms: Any,
) -> Survey:  # fmt: skip
    """A survey with a draft. ``words`` are the draft's introduction, thanks and translations;
    ``terms`` those of ``change_survey``, the name being the title where none is given. Raises
    InvalidSurvey with the field.
    """
    _refuse_unknown(terms)
    terms.setdefault("name", title)
    if Survey.objects.filter(code=code).exists():
        raise InvalidSurvey(_("Another survey has this code."), field="code")
    survey = Survey(code=code, created_at=now, created_by=by, **terms)
    check_survey(survey)
    survey.save(force_insert=True)
    draft = SurveyVersion(survey=survey, number=1, created_at=now, title=title, **(words or {}))
    draft.save(force_insert=True)
    write_questions(draft, questions, scores)
    record_audit("survey.created", survey, by=by, now=now, changes={"code": code})
    return survey


@transaction.atomic
def change_survey(survey: Survey, *, by: Any, now: dt.datetime, **terms: Any) -> Survey:
    """Its name and rules, which hold for all versions at once. Raises InvalidSurvey."""
    _refuse_unknown(terms)
    kept = hold(survey)
    changed = [name for name, value in terms.items() if getattr(kept, name) != value]
    if "points_budget" in changed and kept.points_budget is None:
        # Without a budget nobody counts while paying.
        kept.points_given = _count_given(kept)
        kept.save(update_fields=["points_given"])
    for name in changed:
        setattr(kept, name, terms[name])
    check_survey(kept)
    if changed:
        if "is_anonymous" in changed and not kept.is_anonymous and _was_asked(kept):
            raise InvalidSurvey(
                _("Members answered in confidence: it stays anonymous. Make another survey."),
                field="is_anonymous",
            )
        kept.save(update_fields=list_columns(Survey, changed))
        record_audit("survey.changed", kept, by=by, now=now, changes={"fields": sorted(changed)})
    return kept


@transaction.atomic
def open_draft(survey: Survey, *, by: Any, now: dt.datetime) -> SurveyVersion:
    """The survey's draft; where there is none, a copy of the newest version. Codes of questions
    stay, so that results join over versions.
    """
    kept = hold(survey)
    draft = kept.versions.drafts().first()
    if draft is not None:
        return draft
    last = get_version(kept.versions.latest("number").pk)
    number = kept.versions.aggregate(last=Max("number"))["last"] + 1
    words = read_words(last, VERSION_WORDS)
    draft = SurveyVersion(survey=kept, number=number, created_at=now, **words)
    draft.save(force_insert=True)
    write_questions(draft, list_question_terms(last), list_score_terms(last))
    record_audit("survey.drafted", kept, by=by, now=now, changes={"version": number})
    return draft


@transaction.atomic
def change_words(survey: Survey, *, by: Any, now: dt.datetime, **words: Any) -> SurveyVersion:
    """Title, introduction and thanks of the draft, in all languages. Raises InvalidSurvey."""
    if unknown := set(words) - list_word_fields(VERSION_WORDS):
        raise TypeError(f"no such words: {sorted(unknown)}")
    if "title" in words and not (words["title"] or "").strip():
        raise InvalidSurvey(_("Say what members read as its title."), field="title")
    draft = open_draft(survey, by=by, now=now)
    changed = [name for name, value in words.items() if getattr(draft, name) != value]
    for name in changed:
        setattr(draft, name, words[name])
    if changed:
        draft.save(update_fields=list_columns(SurveyVersion, changed))
        tell_changed(draft, by, now, fields=sorted(changed))
    return draft


@transaction.atomic
def drop_draft(survey: Survey, *, by: Any, now: dt.datetime) -> None:
    """Throw the draft away; a survey that was never published goes with it."""
    kept = hold(survey)
    draft = kept.versions.drafts().first()
    if draft is None:
        return
    facts = {"code": kept.code, "version": draft.number}
    record_audit("survey.draft_dropped", kept, by=by, now=now, changes=facts)
    draft.delete()
    if kept.state == SurveyState.DRAFT and not kept.versions.exists():
        kept.delete()


def hold(survey: Survey) -> Survey:
    return Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)


def tell_changed(draft: SurveyVersion, by: Any, now: dt.datetime, **facts: Any) -> None:
    changes = {"version": draft.number, **facts}
    record_audit("survey.draft_changed", draft.survey, by=by, now=now, changes=changes)


def check_survey(survey: Survey) -> None:
    """Raise InvalidSurvey where the rules contradict each other, as the constraints would."""
    if not survey.name.strip():
        raise InvalidSurvey(_("Give it a name."), field="name")
    if not 1 <= survey.expires_after_days <= 365:
        raise InvalidSurvey(_("Between 1 and 365 days."), field="expires_after_days")
    reminder = survey.reminder_after_days
    if reminder is not None and not 1 <= reminder < survey.expires_after_days:
        raise InvalidSurvey(
            _("The reminder comes while there is still time to answer."),
            field="reminder_after_days",
        )
    budget = survey.points_budget
    if budget is not None and budget < survey.points_given:
        raise InvalidSurvey(
            _("It gave %(given)s points already."), field="points_budget", given=survey.points_given
        )
    if survey.low_line is not None and not 1 <= survey.low_line <= 1000:
        raise InvalidSurvey(_("Between 1 and 1000."), field="low_line")
    if survey.is_anonymous and survey.low_line is not None:
        raise InvalidSurvey(
            _("In an anonymous survey nobody can follow up: leave this empty."), field="low_line"
        )


def _refuse_unknown(terms: dict[str, Any]) -> None:
    if unknown := set(terms) - _TERMS - list_word_fields(("name",)):
        raise TypeError(f"no such terms: {sorted(unknown)}")


def _count_given(survey: Survey) -> int:
    found = Response.objects.filter(survey=survey).aggregate(total=Sum("points_given"))
    return found["total"] or 0


def _was_asked(survey: Survey) -> bool:
    live = survey.versions.exclude(state=VersionState.DRAFT)
    return live.exists() and Invitation.objects.filter(survey=survey).exists()
