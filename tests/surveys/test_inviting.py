"""Who is invited to which survey, when, and why somebody is not."""

import datetime as dt

import pytest

from members.models import Activity, AudienceMember, WorkItem
from members.registry import MessageFate
from members.selectors.notices import list_notices
from members.services.activities import ActivityRow, record_batch
from members.services.audiences import ensure_everyone
from members.services.work import process_due_work
from purchases.models import Category, Line, Product
from surveys.links import sign_survey
from surveys.models import Invitation, Trigger
from surveys.services.inviting import (
    expire_invitations,
    hear_fates,
    plan_rounds,
    release_due,
    remind_due,
)
from tests.surveys.asked import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def happen(kind, member, at, *, subject="", pk=None, now, **facts):
    activity = ActivityRow(member.pk, kind, at, subject, pk, facts)
    record_batch(kind, [activity], payload=[], now=now)
    process_due_work(now=now)


def bought(purchase, now):
    member = purchase.member
    happen("purchase", member, purchase.purchased_at, subject="purchases.purchase",
           pk=purchase.pk, now=now)  # fmt: skip


def planned():
    rows = Invitation.objects.order_by("pk")
    return [(row.occurrence, row.state, row.reason) for row in rows]


def test_purchase_invites_after_its_delay(ask, person, buy, now):
    survey = ask()
    Trigger.objects.create(survey=survey, event="purchase", delay_minutes=120)
    purchase = buy(person().pk, 500, now - HOUR)
    bought(purchase, now)
    (row,) = Invitation.objects.all()
    assert (row.occurrence, row.state, row.facts) == (
        f"purchase:{purchase.pk}", "planned", {"purchase": purchase.pk},
    )  # fmt: skip
    assert (row.due_at, row.expires_at) == (now + HOUR, now + HOUR + 48 * HOUR)
    assert release_due(now=now) == 0
    assert release_due(now=now + HOUR) == 1
    row.refresh_from_db()
    assert (row.state, row.released_at, row.expires_at) == (
        "released", now + HOUR, now + HOUR + 14 * DAY,
    )  # fmt: skip
    told = Activity.objects.get(kind="survey_invited")
    assert (told.member_id, told.subject_type, told.subject_id, told.facts) == (
        row.member_id, "surveys.invitation", row.pk,
        {"purchase": purchase.pk, "survey": survey.pk},
    )  # fmt: skip
    assert release_due(now=now + 2 * HOUR) == 0


def test_conditions_of_a_trigger(ask, person, buy, till, now):
    tea = Category.objects.create(slug="tea", name="Tea")
    tea.lineage = [tea.pk]
    tea.save()
    oolong = Product.objects.create(source=till, external_id="o", name="Oolong", category=tea)
    mug = Product.objects.create(source=till, external_id="m", name="Mug")
    small, large = buy(person().pk, 500, now), buy(person().pk, 900, now)
    for purchase, product in ((small, oolong), (large, mug)):
        Line.objects.create(purchase=purchase, position=1, product=product, quantity=1,
                            amount=purchase.total_amount)  # fmt: skip
    cases = {
        "amount": ({"least_amount": 501}, [large]),
        "channel": ({"channel": till.default_channel}, [small, large]),
        "product": ({"product": oolong}, [small]),
        "category": ({"category": tea}, [small]),
        "none": ({"product": mug, "least_amount": 901}, []),
    }
    for code, (terms, _found) in cases.items():
        Trigger.objects.create(survey=ask(code=code), event="purchase", **terms)
    for purchase in (small, large):
        bought(purchase, now)
    for code, (_terms, found) in cases.items():
        rows = Invitation.objects.filter(survey__code=code).values_list("facts", flat=True)
        assert sorted(row["purchase"] for row in rows) == [each.pk for each in found], code


def test_what_is_old_switched_off_or_told_twice_invites_nobody(ask, person, now):
    survey = ask()
    trigger = Trigger.objects.create(survey=survey, event="redemption")
    member = person()
    happen("redemption", member, now - 49 * HOUR, subject="rewards.redemption", pk=1, now=now)
    assert planned() == []
    for _time in range(2):
        happen("redemption", member, now, subject="rewards.redemption", pk=2, now=now)
    assert planned() == [("redemption:2", "planned", "")]
    Trigger.objects.filter(pk=trigger.pk).update(is_enabled=False)
    happen("redemption", member, now, subject="rewards.redemption", pk=3, now=now)
    assert len(planned()) == 1
    assert WorkItem.objects.filter(consumer="survey_invitations").count() == 0


def test_share_is_the_same_for_the_same_occurrence(ask, person, now):
    survey, member = ask(), person()
    Trigger.objects.create(survey=survey, event="redemption", share_permille=300)
    rows = [ActivityRow(member.pk, "redemption", now, "rewards.redemption", pk)
            for pk in range(1, 401)]  # fmt: skip
    record_batch("redemption", rows, now=now)
    process_due_work(now=now)
    first = set(Invitation.objects.values_list("occurrence", flat=True))
    assert 80 <= len(first) <= 160
    Invitation.objects.all().delete()
    rows = [ActivityRow(member.pk, "redemption", now, "rewards.redemption", pk)
            for pk in range(1, 401)]  # fmt: skip
    record_batch("redemption", rows, now=now)
    process_due_work(now=now)
    assert set(Invitation.objects.values_list("occurrence", flat=True)) == first


