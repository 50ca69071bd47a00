"""Eight surveys with a year of answers to what members really bought and redeemed.

Who is asked hangs on consents, the clock of attention and the days of the purchases; who answers,
and how, on the seed. Nothing of the past is handed to any channel, and answers of the past gave no
points: what a survey gives begins with the day on which the demonstration was built.
"""

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Q
from django.utils import translation

from core.bulk import RowWriter
from core.time import add_months, day_of, start_of
from core.words import pack_words
from loyalty_site.demo.data import DATA, LANGUAGE, translate
from loyalty_site.demo.people import SOURCE, Staff
from loyalty_site.demo.survey_answers import Mood, answer_invitations
from members.enums import AudienceKind, Channel, ConsentSource
from members.models import Audience, Consent, ConsentWording, Member, WorkItem
from members.purposes import NEWS, SURVEYS
from members.selectors.club import get_club
from members.services.audiences import AudienceMove, ensure_audience, ensure_everyone, move_members
from members.services.consents import Answer, record_answers
from members.services.notices import NoticeRow, add_notices
from purchases.models import Purchase
from rewards.models import Redemption
from surveys.enums import InvitationState, SkipReason
from surveys.models import Invitation, Survey, SurveyVersion, Trigger
from surveys.registrations_asking import CONSUMER
from surveys.services.building import (
    change_survey,
    create_from_ready,
    publish_survey,
    set_trigger,
)
from surveys.services.inviting import NOTICE

_AGREED = 0.94  # of those who agreed to news by mail
_AGREED_WHEN_JOINING = 0.85  # of the others who have an address
_AWAY = dt.timedelta(days=30)  # without a purchase; some of them are asked why, by hand
_MEMBER = "yuki.hoshino@example.org"  # whom visitors of the demonstration log in as
_PARTS = 8  # by how many days rounds of a quarter are spread
_ASKED_AT = dt.time(10)
_WAIT = dt.timedelta(days=14)  # how long one waits for the clock before it is skipped


@cache
def read_surveys() -> dict[str, Any]:
    """Which surveys, after what, and what people wrote, by language."""
    return json.loads((DATA / "surveys.json").read_text(encoding="utf-8"))


def list_survey_codes() -> list[str]:
    return [each["ready"] for each in read_surveys()["surveys"]]


def get_mystery_slug() -> str:
    return read_surveys()["audience"]["slug"]


@dataclass(slots=True)
class _Occasion:
    """Something that a member could be asked about."""

    survey: Survey
    member: Member
    due_at: dt.datetime
    occurrence: str
    trigger: Trigger | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    store_id: int | None = None
    is_left: bool = False  # unanswered, for whoever looks at the demonstration as a member


def ask_all_year(staff: Staff, *, seed: int, now: dt.datetime) -> None:
    """Surveys, consents to them, and a year of invitations with what came back."""
    chance = random.Random(f"{seed}:surveys")  # noqa: S311 - repeatable on purpose
    began = Purchase.objects.order_by("purchased_at").values_list("purchased_at", flat=True).first()
    if began is None:
        return
    opened = min(began, now - dt.timedelta(days=30)) - dt.timedelta(days=7)
    surveys = _set_up(staff, opened, now)
    _agree(chance, now)
    people = _list_people()
    occasions = list(_list_occasions(surveys, people, chance, opened, now))
    left = _find_left(surveys["after-purchase"], people, now)
    if left is not None:
        quiet = left.due_at - dt.timedelta(days=left.survey.clock_days + 1)
        occasions = [
            each for each in occasions if each.member != left.member or each.due_at < quiet
        ] + [left]  # fmt: skip
    occasions.sort(key=lambda each: (each.due_at, each.survey.priority))
    invitations = _invite(occasions, chance, now)
    moods = {pk: Mood.draw(chance) for pk in sorted(people)}
    willing = {each["ready"]: each.get("willing", 0) for each in read_surveys()["surveys"]}
    answer_invitations(
        invitations, people, moods, read_surveys()["comments"], willing, chance, now=now
    )
    _tell(invitations, surveys, now)
    WorkItem.objects.of_consumer(CONSUMER).delete()  # the seeding itself invites nobody


