"""The ready automations, made where they are missing."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction

from campaigns.models import Automation
from campaigns.ready_automations import READY, ReadyAutomation, ReadyStep, read_letters
from campaigns.services.automations.drafting import (
    AutomationTerms,
    MailingTerms,
    add_step,
    make_automation,
)
from campaigns.services.editions import save_content
from core.words import key_of, translate_label
from members.enums import Channel
from members.models import User

_FIELDS = ("subject", "preheader", "body")


@transaction.atomic
def ensure_ready_automations(*, by: User | None, now: dt.datetime) -> list[Automation]:
    """Each as a draft with its words, off until somebody publishes it and switches it on; what the
    club has made of one stays as it is.
    """
    known = Automation.objects.in_bulk([each.code for each in READY], field_name="slug")
    letters = read_letters()
    return [known.get(each.code) or _make(each, letters, by, now) for each in READY]


def _make(
    ready: ReadyAutomation, letters: dict[str, Any], by: User | None, now: dt.datetime
) -> Automation:
    name, names = translate_label(ready.name, "name")
    note, notes = translate_label(ready.note, "note")
    terms = AutomationTerms(
        name=name, note=note, i18n={**names, **notes}, freshness_hours=ready.freshness_hours,
        reentry=ready.reentry, reentry_days=ready.reentry_days, budget_count=ready.budget_count,
    )  # fmt: skip
    automation = make_automation(
        terms, trigger=ready.trigger, trigger_terms=ready.terms, slug=ready.code, by=by, now=now
    )
    for step in ready.steps:
        _add(automation, step, letters, by, now)
    return automation


def _add(
    automation: Automation, ready: ReadyStep, letters: dict[str, Any], by: User | None,
    now: dt.datetime,
) -> None:  # fmt: skip
    mailing = None
    if ready.letter:
        label, labels = translate_label(ready.label, "name")
        mailing = MailingTerms(
            name=label, names=labels, purpose=ready.purpose, channels=[Channel.EMAIL]
        )
    step = add_step(automation, kind=ready.kind, terms=ready.terms, mailing=mailing, by=by, now=now)
    if step.mailing is not None:
        words = build_words(letters[ready.letter])
        save_content(step.mailing, channel=Channel.EMAIL, words=words, by=by, now=now)


def build_words(letter: dict[str, dict[str, str]]) -> dict[str, str]:
    """The fields of a content: the club's own language in the columns, others beside."""
    own = settings.LANGUAGE_CODE if settings.LANGUAGE_CODE in letter else "en"
    words = {field: letter[own][field] for field in _FIELDS}
    for locale, text in letter.items():
        if locale != own:
            words |= {key_of(field, locale): text[field] for field in _FIELDS}
    return words
