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

from django.utils import translation

from core.bulk import RowWriter
from core.time import add_months, day_of, start_of
from loyalty_site.demo.data import DATA, LANGUAGE, translate
from loyalty_site.demo.people import SOURCE, Staff
from loyalty_site.demo.survey_answers import Mood, answer_invitations
from members.enums import AudienceKind, Channel, ConsentSource
from members.models import Audience, Consent, ConsentWording, Member, WorkItem
from members.purposes import NEWS, SURVEYS
from members.selectors.club import get_club
from members.services.audiences import AudienceMove, ensure_audience, ensure_everyone, move_members
from members.services.consents import Answer, record_answers
from purchases.models import Purchase
from rewards.models import Redemption
from surveys.enums import InvitationState, SkipReason
from surveys.models import Invitation, Survey, Trigger
from surveys.registrations_asking import CONSUMER
from surveys.services.building import create_from_ready, publish_survey, set_trigger

_AGREED = 0.94  # of those who agreed to news by mail
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
    occasions = sorted(_list_occasions(surveys, people, chance, opened, now),
                       key=lambda each: (each.due_at, each.survey.priority))  # fmt: skip
    invitations = _invite(occasions, chance, now)
    moods = {pk: Mood.draw(chance) for pk in sorted(people)}
    answer_invitations(invitations, people, moods, read_surveys()["comments"], chance, now=now)
    WorkItem.objects.of_consumer(CONSUMER).delete()  # the seeding itself invites nobody


def _set_up(staff: Staff, opened: dt.datetime, now: dt.datetime) -> dict[str, Survey]:
    zone = get_club().zone
    first = day_of(opened, zone).replace(day=1)
    everyone = ensure_everyone()
    _find_shoppers(now)
    surveys = {}
    for told in read_surveys()["surveys"]:
        survey = create_from_ready(told["ready"], by=staff.manager, now=opened)
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
    """Most of those who agreed to news by mail agreed to surveys with it, unless they said no."""
    given = (
        Consent.objects.filter(
            purpose=NEWS, channel=Channel.EMAIL, is_given=True, member__source=SOURCE
        )
        .exclude(member__consents__purpose=SURVEYS)
        .select_related("member__user")
        .order_by("member_id", "effective_at")
    )
    firsts = {each.member_id: each for each in reversed(given)}
    wordings: dict[str, int] = {}
    rows = []
    for consent in sorted(firsts.values(), key=lambda each: each.member_id):
        if chance.random() > _AGREED:
            continue
        member = consent.member
        if member.locale not in wordings:
            wordings[member.locale] = _answer_first(member, consent.effective_at)
            continue
        rows.append((
            member.pk, SURVEYS, Channel.EMAIL, True, wordings[member.locale],
            ConsentSource.PROFILE, consent.effective_at, consent.effective_at, member.user_id,
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
        if chance.random() < 0.05:
            due = now - dt.timedelta(days=chance.randint(10, 300))
            yield _Occasion(surveys["exit"], member, due, "by-hand")
    mystery = Audience.objects.get(slug=get_mystery_slug())
    for pk in mystery.rows.order_by("member_id").values_list("member_id", flat=True):
        for days in (170, 60):
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
    for pk, member_id, at, store_id, channel, amount in rows:
        lot = chance.random()
        if channel == "delivery":
            chosen, delay, kind = delivery, dt.timedelta(days=1, hours=3), "delivered"
        elif amount >= 1500 and lot < 0.3:
            chosen, delay, kind = worth, dt.timedelta(days=2), "purchase"
        elif lot < 0.4:
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
        row.store_id = each.store_id
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
