"""What other terms would have given: against the ledger that the real ones wrote."""

import datetime as dt
from dataclasses import replace

import pytest
from django.db.models import Sum

from core.time import day_of
from members.models import AudienceMember
from members.services.audiences import ensure_audience
from rewards.engine.book import Book
from rewards.engine.terms import Terms
from rewards.engine.tiers import review_up
from rewards.models import Award, EarningRule, EarningRuleVersion, Standing, Transfer
from rewards.services import preview as preview_module
from rewards.services.ledger import load_terms
from rewards.services.preview import preview_end, preview_programme, preview_rule
from rewards.services.tier_preview import list_tier_moves

FEBRUARY = dt.date(2026, 2, 1)  # the full month before ``now``, 10 March


def build_version(rule=None, **terms):
    rule = rule or EarningRule(code="new", name="New")
    return EarningRuleVersion(
        rule=rule, **({"kind": "amount", "points": 1, "per_amount": 100} | terms)
    )


@pytest.fixture
def february(shop, rules, make_rule):
    """Five members: 10 to 50 dollars on one day each, the last one gold since January."""
    shop.buy("m5", "1500.00", on=dt.date(2026, 1, 2))
    for number in range(1, 6):
        shop.buy(f"m{number}", f"{number}0.40", on=FEBRUARY + dt.timedelta(days=number + 15))
    shop.buy("m1", "99.00", on=dt.date(2026, 3, 2))  # this month is not last month
    return rules


def test_before_equals_what_the_ledger_wrote(february, now):
    preview = preview_rule(build_version(february[0].rule), now=now)
    written = (
        Award.objects.filter(effective_at__month=2, unit="points")
        .aggregate(Sum("awarded_points"))
        .get("awarded_points__sum")
    )
    assert preview.before_points == written
    assert (preview.purchase_count, preview.member_count) == (5, 5)
    assert (preview.first_on, preview.last_on) == (FEBRUARY, dt.date(2026, 2, 28))


def test_same_terms_change_nothing(february, now):
    preview = preview_rule(build_version(february[0].rule), now=now)
    assert (preview.touched_member_count, preview.extra_points) == (0, 0)
    assert preview.rule_points == preview.after_points


def test_doubled_rate_touches_everybody(february, now):
    preview = preview_rule(build_version(february[0].rule, points=2), now=now)
    # 20, 40, 60, 80 at once the tier's 1; gold 1.5 on 50.40 twice: 151 instead of 75
    assert (preview.before_points, preview.after_points) == (10 + 20 + 30 + 40 + 75, 351)
    assert preview.touched_member_count == 5


def test_new_rule_adds_to_the_others(february, now):
    preview = preview_rule(build_version(kind="fixed", points=100, minimum_amount=3000), now=now)
    assert (preview.rule_member_count, preview.rule_points) == (3, 300)
    assert preview.extra_points == 300


def test_status_rule_costs_no_points(february, now):
    preview = preview_rule(build_version(february[1].rule, unit="status", points=2), now=now)
    assert preview.extra_points == 0
    assert preview.extra_status == preview.before_status


def test_end_takes_its_points_away(february, now):
    preview = preview_end(february[0].rule, now=now)
    assert preview.after_points == 0
    assert preview.extra_points == -preview.before_points


def test_preview_writes_nothing(february, now):
    entries = Transfer.objects.count()
    preview_rule(build_version(february[0].rule, points=9), now=now)
    preview_end(february[0].rule, now=now)
    assert Transfer.objects.count() == entries
    assert EarningRuleVersion.objects.count() == 2


def test_cap_counts_what_was_given_before_the_month(shop, rules, make_rule, now):
    version = make_rule("capped", cap_points=50, cap_period="year", priority=50)
    shop.buy("m1", "40.00", on=dt.date(2026, 1, 5))
    shop.buy("m1", "40.00", on=dt.date(2026, 2, 20))
    written = Award.objects.get(rule=version.rule, effective_at__month=2)
    assert written.awarded_points == 10
    preview = preview_rule(
        build_version(version.rule, cap_points=50, cap_period="year", priority=50), now=now
    )
    assert preview.rule_points == 10


def test_first_purchase_is_only_the_first(shop, rules, now):
    shop.buy("old", "40.00", on=dt.date(2026, 1, 5))
    shop.buy("old", "40.00", on=dt.date(2026, 2, 20))
    shop.buy("new", "40.00", on=dt.date(2026, 2, 20))
    shop.buy("new", "40.00", on=dt.date(2026, 2, 21))
    preview = preview_rule(build_version(kind="fixed", points=100, first_time="ever"), now=now)
    assert (preview.rule_member_count, preview.rule_points) == (1, 100)


def test_budget_ends_it(february, now):
    preview = preview_rule(build_version(kind="fixed", points=100, budget_points=250), now=now)
    assert preview.rule_points == 250


def test_audience_is_asked(february, shop, now):
    audience = ensure_audience("tasters", kind="list", name="Tasters")
    AudienceMember.objects.create(audience=audience, member=shop.member("m2"))
    preview = preview_rule(
        build_version(kind="fixed", points=100, audience_ids=[audience.pk]), now=now
    )
    assert preview.rule_member_count == 1


