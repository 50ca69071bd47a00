"""A draft becomes what members are asked; a survey is closed and opened again."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from surveys.enums import SurveyState, VersionState
from surveys.models import Survey, SurveyVersion
from surveys.selectors.versions import find_draft
from surveys.services.building.drafting import hold
from surveys.services.findings import check_publishable
from surveys.services.refusals import NotAskedYet


@transaction.atomic
def publish_survey(survey: Survey, *, by: Any, now: dt.datetime) -> SurveyVersion | None:
    """Ask by the draft from now on; whoever has begun goes on with what they began.

    A new survey opens with it, a closed one stays closed. None where there is no draft. Raises
    CannotPublish with every reason.
    """
    kept = hold(survey)
    draft = find_draft(kept)
    if draft is None:
        return None
    check_publishable(kept, draft)
    kept.versions.live().update(state=VersionState.RETIRED)
    draft.state, draft.published_at, draft.published_by = VersionState.LIVE, now, by
    draft.save(update_fields=["state", "published_at", "published_by"])
    if kept.state == SurveyState.DRAFT:
        kept.state, kept.opened_at = SurveyState.OPEN, now
        kept.save(update_fields=["state", "opened_at"])
    facts = {"version": draft.number, "questions": draft.questions.count()}
    record_audit("survey.published", kept, by=by, now=now, changes=facts)
    return draft


@transaction.atomic
def close_survey(survey: Survey, *, by: Any, now: dt.datetime) -> Survey:
    """Nobody is invited any more, and no answer taken. Raises NotAskedYet."""
    kept = hold(survey)
    if kept.state == SurveyState.DRAFT:
        raise NotAskedYet
    if kept.state == SurveyState.OPEN:
        kept.state, kept.closed_at = SurveyState.CLOSED, now
        kept.save(update_fields=["state", "closed_at"])
        record_audit("survey.closed", kept, by=by, now=now)
    return kept


@transaction.atomic
def reopen_survey(survey: Survey, *, by: Any, now: dt.datetime) -> Survey:
    """Invite and take answers again, by the version that was live. Raises NotAskedYet."""
    kept = hold(survey)
    if kept.state == SurveyState.DRAFT:
        raise NotAskedYet
    if kept.state == SurveyState.CLOSED:
        kept.state, kept.closed_at = SurveyState.OPEN, None
        kept.save(update_fields=["state", "closed_at"])
        record_audit("survey.reopened", kept, by=by, now=now)
    return kept
