"""What the public archive holds: the incident of the triple points, mended, and a change."""

import datetime as dt
import json
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.formats import date_format

from campaigns.enums import PublicNoticeKind
from campaigns.models import PublicNotice
from campaigns.services.public_notices import add_notice_update, publish_notice, save_notice
from core.time import day_of
from core.words import key_of, list_translations
from loyalty_site.demo.campaigns import let_leave
from loyalty_site.demo.data import DATA, LANGUAGE
from loyalty_site.demo.incident import AUDIENCE, find_gap
from members.models import Audience, User

_FOUND_AFTER = dt.timedelta(hours=3)
_CHANGED_BEFORE = dt.timedelta(days=40)


@cache
def read_notices() -> dict[str, Any]:
    return json.loads((DATA / "notices.json").read_text(encoding="utf-8"))


def list_notice_slugs() -> list[str]:
    return [each["slug"] for each in read_notices().values()]


def publish_notices(manager: User, *, zone: str, now: dt.datetime) -> None:
    """The incident on its own day, sent to those it concerns, and over now that it is mended; the
    change was only put where everybody can read it.
    """
    _start, end = find_gap(now, zone)
    found_at, day = end + _FOUND_AFTER, day_of(end, zone)
    told = read_notices()
    changed_at = now - _CHANGED_BEFORE
    change = _draft(PublicNoticeKind.CHANGE, told["change"], None, day, manager, changed_at)
    publish_notice(change, is_sent=False, by=manager, now=changed_at)
    audience = Audience.objects.filter(slug=AUDIENCE).first()
    if audience is None:  # nobody shopped that morning
        return
    incident = _draft(PublicNoticeKind.INCIDENT, told["incident"], audience, day, manager, found_at)
    incident = publish_notice(incident, is_sent=True, by=manager, now=found_at)
    if incident.mailing is not None:
        let_leave(incident.mailing, spread=60)
    add_notice_update(
        incident, words=_say("body", told["incident"]["update"], day), is_over=True,
        by=manager, now=now,
    )  # fmt: skip


def _draft(
    kind: str, told: dict[str, Any], audience: Audience | None, day: dt.date, by: User,
    now: dt.datetime,
) -> PublicNotice:  # fmt: skip
    notice = PublicNotice(kind=kind, slug=told["slug"], audience=audience)
    for field in ("title", "body"):
        for name, text in _say(field, told[field], day).items():
            setattr(notice, name, text)
    return save_notice(notice, by=by, now=now)


def _say(field: str, words: dict[str, str], day: dt.date) -> dict[str, str]:
    """The field and its translations, with the day as each language writes it."""
    said = {}
    for language in (LANGUAGE, *list_translations()):
        with translation.override(language):
            text = words[language] % {"day": date_format(day, "MONTH_DAY_FORMAT")}
        said[field if language == LANGUAGE else key_of(field, language)] = text
    return said