def _set_up(staff: Staff, opened: dt.datetime, now: dt.datetime) -> dict[str, Survey]:
    zone = get_club().zone
    first = day_of(opened, zone).replace(day=1)
    everyone = ensure_everyone()
    _find_shoppers(now)
    surveys = {}
    for told in read_surveys()["surveys"]:
        survey = create_from_ready(told["ready"], by=staff.manager, now=opened)
        change_survey(survey, by=staff.manager, now=opened, **told.get("terms", {}))
        publish_survey(survey, by=staff.manager, now=opened)
        for terms in told["triggers"]:
            more: dict[str, Any] = {}
            if terms["event"] == "date":
                more = {"audience": everyone, "starts_on": first}
            trigger = set_trigger(survey, by=staff.manager, now=opened, **terms, **more)
            if trigger.starts_on is not None:
                rounds = _list_rounds(trigger, day_of(now, zone))
                Trigger.objects.filter(pk=trigger.pk).update(last_round_on=rounds[-1])
        survey.refresh_from_db()
        surveys[survey.code] = survey
    return surveys


def _find_shoppers(now: dt.datetime) -> Audience:
    words = read_surveys()["audience"]
    audience = ensure_audience(
        words["slug"], kind=AudienceKind.LIST, name=words["name"][LANGUAGE],
        i18n=translate("name", words["name"]),
    )  # fmt: skip
    people = Member.objects.active().filter(source=SOURCE, user__isnull=False).order_by("pk")
    chosen = sorted(people.values_list("pk", flat=True))[::9][:12]
    move_members(None, [AudienceMove(audience.pk, pk) for pk in chosen], now=now)
    return audience


def _agree(chance: random.Random, now: dt.datetime) -> None:
    """Most of those who agreed to news by mail agreed to surveys with it, unless they said no;
    of the others with an address most agreed when they joined.
    """
    given = (
        Consent.objects.filter(
            purpose=NEWS, channel=Channel.EMAIL, is_given=True, member__source=SOURCE
        )
        .exclude(member__consents__purpose=SURVEYS)
        .select_related("member__user")
        .order_by("member_id", "effective_at")
    )
    firsts = {each.member_id: each for each in reversed(given)}
    others = (
        Member.objects.active()
        .filter(source=SOURCE)
        .exclude(email="")
        .exclude(pk__in=firsts)
        .exclude(~Q(email=_MEMBER), consents__purpose=NEWS)
        .exclude(consents__purpose=SURVEYS)
        .select_related("user")
    )
    agreeing = [
        (each.member, each.effective_at) for each in firsts.values() if chance.random() <= _AGREED
    ] + [
        (each, each.joined_at) for each in others.order_by("pk")
        if chance.random() <= _AGREED_WHEN_JOINING or each.email == _MEMBER
    ]  # fmt: skip
    wordings: dict[str, int] = {}
    rows = []
    for member, moment in sorted(agreeing, key=lambda each: each[0].pk):
        if member.locale not in wordings:
            wordings[member.locale] = _answer_first(member, moment)
            continue
        source = ConsentSource.PROFILE if member.user_id else ConsentSource.COUNTER
        rows.append((
            member.pk, SURVEYS, Channel.EMAIL, True, wordings[member.locale], source, moment,
            moment, member.user_id,
        ))  # fmt: skip
    writer = RowWriter()
    columns = ("member_id", "purpose", "channel", "is_given", "wording_id", "source",
               "effective_at", "recorded_at", "recorded_by_id")  # fmt: skip
    writer.add("members_consent", columns, rows)
    writer.flush()


def _answer_first(member: Member, moment: dt.datetime) -> int:
    with translation.override(member.locale or LANGUAGE):
        record_answers(
            member, [Answer(SURVEYS, Channel.EMAIL, True)], source=ConsentSource.PROFILE,
            by=member.user, now=moment,
        )  # fmt: skip
    kept = Consent.objects.filter(member=member, purpose=SURVEYS).latest("pk")
    return ConsentWording.objects.get(pk=kept.wording_id).pk