def test_clock_is_started_by_a_message_that_left_alone(ask, person, now):
    survey, other, member = ask(), ask(code="other"), person()
    Trigger.objects.create(survey=other, event="redemption")
    row = Invitation.objects.create(
        survey=survey, member=member, occurrence="a", planned_at=now, due_at=now,
        expires_at=now + DAY,
    )  # fmt: skip
    assert release_due(now=now) == 1
    (told,) = list_notices(member)
    assert (told.text, told.url) == (
        "We'd like to hear from you: Title of visit", sign_survey(row.pk),
    )  # fmt: skip
    # Nobody knows yet whether it leaves: the next one waits for that, no longer.
    happen("redemption", member, now, subject="rewards.redemption", pk=1, now=now)
    assert release_due(now=now) == 0
    fate = MessageFate(member.pk, row.pk, is_sent=False, reason="cap", at=now)
    hear_fates([fate], now)
    row.refresh_from_db()
    assert (row.state, row.reason, row.detail) == ("skipped", "cap", "cap")
    assert list_notices(member) == []
    assert release_due(now=now + HOUR) == 1
    second = Invitation.objects.get(occurrence="redemption:1")
    hear_fates([MessageFate(member.pk, second.pk, True, "", now + HOUR)], now + HOUR)
    second.refresh_from_db()
    assert (second.state, second.sent_at) == ("sent", now + HOUR)
    happen("redemption", member, now + 3 * DAY, subject="rewards.redemption", pk=2,
           now=now + 3 * DAY)  # fmt: skip
    assert planned()[-1] == ("redemption:2", "skipped", "clock")


def test_frequent_survey_gives_way_to_a_more_important_one(ask, person, now):
    often, rare, member = ask(code="often", clock_days=7), ask(code="rare", priority=1), person()
    times = {"planned_at": now, "expires_at": now + 30 * DAY}
    first = Invitation.objects.create(survey=often, member=member, due_at=now, **times)
    second = Invitation.objects.create(survey=rare, member=member, due_at=now + 5 * DAY, **times)
    assert release_due(now=now) == 0
    first.refresh_from_db()
    assert (first.state, first.reason) == ("skipped", "higher_priority")
    assert release_due(now=now + 5 * DAY) == 1
    second.refresh_from_db()
    assert second.state == "released"


def test_what_came_back_closed_or_left_is_not_asked_about(ask, person, buy, now):
    survey = ask()
    gone, back, kept = (buy(person().pk, 500, now, returned=back) for back in (0, 500, 100))
    Trigger.objects.create(survey=survey, event="purchase")
    for purchase in (gone, back, kept):
        bought(purchase, now)
    type(gone.member).objects.filter(pk=gone.member_id).update(status="closed")
    assert release_due(now=now) == 1
    assert [row[1:] for row in planned()] == [
        ("skipped", "not_active"), ("skipped", "returned"), ("released", ""),
    ]  # fmt: skip


def test_round_asks_its_audience_once_and_passes_over_what_is_over(ask, person, now):
    survey = ask()
    members = [person(), person()]
    everyone = ensure_everyone()
    assert AudienceMember.objects.filter(audience=everyone).count() >= 2
    trigger = Trigger.objects.create(
        survey=survey, event="date", audience=everyone, starts_on=dt.date(2025, 12, 5),
        every_months=3,
    )  # fmt: skip
    assert plan_rounds(now=now) == 2  # since 5 March
    assert plan_rounds(now=now) == 0
    assert {row[0] for row in planned()} == {"round:2026-03-05"}
    assert release_due(now=now) == len(members)
    Trigger.objects.filter(pk=trigger.pk).update(last_round_on=None)
    assert plan_rounds(now=now + 20 * DAY) == 0  # over for longer than there are days to answer
    assert plan_rounds(now=now + 90 * DAY) == 2


def test_one_reminder_to_whom_was_written_and_did_not_answer(ask, invite, now):
    survey = ask(reminder_after_days=3)
    sent, answered = invite(survey), invite(survey)
    for row in (sent, answered):
        Invitation.objects.filter(pk=row.pk).update(state="released", sent_at=None)
        hear_fates([MessageFate(row.member_id, row.pk, True, "", now)], now)
    Invitation.objects.filter(pk=answered.pk).update(
        state="answered", answered_at=now, reminder_due_at=None
    )
    assert remind_due(now=now + 3 * DAY - HOUR) == 0
    assert remind_due(now=now + 3 * DAY) == 1
    assert remind_due(now=now + 4 * DAY) == 0
    told = Activity.objects.get(kind="survey_reminder")
    assert told.subject_id == sent.pk
    # That a reminder wasn't sent changes nothing.
    hear_fates([MessageFate(sent.member_id, sent.pk, False, "cap", now)], now)
    sent.refresh_from_db()
    assert (sent.state, sent.sent_at) == ("sent", now)


def test_expired_invitations_close(invite, now):
    row = invite(sent_at=now - 14 * DAY)
    late = invite(row.survey)
    assert expire_invitations(now=now) == 1
    row.refresh_from_db(), late.refresh_from_db()
    assert (row.state, late.state) == ("expired", "sent")
