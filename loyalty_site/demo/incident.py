"""One honest incident: a morning on which triple points failed, its correction, and an apology.

The rule has a gap of five hours in its versions, so the entries of that morning are really what
the engine gave. The correction is an entry of its own for each member; nothing is edited.
"""

import datetime as dt
from collections.abc import Iterable

from django.utils import translation
from django.utils.formats import date_format

from core.time import day_of, resolve_local
from loyalty_site.demo.data import read_all_words, read_words, translate
from members.enums import AudienceKind
from members.models import Member, User
from members.services.audiences import AudienceMove, ensure_audience, move_members
from purchases.models import Purchase
from rewards.enums import AdjustmentReason, BulkKind, Unit
from rewards.models import Award
from rewards.services.adjustments import adjust_points
from rewards.services.bulk import confirm_bulk, draft_bulk
from rewards.services.bulk_running import run_bulk_act

RULE = "fifth-day"
_DAY = 5
_FROM, _TO = dt.time(6), dt.time(11)
_FOUND_OUT_AFTER = 8  # days: a fifth that is younger has had no time to be mended
_TIMES = 3
_SORRY_POINTS = 25
AUDIENCE = "incident-triple-points"


def find_gap(now: dt.datetime, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """The morning of the latest fifth that lies far enough back."""
    day = day_of(now, zone) - dt.timedelta(days=_FOUND_OUT_AFTER)
    while day.day != _DAY:
        day -= dt.timedelta(days=1)
    start, end = (resolve_local(dt.datetime.combine(day, time), zone)[0] for time in (_FROM, _TO))
    return start, end


def mend_incident(manager: User, owner: User, *, zone: str, now: dt.datetime) -> int:
    """Give every member of that morning what was missing, and all of them an apology.

    What was missing is reckoned from the awards' own basis, a part of a point in the member's
    favour. Returns how many members it was.
    """
    start, end = find_gap(now, zone)
    missing = _count_missing(start, end)
    day = day_of(start, zone)
    words, said = read_words(), f"{day:%B} {day.day}"
    for member in Member.objects.in_bulk(sorted(missing)).values():
        adjust_points(
            member,
            missing[member.pk],
            reason=AdjustmentReason.CORRECTION,
            note=words["incident_note"] % {"day": said},
            key=f"incident:{day}:{member.pk}",
            by=manager,
            now=now,
        )
    if not missing:
        return 0
    audience = ensure_audience(
        AUDIENCE, kind=AudienceKind.LIST, name=words["incident_audience"],
        i18n=translate("name", read_all_words()["incident_audience"]),
    )  # fmt: skip
    move_members(None, _list_moves(audience.pk, missing), now=now)
    act = draft_bulk(
        BulkKind.GRANT,
        audience,
        public_reason=words["incident_reason"] % {"day": said},
        i18n=translate("public_reason", _say_reason(day)),
        points=_SORRY_POINTS,
        by=owner,
        now=now,
    )
    run_bulk_act(confirm_bulk(act, by=owner, now=now).pk, now=now)
    return len(missing)


def _say_reason(day: dt.date) -> dict[str, str]:
    """The apology in each language, with the day as it is written there."""
    said = {}
    for language, text in read_all_words()["incident_reason"].items():
        with translation.override(language):
            said[language] = text % {"day": date_format(day, "MONTH_DAY_FORMAT")}
    return said


def _count_missing(start: dt.datetime, end: dt.datetime) -> dict[int, int]:
    """Points by member: twice the plain points of the morning's purchases, rounded up."""
    purchases = Purchase.objects.filter(purchased_at__gte=start, purchased_at__lt=end)
    awards = Award.objects.filter(
        purchase__in=purchases, unit=Unit.POINTS, rule__code="base"
    ).select_related("rule_version")
    missing: dict[int, int] = {}
    for award in awards:
        terms = award.rule_version
        extra = -(-award.basis_amount * terms.points * (_TIMES - 1) // terms.per_amount)
        if extra:
            missing[award.member_id] = missing.get(award.member_id, 0) + extra
    return missing


def _list_moves(audience_id: int, member_ids: Iterable[int]) -> list[AudienceMove]:
    return [AudienceMove(audience_id, member_id) for member_id in sorted(member_ids)]