def _list_people() -> dict[int, Member]:
    """Members who get mails about surveys, with when they agreed."""
    rows = Consent.objects.filter(
        purpose=SURVEYS, channel=Channel.EMAIL, is_given=True, member__source=SOURCE
    ).select_related("member__standing__tier")
    people = {}
    for consent in rows.order_by("member_id"):
        consent.member.agreed_at = consent.effective_at
        people[consent.member_id] = consent.member
    return people


# --- Occasions -----------------------------------------------------------------------------------


def _list_occasions(
    surveys: dict[str, Survey], people: dict[int, Member], chance: random.Random,
    opened: dt.datetime, now: dt.datetime,
) -> Iterator[_Occasion]:  # fmt: skip
    yield from _list_purchases(surveys, people, chance)
    triggers = {each.survey_id: each for each in Trigger.objects.order_by("-pk")}
    onboarding, nps = surveys["onboarding"], surveys["nps"]
    rounds = _list_rounds(triggers[nps.pk], day_of(now, get_club().zone))
    for member in people.values():
        if member.joined_at > opened:
            due = member.joined_at + dt.timedelta(days=21)
            yield _Occasion(onboarding, member, due, "signup", triggers[onboarding.pk])
        for on in rounds:
            due = _at_ten(on + dt.timedelta(days=member.pk % _PARTS))
            yield _Occasion(nps, member, due, f"round:{on}", triggers[nps.pk])
    yield from _list_absences(surveys["exit"], people, chance, now)
    mystery = Audience.objects.get(slug=get_mystery_slug())
    for pk in mystery.rows.order_by("member_id").values_list("member_id", flat=True):
        for days in range(330, 20, -60):
            if pk in people:
                due = _at_ten(day_of(now, get_club().zone) - dt.timedelta(days=days))
                yield _Occasion(surveys["mystery"], people[pk], due, f"visit-{days}")
    redeemed = surveys["after-redemption"]
    for row in Redemption.objects.filter(member__in=people).order_by("pk"):
        yield _Occasion(
            redeemed, people[row.member_id], row.reserved_at + dt.timedelta(days=1),
            f"redemption:{row.pk}", triggers[redeemed.pk],
            {"redemption": row.pk, "reward": row.reward_id},
        )  # fmt: skip


def _list_absences(
    survey: Survey, people: dict[int, Member], chance: random.Random, now: dt.datetime
) -> Iterator[_Occasion]:
    """Some of those who didn't come for a month."""
    rows = Purchase.objects.filter(member__in=people).order_by("member_id", "purchased_at", "pk")
    last: dict[int, dt.datetime] = {}
    gaps: list[tuple[int, dt.datetime]] = []
    for member_id, at in rows.values_list("member_id", "purchased_at"):
        if member_id in last and at - last[member_id] > _AWAY:
            gaps.append((member_id, last[member_id]))
        last[member_id] = at
    gaps += [(member_id, at) for member_id, at in last.items() if now - at > _AWAY]
    for member_id, at in gaps:
        if chance.random() < 0.5:
            due = _at_ten(day_of(at + _AWAY, get_club().zone))
            yield _Occasion(survey, people[member_id], due, f"away:{due:%Y-%m-%d}")


def _list_purchases(
    surveys: dict[str, Survey], people: dict[int, Member], chance: random.Random
) -> Iterator[_Occasion]:
    triggers = {each.survey_id: each for each in Trigger.objects.order_by("-pk")}
    rows = Purchase.objects.filter(member__in=people).order_by("purchased_at", "pk").values_list(
        "pk", "member_id", "purchased_at", "store_id", "channel__code", "total_amount"
    )  # fmt: skip
    visit, delivery, worth = (
        surveys[code] for code in ("after-purchase", "after-delivery", "satisfaction")
    )
    share = {code: triggers[surveys[code].pk].share_permille / 1000
             for code in ("after-purchase", "satisfaction")}  # fmt: skip
    for pk, member_id, at, store_id, channel, amount in rows:
        lot = chance.random()
        if channel == "delivery":
            chosen, delay, kind = delivery, dt.timedelta(days=1, hours=3), "delivered"
        elif amount >= 1500 and lot < share["satisfaction"]:
            chosen, delay, kind = worth, dt.timedelta(days=2), "purchase"
        elif lot < share["after-purchase"]:
            chosen, delay, kind = visit, dt.timedelta(hours=2), "purchase"
        else:
            continue
        yield _Occasion(
            chosen, people[member_id], at + delay, f"{kind}:{pk}", triggers[chosen.pk],
            {"purchase": pk}, store_id,
        )  # fmt: skip


