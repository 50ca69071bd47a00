"""Five follow-ups in the demonstration: late, waiting, in work, done and answered, and one of the
contact form.
"""

import datetime as dt
import json
from functools import cache
from typing import Any

from loyalty_site.demo.clock import awake
from loyalty_site.demo.data import DATA, LANGUAGE
from loyalty_site.demo.people import SOURCE, Staff
from members.models import Member
from surveys.models import FollowUp, Response
from surveys.services.follow_ups import (
    add_note,
    begin_follow_up,
    close_follow_up,
    follow_low_score,
    hand_over,
    reply_to_member,
    take_follow_up,
    take_message,
)

_HOUR = dt.timedelta(hours=1)


@cache
def read_words() -> dict[str, Any]:
    return json.loads((DATA / "follow_ups.json").read_text(encoding="utf-8"))


def see_to_it(staff: Staff, *, now: dt.datetime) -> None:
    """The newest low scores of four members; the answer is of weeks ago, so that it reaches none
    of the channels.
    """
    done, late, working, waiting = [*_list_low(now), None, None, None, None][:4]
    if done is not None:
        _mend(done, staff, now - 20 * 24 * _HOUR)
    if late is not None:
        _open(late, now - 96 * _HOUR)
    if working is not None:
        pk = _open(working, now - 20 * _HOUR).pk
        take_follow_up(pk, by=staff.clerk, now=now - 18 * _HOUR)
        begin_follow_up(pk, by=staff.clerk, now=now - 18 * _HOUR)
        add_note(pk, read_words()["note"], by=staff.clerk, now=now - 17 * _HOUR)
    if waiting is not None:
        _open(waiting, now - 3 * _HOUR)
    writer = Member.objects.active().filter(source=SOURCE, user__isnull=False).order_by("-pk")
    member = writer.first()
    if member is not None:
        take_message(_say("message", member), member=member, locale=member.locale,
                     now=awake(now - 24 * _HOUR))  # fmt: skip


def _list_low(now: dt.datetime) -> list[Response]:
    """One of each member, the newest first."""
    rows = (
        Response.objects.counting()
        .filter(
            survey__low_line__isnull=False, score_permille__isnull=False,
            member__status="active", member__user__isnull=False,
        )
        .select_related("survey", "member")
        .order_by("-started_at", "-pk")
    )  # fmt: skip
    low: dict[int, Response] = {}
    for row in rows:
        if row.score_permille < row.survey.low_line:
            low.setdefault(row.member_id, row)
    return list(low.values())[:4]


def _open(response: Response, at: dt.datetime) -> FollowUp:
    """When it was answered, or as long ago as the story asks for, whichever is later."""
    follow_low_score(response.invitation_id, max(at, response.started_at))
    return FollowUp.objects.get(response=response)


def _mend(response: Response, staff: Staff, at: dt.datetime) -> None:
    follow_up = _open(response, at)
    opened = follow_up.opened_at
    take_follow_up(follow_up.pk, by=staff.clerk, now=opened + _HOUR)
    hand_over(follow_up.pk, staff.manager, by=staff.clerk, now=opened + 2 * _HOUR)
    words = _say("reply", response.member)
    reply_to_member(follow_up.pk, words, by=staff.manager, now=opened + 5 * _HOUR)
    outcome = read_words()["outcome"]
    close_follow_up(follow_up.pk, outcome, by=staff.manager, now=opened + 6 * _HOUR)


def _say(name: str, member: Member) -> str:
    words = read_words()[name]
    return words.get(member.locale) or words[LANGUAGE]