def test_sample_says_so_and_multiplies(shop, rules, now, monkeypatch):
    for number in range(60):
        shop.buy(f"m{number}", "10.00", on=FEBRUARY + dt.timedelta(days=3))
    monkeypatch.setattr(preview_module, "_estimate_purchases", lambda start, end: 60)
    preview = preview_rule(build_version(rules[0].rule, points=2), now=now, max_purchases=30)
    assert preview.is_sample
    assert preview.sampled_every == 2
    assert preview.extra_points == preview.member_count * 10
    assert 20 <= preview.member_count <= 100


def test_time_limit_stops_and_scales(shop, rules, now, monkeypatch):
    for number in range(6):
        shop.buy(f"m{number}", "10.00", on=FEBRUARY + dt.timedelta(days=3))
    monkeypatch.setattr(preview_module, "_GROUP", 2)
    monkeypatch.setattr(preview_module, "MAX_SECONDS", -1.0)
    preview = preview_rule(build_version(rules[0].rule, points=2), now=now)
    assert (preview.sampled_every, preview.member_count, preview.extra_points) == (3, 6, 60)


def test_without_a_full_month_the_last_thirty_days_stand_in(shop, rules, now):
    shop.buy("m1", "10.00", on=dt.date(2026, 3, 5))
    preview = preview_rule(build_version(rules[0].rule, points=2), now=now)
    assert preview.extra_points == 10


def test_empty_club_previews_to_nothing(programme, now):
    preview = preview_rule(build_version(), now=now)
    assert (preview.member_count, preview.extra_points, preview.is_sample) == (0, 0, False)


# --- Tiers --------------------------------------------------------------------------------------


def list_pairs(moves):
    return {(move.from_tier_id, move.to_tier_id): move.member_count for move in moves}


def change_levels(programme, **thresholds):
    return replace(
        programme,
        levels=tuple(
            replace(level, threshold=thresholds.get(level.slug, level.threshold))
            for level in programme.levels
        ),
    )


@pytest.fixture
def ladder(counter, rules):
    """0, 350 and 1,100 status credits: green, silver and gold."""
    counter.buy("poor", "50.00", on=dt.date(2026, 2, 20))
    counter.buy("fair", "350.00", on=dt.date(2026, 2, 20))
    counter.buy("rich", "1100.00", on=dt.date(2026, 2, 20))
    programme = load_terms().programmes[-1]
    return programme, {level.slug: level.tier_id for level in programme.levels}


def test_nobody_moves_under_the_same_terms(ladder, now):
    programme, tiers = ladder
    assert list_pairs(list_tier_moves(programme, now=now)) == {
        (tier, tier): 1 for tier in tiers.values()
    }


def test_lower_threshold_lifts(ladder, now):
    programme, tiers = ladder
    moves = list_pairs(list_tier_moves(change_levels(programme, silver=40), now=now))
    assert moves[tiers["green"], tiers["silver"]] == 1


def test_higher_threshold_lowers_one_step(ladder, now):
    programme, tiers = ladder
    proposed = change_levels(programme, silver=2000, gold=3000)
    moves = list_pairs(list_tier_moves(proposed, now=now))
    assert moves == {
        (tiers["green"], tiers["green"]): 1,
        (tiers["silver"], tiers["green"]): 1,
        (tiers["gold"], tiers["silver"]): 1,
    }


@pytest.mark.parametrize("window", ["lifetime", "calendar_year", "fiscal_year", "rolling",
                                    "joining", "upgrade"])  # fmt: skip
@pytest.mark.parametrize("months", [1, 5, 12])
def test_upward_moves_agree_with_the_engine(window, months, counter, rules, now):
    days = [dt.date(2024, 1, 31), dt.date(2025, 3, 9), dt.date(2025, 12, 31), dt.date(2026, 3, 1)]
    for number in range(len(days)):
        for other in days[number:]:
            counter.buy(f"m{number}", "120.00", on=other)
    proposed = replace(
        change_levels(load_terms().programmes[-1], silver=150, gold=320),
        tier_window=window, tier_months=months, fiscal_start_month=4,
    )  # fmt: skip
    green = proposed.levels[0].tier_id
    Standing.objects.update(tier_id=green)
    found = {
        move.member_id: move.to_tier_id
        for move in list_tier_moves(
            proposed, now=now, member_ids=list(Standing.objects.values_list("pk", flat=True))
        )
    }
    assert found == {
        standing.member_id: reckon(standing, proposed, now)
        for standing in Standing.objects.select_related("member")
    }


def reckon(standing, programme, now):
    """The engine's own answer for one member."""
    zone = "America/Los_Angeles"
    today = day_of(now, zone)
    lots = standing.member.lots.filter(unit="status")
    book = Book(
        member_id=standing.member_id,
        joined_on=day_of(standing.member.joined_at, zone),
        tier_id=standing.tier_id,
        tier_since_on=standing.tier_since_on,
        status_days=dict(lots.values_list("counts_on").annotate(Sum("available"))),
        tier_history=[(now, standing.tier_id)],
    )
    review_up(book, today, Terms(zone, [programme]), set())
    return book.tier_id


def test_programme_preview_costs_what_the_moves_bring(ladder, now):
    programme, _tiers = ladder
    proposed = change_levels(programme, silver=40)
    moves, preview = preview_programme(proposed, now=now)
    assert sum(move.member_count for move in moves if move.steps > 0) == 1
    # 50.00 × 1.25, and the others' last month as of the tier they reached on that very day
    assert preview.after_points == 62 + 437 + 1650
    assert preview.before_points == 50 + 350 + 1100


def test_unchanged_levels_need_no_members(programme, now):
    assert list_tier_moves(load_terms().programmes[-1], now=now) == []
