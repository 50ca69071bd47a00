"""What an automation begins with, what its steps do, and who it leaves alone."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from campaigns.models import Automation, Journey, JourneyStep, Mailing, Message
from campaigns.services.automations.drafting import (
    AgainEachTime,
    AutomationTerms,
    MailingTerms,
    NeedsBudget,
    NoSteps,
    NotGiver,
    NothingToPublish,
    NotPublished,
    StepWordsMissing,
    add_step,
    change_automation,
    change_step,
    disable_automation,
    enable_automation,
    get_draft_version,
    make_automation,
    move_step,
    publish_automation,
    remove_step,
)
from campaigns.services.automations.entering import follow_notices, look_for_members
from campaigns.services.automations.running import run_batch, run_due_journeys
from campaigns.services.automations.terms import InvalidStep, InvalidTrigger, read_step
from campaigns.services.editions import WordsNotReady, save_content
from campaigns.services.segment_picks import pick_members
from campaigns.services.segments import build_segment, make_segment
from campaigns.services.sending.claiming import list_due
from members import registry
from members.models import Member, Notice
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.notices import NoticeRow, add_notices
from rewards.models import Account
from tests.campaigns.segment_club import UNASKABLE
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import (
    DAY,
    HOUR,
    MESSAGE,
    does,
    follow,
    only_in,
    outcomes,
    points,
    put,
    states,
    told,
    wait,
)
from tests.members.conftest import registered  # noqa: F401 (fixture)
from tests.rewards.conftest import make_reward

__all__ = ["make_reward"]
pytestmark = pytest.mark.django_db
SIGNUP = ("activity", {"kind": "signup"})


# --- Activities ----------------------------------------------------------------------------------


def test_steps_follow_one_another_and_each_is_written_down(automate, person, now):
    automate(*SIGNUP, MESSAGE, wait(days=2), MESSAGE)
    mei = person()
    does(mei, "signup", now)
    assert told(mei) == ["Letter 1"]
    assert states() == [("active", "")]
    run_due_journeys(now=now + 2 * DAY - HOUR)
    assert told(mei) == ["Letter 1"]
    run_due_journeys(now=now + 2 * DAY)
    assert told(mei) == ["Letter 1", "Letter 3"]
    assert states() == [("done", "")]
    assert outcomes(mei) == [("queued", ""), ("waited", ""), ("queued", "")]


def test_history_greets_nobody(automate, person, now):
    automate(*SIGNUP, MESSAGE)
    old, new = person(), person()
    does(old, "signup", now - 49 * HOUR, now=now)
    does(new, "signup", now - 47 * HOUR, now=now)
    assert (told(old), told(new)) == ([], ["Letter 1"])


def test_an_activity_begins_one_way_however_often_it_is_looked_at(automate, person, now):
    from campaigns.services.automations.entering import follow_batch
    from members.models import ActivityBatch

    automate(*SIGNUP, MESSAGE)
    mei = person()
    does(mei, "signup", now)
    follow_batch(ActivityBatch.objects.latest("pk").pk, now)
    assert Journey.objects.filter(member=mei).count() == 1


@pytest.mark.parametrize(
    ("terms", "days", "expected"),
    [
        ({"reentry": "every"}, 1, 2),
        ({"reentry": "never"}, 400, 1),
        ({"reentry": "after", "reentry_days": 30}, 29, 1),
        ({"reentry": "after", "reentry_days": 30}, 31, 2),
    ],
)
def test_who_comes_again(automate, person, now, terms, days, expected):
    automate("activity", {"kind": "donation"}, MESSAGE, **terms)
    mei = person()
    does(mei, "donation", now)
    does(mei, "donation", now + days * DAY)
    assert Journey.objects.filter(member=mei).count() == expected


def test_two_at_once_begin_one_way_where_once_is_asked(automate, person, now):
    automate("activity", {"kind": "donation"}, MESSAGE, reentry="never")
    mei = person()
    does([mei, mei], "donation", now)
    assert Journey.objects.filter(member=mei).count() == 1


def test_a_condition_lets_some_go_on(automate, person, now):
    friends = ensure_audience("friends", kind="list", name="Friends")
    automate(*SIGNUP, only_in("friends"), MESSAGE)
    ann, ben = person(), person()
    move_members(None, [AudienceMove(friends.pk, ann.pk)], now=now)
    does([ann, ben], "signup", now)
    assert (told(ann), told(ben)) == (["Letter 2"], [])
    assert outcomes(ben) == [("left", "condition")]
    assert states() == [("done", ""), ("left", "condition")]


def test_the_trigger_can_ask_itself(automate, person, now):
    friends = ensure_audience("friends", kind="list", name="Friends")
    only = {"all": [{"audience": "friends", "is_in": True}]}
    automate("activity", {"kind": "signup", "only": only}, MESSAGE)
    ann, ben = person(), person()
    move_members(None, [AudienceMove(friends.pk, ann.pk)], now=now)
    does([ann, ben], "signup", now)
    assert list(Journey.objects.values_list("member", flat=True)) == [ann.pk]


@pytest.mark.parametrize("trigger", [SIGNUP, ("birthday", {})])
def test_one_that_the_database_refuses_stops_no_other(automate, person, registered, now, trigger):  # noqa: F811
    registry.register_attribute(UNASKABLE)
    registered(registry.attributes, UNASKABLE.code)
    kind, terms = trigger
    only = {"all": [{"attribute": UNASKABLE.code, "op": "gte", "value": 1}]}
    automate(kind, terms | {"only": only}, MESSAGE, name="Broken")
    automate(kind, terms, MESSAGE, name="Sound")
    born = now + DAY
    mei = person(birth_month=born.month, birth_day=born.day)
    does(mei, "signup", now)
    look_for_members(now=born)
    assert list(Journey.objects.values_list("automation__name", "member")) == [("Sound", mei.pk)]


def test_who_is_no_member_any_more_leaves(automate, person, now):
    automate(*SIGNUP, MESSAGE, wait(days=1), MESSAGE)
    mei = person()
    does(mei, "signup", now)
    Member.objects.filter(pk=mei.pk).update(status="closed")
    run_due_journeys(now=now + DAY)
    assert told(mei) == ["Letter 1"]
    assert states() == [("left", "not_active")]


def test_switched_off_nobody_comes_in_and_those_on_the_way_wait(automate, person, now):
    automation = automate(*SIGNUP, wait(days=1), MESSAGE)
    ann, ben = person(), person()
    does(ann, "signup", now)
    disable_automation(automation, by=None, now=now)
    does(ben, "signup", now)
    run_due_journeys(now=now + DAY)
    assert (told(ann), told(ben)) == ([], [])
    assert Mailing.objects.get(kind="step").state == "paused"
    enable_automation(automation, by=None, now=now + DAY)
    run_due_journeys(now=now + DAY)
    assert told(ann) == ["Letter 2"]
    assert Mailing.objects.get(kind="step").state == "running"


# --- Versions ------------------------------------------------------------------------------------


def test_members_on_the_way_finish_on_their_version(automate, person, now):
    automation = automate(*SIGNUP, wait(days=1), MESSAGE)
    ann, ben = person(), person()
    does(ann, "signup", now)
    draft = get_draft_version(automation, by=None, now=now)
    remove_step(automation, draft.steps.get(kind="wait").key, by=None, now=now)
    put(automation, MESSAGE, "Second letter", now)
    publish_automation(automation, by=None, now=now)
    does(ben, "signup", now)
    assert (told(ann), told(ben)) == ([], ["Letter 2", "Second letter"])
    run_due_journeys(now=now + DAY)
    assert told(ann) == ["Letter 2"]
    assert Mailing.objects.filter(kind="step").count() == 2


def test_purpose_and_channels_change_with_the_version(automate, person, now):
    automation = automate(*SIGNUP, wait(days=1), MESSAGE)
    mei, anna = person(), person()
    does(mei, "signup", now)
    step = automation.versions.get().steps.get(kind="message")
    old = step.mailing
    terms = MailingTerms(name="Offer", purpose="offers", channels=["sms", "email"])
    change = {"mailing": terms, "by": None, "now": now}
    parted = change_step(automation, step.key, **change)
    again = change_step(automation, step.key, **change)
    assert again.mailing_id == parted.mailing_id != old.pk
    assert parted.mailing.editions.get().contents.get().body == "Hello."
    old.refresh_from_db()
    assert (old.purpose, old.channels) == ("service", ["email"])
    run_due_journeys(now=now + DAY)  # a draft changes nothing
    save_content(parted.mailing, channel="sms", words={"body": "Hi."}, by=None, now=now)
    publish_automation(automation, by=None, now=now)
    leo = person()
    does([anna, leo], "signup", now + HOUR)
    run_due_journeys(now=now + 2 * DAY)
    rows = Message.objects.order_by("pk").values_list("member", "mailing__purpose", "channel")
    assert list(rows) == [
        (mei.pk, "service", "email"), (anna.pk, "offers", "email"), (leo.pk, "offers", "email"),
    ]  # fmt: skip
    assert set(Mailing.objects.values_list("state", flat=True)) == {"running"}
    assert {claim.purpose for claim in list_due("email", now=now + 2 * DAY)} == {
        "service", "offers",
    }  # fmt: skip


def test_a_step_that_only_gets_another_name_keeps_its_mailing(automate, now):
    automation = automate(*SIGNUP, MESSAGE)
    step = automation.versions.get().steps.get()
    terms = MailingTerms(name="Another name")
    changed = change_step(automation, step.key, mailing=terms, by=None, now=now)
    assert changed.mailing_id == step.mailing_id
    assert Mailing.objects.get().name == "Another name"


def test_steps_of_a_draft_are_moved_and_the_live_version_stays(automate, now):
    automation = automate(*SIGNUP, MESSAGE, wait(days=1))
    draft = get_draft_version(automation, by=None, now=now)
    first = draft.steps.get(position=1)
    move_step(automation, first.key, is_up=True, by=None, now=now)
    move_step(automation, first.key, is_up=False, by=None, now=now)
    assert list(draft.steps.order_by("position").values_list("kind", flat=True)) == [
        "wait", "message",
    ]  # fmt: skip
    live = automation.versions.get(state="live")
    assert live.steps.get(position=1).key == first.key


def test_what_stands_in_the_way_of_publishing(automate, club, staff, now):
    terms = AutomationTerms(name="Draft")
    made = make_automation(
        terms, trigger="activity", trigger_terms={"kind": "signup"}, by=None, now=now
    )
    with pytest.raises(NotPublished):
        enable_automation(made, by=None, now=now)
    with pytest.raises(NoSteps):
        publish_automation(made, by=None, now=now)
    step = add_step(made, kind="message", by=None, now=now)
    with pytest.raises(StepWordsMissing):
        publish_automation(made, by=None, now=now)
    remove_step(made, step.key, by=None, now=now)
    add_step(made, kind="grant", terms=points(50)["terms"], by=None, now=now)
    with pytest.raises(NeedsBudget):
        publish_automation(made, by=staff("manager"), now=now)
    change_automation(made, AutomationTerms(name="Draft", budget_count=5), by=None, now=now)
    with pytest.raises(NotGiver):
        publish_automation(made, by=staff("marketer"), now=now)
    publish_automation(made, by=staff("manager"), now=now)
    with pytest.raises(NothingToPublish):
        publish_automation(made, by=staff("manager"), now=now)
    with pytest.raises(AgainEachTime):
        automate("lapsed", {"days": 60}, MESSAGE, reentry="every")


@pytest.mark.parametrize(
    ("trigger", "terms", "before", "body", "is_known"),
    [
        ("birthday", {"hour": 9}, [], "{{ purchase.number }}", False),
        ("birthday", {"hour": 9}, [], "{% if purchase %}{{ purchase.number }}{% endif %}", True),
        ("birthday", {"hour": 9}, [], "{% voucher %}", True),  # which is left out
        ("activity", {"kind": "signup"}, [], "{{ reward.name }}", False),
        ("activity", {"kind": "redemption"}, [], "{{ reward.name }}", True),
        ("activity", {"kind": "purchase"}, [], "{{ purchase.number }}", True),
        ("activity", {"kind": "signup"}, ["reward"], "{{ reward.name }}", True),
        ("activity", {"kind": "signup"}, ["points"], "{{ reward.name }}", False),
        ("notice", {"code": "tier_up"}, [], "{{ facts.tier }}", True),
    ],
)  # fmt: skip
def test_words_ask_for_what_their_trigger_brings(
    automate, make_reward, now, trigger, terms, before, body, is_known
):
    gifts = {
        "points": points(5),
        "reward": {"kind": "grant", "terms": {"prize": "reward", "reward": make_reward().pk}},
    }
    made = make_automation(
        AutomationTerms(name="Test", budget_count=9), trigger=trigger, trigger_terms=terms,
        by=None, now=now,
    )  # fmt: skip
    for gift in before:
        put(made, gifts[gift], "", now)
    step = put(made, MESSAGE, "Letter", now)
    words = {"subject": "Letter", "body": body}
    save_content(step.mailing, channel="email", words=words, by=None, now=now)
    if is_known:
        publish_automation(made, by=None, now=now)
    else:
        with pytest.raises(WordsNotReady) as refused:
            publish_automation(made, by=None, now=now)
        assert body.split("{{ ")[1].split(" ")[0] in str(refused.value)


def test_terms_that_are_not_complete_are_refused(club, now):
    for kind, terms in [
        ("activity", {}), ("birthday", {"hour": 24}), ("enters", {"audience": "nobody"}),
        ("leaves", {"audience": "everyone"}), ("moon", {}),
    ]:  # fmt: skip
        with pytest.raises(InvalidTrigger):
            make_automation(
                AutomationTerms(name="A"), trigger=kind, trigger_terms=terms, by=None, now=now
            )
    for kind, terms in [
        ("wait", {}), ("wait", {"days": -1}), ("if", {}), ("grant", {"prize": "points"}),
        ("grant", {"prize": "reward", "reward": 0}), ("grant", {"prize": "spins"}), ("sing", {}),
    ]:  # fmt: skip
        with pytest.raises(InvalidStep):
            read_step(kind, terms)


# --- Notices and audiences -----------------------------------------------------------------------


def test_news_is_followed_once_and_what_stood_before_is_not(automate, person, now):
    automate("notice", {"code": "tier_up"}, MESSAGE)
    mei = person()
    add_notices(
        [NoticeRow(mei.pk, "tier_up", now, "a"), NoticeRow(mei.pk, "tier_down", now, "b"),
         NoticeRow(mei.pk, "tier_up", now - 3 * DAY, "old")],
        now=now,
    )  # fmt: skip
    Notice.objects.create(
        member=mei, code="tier_up", effective_at=now, recorded_at=now, key="before",
        is_followed=True,
    )  # fmt: skip
    assert follow_notices(now=now) == 3
    assert follow_notices(now=now) == 0
    run_due_journeys(now=now)
    assert told(mei) == ["Letter 1"]


def test_coming_into_an_audience_and_leaving_a_segment(automate, person, staff, now):
    friends = ensure_audience("friends", kind="list", name="Friends")
    segment = make_segment(
        name="Bees", definition={"all": [{"audience": "friends", "is_in": True}]}, by=None, now=now
    )
    early, late = person(), person()
    move_members(None, [AudienceMove(friends.pk, early.pk)], now=now)
    build_segment(segment, by=None, now=now)
    later = now + HOUR
    slug = segment.audience.slug
    joins = automate("enters", {"audience": slug}, MESSAGE, at=now, name="In")
    automate("leaves", {"audience": slug}, MESSAGE, at=now, name="Out")
    lists = automate("enters", {"audience": "friends"}, MESSAGE, at=now, name="List")
    moves = [AudienceMove(friends.pk, late.pk), AudienceMove(friends.pk, early.pk, is_added=False)]
    move_members(None, moves, now=later)
    build_segment(segment, by=None, now=later)
    assert look_for_members(now=later) == 3
    assert look_for_members(now=later) == 0
    found = set(Journey.objects.values_list("automation__name", "member"))
    assert found == {("In", late.pk), ("Out", early.pk), ("List", late.pk)}
    assert {joins.pk, lists.pk} <= set(Journey.objects.values_list("automation", flat=True))


# --- Days ----------------------------------------------------------------------------------------


def begin(moment):
    look_for_members(now=moment)
    run_due_journeys(now=moment)


def local(zone, *parts):
    return dt.datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def test_a_birthday_begins_at_its_hour_where_they_live_once_a_year(automate, person, now):
    automate("birthday", {"hour": 9}, MESSAGE)
    born = {"birth_month": 6, "birth_day": 15}
    tokyo, york = person(zone="Asia/Tokyo", **born), person(zone="America/New_York", **born)
    begin(local("Asia/Tokyo", 2026, 6, 15, 8, 59))
    assert (told(tokyo), told(york)) == ([], [])
    begin(local("Asia/Tokyo", 2026, 6, 15, 9, 0))
    assert (told(tokyo), told(york)) == (["Letter 1"], [])
    begin(local("America/New_York", 2026, 6, 15, 8, 59))
    assert told(york) == []
    begin(local("America/New_York", 2026, 6, 15, 9, 1))
    begin(local("America/New_York", 2026, 6, 15, 23, 0))
    assert (told(tokyo), told(york)) == (["Letter 1"], ["Letter 1"])
    begin(local("America/New_York", 2027, 6, 15, 9, 1))
    assert (len(told(tokyo)), len(told(york))) == (2, 2)


def test_a_birthday_is_not_gone_when_the_day_ends(automate, person, now):
    automate("birthday", {"hour": 9}, MESSAGE, wait(days=3), MESSAGE)
    mei = person(birth_month=6, birth_day=15)
    begin(local("America/Los_Angeles", 2026, 6, 15, 9, 30))
    begin(local("America/Los_Angeles", 2026, 6, 18, 9, 30))
    assert told(mei) == ["Letter 1", "Letter 3"]


@pytest.mark.parametrize(("year", "day"), [(2026, (2, 28)), (2028, (2, 29))])
def test_the_29th_of_february(automate, person, now, year, day):
    automate("birthday", {"hour": 9}, MESSAGE)
    mei = person(birth_month=2, birth_day=29, zone="America/Los_Angeles")
    begin(local("America/Los_Angeles", year, 2, 27, 12))
    begin(local("America/Los_Angeles", year, *day, 8, 59))
    assert told(mei) == []
    begin(local("America/Los_Angeles", year, *day, 9, 0))
    begin(local("America/Los_Angeles", year, 3, 1, 9, 0))
    assert told(mei) == ["Letter 1"]


def test_who_comes_late_gets_only_the_next_step(automate, person, now):
    steps = [
        wait(from_day=-6, hour=10), MESSAGE, wait(from_day=-3, hour=10), MESSAGE,
        wait(from_day=0, hour=9), MESSAGE,
    ]  # fmt: skip
    automate("birthday", {"hour": 9, "days_before": 7}, MESSAGE, *steps)
    late = person(birth_month=6, birth_day=15)
    begin(local("America/Los_Angeles", 2026, 6, 13, 20))
    assert told(late) == []
    begin(local("America/Los_Angeles", 2026, 6, 15, 9))
    assert told(late) == ["Letter 7"]
    assert [outcome for outcome, _reason in outcomes(late)] == [
        "skipped", "skipped", "skipped", "skipped", "skipped", "waited", "queued",
    ]  # fmt: skip


def test_who_comes_in_time_gets_every_step(automate, person, now):
    automate("birthday", {"hour": 9, "days_before": 7}, MESSAGE, wait(from_day=0, hour=9), MESSAGE)
    mei = person(birth_month=6, birth_day=15)
    begin(local("America/Los_Angeles", 2026, 6, 8, 9, 5))
    begin(local("America/Los_Angeles", 2026, 6, 15, 9))
    assert told(mei) == ["Letter 1", "Letter 3"]


def test_an_anniversary_is_not_the_day_of_joining(automate, person, now):
    automate("anniversary", {"hour": 9}, MESSAGE)
    mei = person(now=local("America/Los_Angeles", 2025, 6, 15, 7))
    new = person(now=local("America/Los_Angeles", 2026, 6, 15, 7))
    begin(local("America/Los_Angeles", 2026, 6, 15, 9))
    assert (told(mei), told(new)) == (["Letter 1"], [])
    assert Journey.objects.get(member=mei).facts == {"day": "2026-06-15", "years": 1}


@pytest.mark.parametrize(
    ("terms", "begin_at", "end"),
    [
        # The night in which clocks go forward in Los Angeles is that of 8 March 2026.
        ({"days": 1}, (2026, 3, 7, 10), (2026, 3, 8, 10)),
        ({"days": 1}, (2026, 3, 7, 2, 30), (2026, 3, 8, 3, 30)),
        ({"hours": 3}, (2026, 3, 8, 1), (2026, 3, 8, 5)),
        ({"hour": 10}, (2026, 3, 7, 9), (2026, 3, 7, 10)),
        ({"hour": 10}, (2026, 3, 7, 11), (2026, 3, 8, 10)),
        ({"days": 2, "hour": 10}, (2026, 3, 7, 23), (2026, 3, 9, 10)),
        # And back on 1 November.
        ({"days": 1}, (2026, 10, 31, 10), (2026, 11, 1, 10)),
    ],
)
def test_waits_go_by_the_members_own_clock(automate, person, now, terms, begin_at, end):
    automate(*SIGNUP, wait(**terms), MESSAGE)
    mei = person(zone="America/Los_Angeles")
    does(mei, "signup", local("America/Los_Angeles", *begin_at))
    assert Journey.objects.get().due_at == local("America/Los_Angeles", *end)


# --- Gifts ---------------------------------------------------------------------------------------


def balance(member):
    row = Account.objects.filter(member=member, kind="available").first()
    return row.balance if row else 0


def test_points_are_given_once_and_end_with_the_budget(automate, person, programme, now):
    automate(*SIGNUP, points(50), MESSAGE, budget_count=1)
    ann, ben = person(), person()
    does(ann, "signup", now)
    does(ben, "signup", now)
    assert (balance(ann), balance(ben)) == (50, 0)
    assert (told(ann), told(ben)) == (["Letter 2"], [])
    assert states() == [("done", ""), ("left", "budget")]
    assert Automation.objects.get().given_count == 1
    assert Message.objects.get(member=ann).facts["points"] == 50


def test_a_crash_between_step_and_row_leaves_nothing_behind(
    automate,
    person,
    programme,
    now,
    monkeypatch,
):
    automate(*SIGNUP, points(50), MESSAGE, budget_count=10)
    mei = person()

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    monkeypatch.setattr(JourneyStep.objects, "bulk_create", die)
    with pytest.raises(Killed), transaction.atomic():
        does(mei, "signup", now)
    assert (balance(mei), told(mei)) == (0, [])
    monkeypatch.undo()
    does(mei, "signup", now)
    run_batch(now=now)
    assert (balance(mei), told(mei)) == (50, ["Letter 2"])


def test_who_fails_blocks_nobody_and_fails_for_good_at_last(automate, person, now):
    """Without a programme nobody can be given points; the others go on."""
    automate("activity", {"kind": "signup"}, points(50), budget_count=10, name="Gift")
    automate("activity", {"kind": "signup"}, MESSAGE, name="Word")
    mei = person()
    does(mei, "signup", now)
    assert told(mei) == ["Letter 1"]
    gift = Journey.objects.get(automation__name="Gift")
    assert (gift.state, gift.attempt_count) == ("active", 1)
    assert gift.last_error.startswith("NoProgramme")
    for hour in range(1, 8):
        run_due_journeys(now=now + hour * HOUR)
    gift.refresh_from_db()
    assert (gift.state, gift.reason, gift.attempt_count) == ("failed", "error", 5)


def test_a_pick_by_hand_comes_in_too(automate, person, staff, now):
    segment = make_segment(name="Bees", definition={}, by=None, now=now)
    build_segment(segment, by=None, now=now)
    automate("enters", {"audience": segment.audience.slug}, MESSAGE)
    mei = person()
    pick_members(segment, [mei], is_in=True, by=staff("owner"), now=now + HOUR)
    begin(now + HOUR)
    assert told(mei) == ["Letter 1"]
    assert follow(now + HOUR) == 0
