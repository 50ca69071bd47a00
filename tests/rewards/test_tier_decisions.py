"""Tiers by decision through the services: by whom, within which limits, and on the books."""

import datetime as dt

import pytest

from core.models import AuditEntry
from members.models import AudienceMember, Notice
from members.registry import notice_texts, personal_data
from members.services.conduct import OwnRecord
from members.services.enrolment import create_member
from members.services.profiles import attach_login, close_member
from rewards.models import Approval, StaffAct, Standing, Tier, TierChange
from rewards.selectors.balances import get_balances
from rewards.selectors.control import describe_approvals
from rewards.selectors.standing import get_progress
from rewards.services.approvals import OwnRequest, approve, refuse, withdraw
from rewards.services.closing import close_days
from rewards.services.tier_decisions import (
    AlreadyAsked,
    CannotKeepTier,
    InvalidTierDecision,
    TierKeptAlready,
    decide_tier,
    end_promises,
    keep_tier,
)
from tests.rewards.conftest import assert_ledger_true, at
from tests.rewards.desk import staff  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 3, 10)
JUNE = dt.date(2026, 6, 30)


@pytest.fixture
def ken(programme, now):
    return create_member(now=now, source="test", family_name="Mori")


@pytest.fixture
def tiers(programme):
    return {tier.slug: tier for tier in Tier.objects.all()}


def standing(member):
    return Standing.objects.select_related("tier").get(member=member)


def test_boost_raises_at_once_and_ends_by_the_rules(ken, tiers, now):
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    assert standing(ken).tier == tiers["gold"]
    assert AudienceMember.objects.filter(audience=tiers["gold"].audience, member=ken).exists()
    change = TierChange.objects.get()
    assert (change.reason, change.decided_by, change.status_credits) == ("boost", None, 0)
    texts = [notice_texts[n.code].build_text(n.params) for n in Notice.objects.order_by("pk")]
    assert texts == ["Gold is yours until June 30, 2026 at least.", "Welcome to Gold."]
    close_days(now=at(dt.date(2026, 7, 2)))
    assert standing(ken).grace_until_on == dt.date(2026, 7, 30)
    close_days(now=at(dt.date(2026, 12, 1)))
    assert standing(ken).tier == tiers["green"]
    steps = TierChange.objects.order_by("pk").values_list("to_tier__slug", "reason")
    assert list(steps) == [("gold", "boost"), ("silver", "downgrade"), ("green", "downgrade")]
    assert_ledger_true()


def test_page_shows_the_promise_without_writing(ken, tiers, now):
    keep_tier(ken, tiers["silver"], until=JUNE, by=None, now=now)
    balances = get_balances(ken, now=at(dt.date(2026, 6, 30)))
    progress = get_progress(balances)
    assert (progress.tier.name, progress.kept_until_on) == ("Silver", JUNE)
    assert get_progress(get_balances(ken, now=at(dt.date(2026, 8, 30)))).tier.name == "Green"
    assert standing(ken).tier == tiers["silver"]


def test_cheaper_boost_adds_nothing_and_is_refused(ken, tiers, now):
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    for tier, until in (("silver", JUNE), ("gold", JUNE), ("gold", TODAY)):
        with pytest.raises(TierKeptAlready):
            keep_tier(ken, tiers[tier], until=until, by=None, now=now)
    keep_tier(ken, tiers["silver"], until=dt.date(2026, 12, 31), by=None, now=now)
    assert standing(ken).kept_tiers == [
        [tiers["silver"].pk, "2026-12-31"], [tiers["gold"].pk, "2026-06-30"]
    ]  # fmt: skip


def test_decision_names_who_made_it(ken, tiers, staff, now):  # noqa: F811
    head = staff("manager")
    decide_tier(ken, tiers["silver"], until=JUNE, note="Founding member", by=head, now=now)
    assert TierChange.objects.get().decided_by == head
    entry = AuditEntry.objects.get(action="tier.kept")
    assert (entry.actor, entry.note.text) == (head, "Founding member")
    assert entry.changes == {"tier": "silver", "until": "2026-06-30", "reason": "decision"}


def test_above_the_limits_a_second_person_decides(ken, tiers, staff, now):  # noqa: F811
    head, second = staff("manager"), staff("manager", 2)
    asked = decide_tier(ken, tiers["silver"], until=JUNE, note="", by=staff("clerk"), now=now)
    assert asked.excess[0]["code"] == "per_act"  # a clerk never decides alone
    withdraw(asked, by=staff("clerk"), now=now)
    assert decide_tier(ken, tiers["silver"], until=JUNE, note="", by=head, now=now) is None
    asked = decide_tier(ken, tiers["gold"], until=JUNE, note="Founder", by=head, now=now)
    assert asked.excess[0]["code"] == "per_member_day"  # one in a day
    assert standing(ken).tier == tiers["silver"]
    words = describe_approvals([asked])[asked.pk]
    assert (words.title, words.note) == ("Gold for Mori until June 30, 2026", "Founder")
    with pytest.raises(OwnRequest):
        approve(asked, by=head, now=now)
    approve(asked, by=second, now=now)
    assert standing(ken).tier == tiers["gold"]
    change = TierChange.objects.order_by("-pk").first()
    assert (change.to_tier, change.decided_by) == (tiers["gold"], second)
    entry = AuditEntry.objects.filter(action="tier.kept").order_by("-pk").first()
    assert (entry.actor, entry.note.text) == (second, "Founder")
    act = StaffAct.objects.order_by("-pk").first()
    assert (act.actor, act.approved_by, act.amount) == (head, second, 1)
    assert_ledger_true()