def _list_rounds(trigger: Trigger, today: dt.date) -> list[dt.date]:
    """Days of rounds until today."""
    days, step = [], 0
    while (on := add_months(trigger.starts_on, step)) <= today:
        days.append(on)
        step += trigger.every_months or 1_000
    return days


def _at_ten(day: dt.date) -> dt.datetime:
    return start_of(day, get_club().zone) + dt.timedelta(hours=_ASKED_AT.hour)


# --- Invitations ---------------------------------------------------------------------------------


def _invite(
    occasions: Sequence[_Occasion], chance: random.Random, now: dt.datetime
) -> list[Invitation]:
    """One a month for a member at most: who was asked too recently waits, or is skipped."""
    last: dict[int, dt.datetime] = {}
    rows = []
    for each in occasions:
        survey, member = each.survey, each.member
        if each.due_at >= now - dt.timedelta(hours=2) or each.due_at < member.agreed_at:
            continue
        quiet = last.get(member.pk)
        free_at = None if quiet is None else quiet + dt.timedelta(days=survey.clock_days)
        due = each.due_at if free_at is None else max(each.due_at, free_at)
        row = Invitation(
            survey=survey, member=member, trigger=each.trigger, occurrence=each.occurrence,
            facts=each.facts, planned_at=each.due_at, due_at=each.due_at,
            expires_at=each.due_at + dt.timedelta(days=survey.expires_after_days),
        )  # fmt: skip
        row.store_id, row.is_left = each.store_id, each.is_left
        if due > each.due_at + _WAIT or due >= now:
            # What was skipped is told by a few: of every receipt it would say the same.
            if survey.code == "after-purchase" and chance.random() > 0.15:
                continue
            row.state, row.reason = InvitationState.SKIPPED, SkipReason.CLOCK
        else:
            row.due_at = due
            row.released_at = row.sent_at = due + dt.timedelta(seconds=chance.randint(5, 90))
            row.expires_at = row.sent_at + dt.timedelta(days=survey.expires_after_days)
            row.state = InvitationState.SENT
            last[member.pk] = row.sent_at
        rows.append(row)
    return rows


def _find_left(
    survey: Survey, people: dict[int, Member], now: dt.datetime
) -> _Occasion | None:  # fmt: skip
    """Of their last visit, where it may still be answered."""
    since = now - dt.timedelta(days=survey.expires_after_days - 2)
    last = (
        Purchase.objects.filter(
            member__in=people, member__email=_MEMBER, channel__code="counter",
            purchased_at__range=(since, now - dt.timedelta(hours=6)),
        )
        .order_by("-purchased_at")
        .first()
    )  # fmt: skip
    if last is None:
        return None
    due = last.purchased_at + dt.timedelta(hours=2)
    return _Occasion(
        survey, people[last.member_id], due, f"purchase:{last.pk}",
        survey.triggers.order_by("pk").first(), {"purchase": last.pk}, last.store_id, is_left=True,
    )  # fmt: skip


def _tell(invitations: Sequence[Invitation], surveys: dict[str, Survey], now: dt.datetime) -> None:
    """What waits stands in the bell, as if it had been released in its time."""
    titles = {
        each.survey_id: pack_words(each, "title")
        for each in SurveyVersion.objects.live().filter(survey__in=surveys.values())
    }
    waiting = (InvitationState.SENT, InvitationState.OPENED)
    add_notices(
        (
            NoticeRow(row.member_id, NOTICE, row.released_at, f"{NOTICE}:{row.pk}",
                      {"invitation": row.pk, **titles[row.survey_id]})
            for row in invitations
            if row.state in waiting and row.expires_at > now
        ),
        now=now,
    )  # fmt: skip