def test_what_waits_is_asked_for_once(ken, tiers, staff, now):  # noqa: F811
    head = staff("manager")
    keep_tier(ken, tiers["silver"], until=JUNE, by=None, now=now)
    decide_tier(ken, tiers["gold"], until=TODAY, note="", by=head, now=now)
    asked = [decide_tier(ken, tiers["gold"], until=JUNE, note="", by=head, now=now)]
    with pytest.raises(AlreadyAsked):
        decide_tier(ken, tiers["gold"], until=JUNE, note="Again", by=staff("clerk"), now=now)
    asked.append(end_promises(ken, note="", by=head, now=now))
    with pytest.raises(AlreadyAsked):
        end_promises(ken, note="Again", by=head, now=now)
    assert list(Approval.objects.order_by("pk")) == asked
    refuse(asked[0], by=staff("manager", 2), now=now)
    assert decide_tier(ken, tiers["gold"], until=JUNE, note="", by=head, now=now).is_waiting


def test_promises_are_taken_back_by_approval_too(ken, tiers, staff, now):  # noqa: F811
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    asked = end_promises(ken, note="By mistake", by=staff("clerk"), now=now)
    assert standing(ken).kept_tiers == [[tiers["gold"].pk, JUNE.isoformat()]]
    words = describe_approvals([asked])[asked.pk]
    assert words.title == "Take back what is promised to Mori"
    approve(asked, by=staff("manager"), now=now)
    assert AuditEntry.objects.get(action="tier.released").note.text == "By mistake"
    assert standing(ken).kept_tiers == []


def test_approved_too_late_it_is_refused_and_waits_on(ken, tiers, staff, now):  # noqa: F811
    asked = decide_tier(ken, tiers["gold"], until=TODAY, note="", by=staff("clerk"), now=now)
    with pytest.raises(InvalidTierDecision):
        approve(asked, by=staff("manager"), now=now + dt.timedelta(days=1))
    assert Approval.objects.get().is_waiting
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    with pytest.raises(TierKeptAlready):
        decide_tier(ken, tiers["gold"], until=JUNE, note="", by=staff("clerk"), now=now)


def test_nothing_is_left_of_the_words_after_an_erasure(ken, tiers, staff, now):  # noqa: F811
    asked = decide_tier(ken, tiers["gold"], until=JUNE, note="Ken", by=staff("clerk"), now=now)
    personal_data["rewards.approval"].erase(ken, now)
    asked.refresh_from_db()
    assert (asked.state, asked.terms) == ("withdrawn", {})
    assert describe_approvals([asked])[asked.pk].title == str(asked)


def test_nobody_decides_about_their_own_tier(ken, tiers, staff, now):  # noqa: F811
    attach_login(ken, staff("manager"), by=None, now=now)
    with pytest.raises(OwnRecord):
        decide_tier(ken, tiers["gold"], until=JUNE, note="", by=staff("manager"), now=now)
    with pytest.raises(OwnRecord):
        end_promises(ken, note="", by=staff("manager"), now=now)
    assert AuditEntry.objects.filter(action="act.refused").count() == 2


def test_decision_that_means_nothing_is_refused(ken, tiers, now):
    with pytest.raises(InvalidTierDecision):
        keep_tier(ken, tiers["gold"], until=TODAY - dt.timedelta(days=1), by=None, now=now)
    plum = Tier.objects.create(
        slug="plum", name="Plum", rank=9, audience=_list("plum")
    )  # of no programme
    with pytest.raises(InvalidTierDecision):
        keep_tier(ken, plum, until=JUNE, by=None, now=now)
    with pytest.raises(CannotKeepTier):
        keep_tier(close_member(ken, by=None, now=now), tiers["gold"], until=JUNE, by=None, now=now)


def _list(slug):
    from members.models import Audience

    return Audience.objects.create(slug=slug, name=slug, kind="list")


def test_promise_taken_back(ken, tiers, staff, now):  # noqa: F811
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    end_promises(ken, note="By mistake", by=staff("manager"), now=now)
    assert standing(ken).grace_until_on is None
    close_days(now=now + dt.timedelta(days=1))
    assert standing(ken).grace_until_on == TODAY + dt.timedelta(days=30)
    assert AuditEntry.objects.get(action="tier.released").note.text == "By mistake"


def test_merge_joins_the_promises_and_undo_takes_them_apart(ken, tiers, now):
    mei = create_member(now=now, source="test", family_name="Chen")
    keep_tier(ken, tiers["gold"], until=JUNE, by=None, now=now)
    keep_tier(mei, tiers["silver"], until=dt.date(2026, 12, 31), by=None, now=now)
    entry = personal_data["rewards.standing"]
    moved = entry.merge(ken, mei, now)
    assert (standing(mei).tier, len(standing(mei).kept_tiers)) == (tiers["gold"], 2)
    entry.undo(ken, mei, moved, now)
    assert standing(mei).kept_tiers == [[tiers["silver"].pk, "2026-12-31"]]
    assert standing(ken).kept_tiers == [[tiers["gold"].pk, "2026-06-30"]]


def test_preview_of_other_terms_leaves_promised_tiers_alone(ken, tiers, counter, rules, now):
    from rewards.services.ledger import load_terms
    from rewards.services.tier_preview import list_tier_moves

    keep_tier(ken, tiers["silver"], until=JUNE, by=None, now=now)
    programme = load_terms().programme_on(TODAY)
    assert {move.steps for move in list_tier_moves(programme, now=now)} == {0}
    later = at(dt.date(2026, 7, 5))
    assert {move.steps for move in list_tier_moves(programme, now=later)} == {-1}
