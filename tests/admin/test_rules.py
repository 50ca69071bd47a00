"""Rules and programme: a form in human words, a preview, and only then a version."""

import datetime as dt

import pytest
from django.urls import reverse

from core.models import AuditEntry
from core.time import start_of
from purchases.models import Channel
from rewards.models import EarningRule, ProgrammeVersion, Standing, Tier

ZONE = "America/Los_Angeles"
TODAY = dt.date(2026, 3, 10)
FORM = {
    "kind": "amount", "unit": "points", "points": "2", "per_amount": "1.50", "multiplier": "",
    "combine": "add", "stacking": "stack", "priority": "100", "starts_on": "2026-03-11",
    "ends_on": "", "days_of_month": "", "first_hour": "", "last_hour": "", "first_time": "",
    "minimum_amount": "", "cap_points": "", "cap_period": "month", "budget_points": "",
    "expires_after_days": "",
}  # fmt: skip


def url_of(name, rule):
    return reverse(f"admin:rewards_earningrule_{name}", args=[rule.pk])


@pytest.fixture
def rule(rules, shop, clock):
    shop.buy("m1", "30.00", on=dt.date(2026, 2, 20))
    return rules[0].rule


def publish(client, rule, **changes):
    return client.post(url_of("publish", rule), {**FORM, "stage": "publish", **changes})


def test_preview_comes_first_and_writes_nothing(owner, rule):
    response = owner.post(url_of("publish", rule), {**FORM, "stage": "preview"})
    assert response.context["preview"].extra_points == 40 - 30
    assert "Last month under this rule: 1 member, +10 points" in response.text
    assert 'name="per_amount" value="1.50"' in response.text
    assert rule.versions.count() == 1


def test_publish_turns_words_into_terms(owner, rule):
    channel = Channel.objects.get(code="shop")
    response = publish(
        owner, rule, weekdays=["2", "6"], days_of_month="15, 5", first_hour="9", last_hour="12",
        minimum_amount="20", cap_points="500", budget_points="10000", channels=[channel.pk],
        in_birthday_month="on", ends_on="2026-03-31", expires_after_days="30",
    )  # fmt: skip
    assert response["Location"] == url_of("change", rule)
    version = rule.versions.get(number=2)
    assert (version.points, version.per_amount, version.minimum_amount) == (2, 150, 2000)
    assert (version.weekdays, version.days_of_month) == ([2, 6], [5, 15])
    assert (version.first_hour, version.last_hour) == (9, 12)
    assert (version.cap_points, version.budget_points) == (500, 10000)
    assert version.channel_ids == [channel.pk]
    assert version.in_birthday_month
    assert version.starts_at == start_of(dt.date(2026, 3, 11), ZONE)
    assert version.ends_at == start_of(dt.date(2026, 4, 1), ZONE)
    assert version.published_by == owner.user
    entry = AuditEntry.objects.filter(action="rule.published").latest("pk")
    assert entry.actor == owner.user


def test_multiplier_is_typed_as_people_say_it(owner, rule):
    other = EarningRule.objects.create(code="days", name="Point days")
    publish(owner, other, kind="multiplier", multiplier="1.5", points="", per_amount="")
    version = other.versions.get()
    assert (version.multiplier_milli, version.points, version.per_amount) == (1500, 0, 0)


def test_form_begins_with_the_terms_in_force(owner, rule):
    publish(owner, rule, multiplier="", minimum_amount="12.30")
    form = owner.get(url_of("publish", rule)).context["form"]
    assert str(form["per_amount"].value()) == "1.50"
    assert str(form["minimum_amount"].value()) == "12.30"
    assert form["starts_on"].value() == TODAY + dt.timedelta(days=1)


def test_today_means_now(owner, rule, now):
    publish(owner, rule, starts_on=TODAY.isoformat())
    assert rule.versions.get(number=2).starts_at == now


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts_on": "2026-03-09"}, "days that are over"),
        ({"days_of_month": "5, x"}, "Write days as in"),
        ({"days_of_month": "32"}, "1 to 31"),
        ({"kind": "multiplier", "multiplier": "1"}, "above one"),
        ({"points": ""}, "how many points"),
        ({"ends_on": "2026-03-01"}, "begin before it ends"),
        ({"first_hour": "12", "last_hour": "9"}, "begin before they end"),
        ({"per_amount": "1.505"}, "decimal places"),
    ],
)
def test_form_refuses_in_words(owner, rule, changes, words):
    response = publish(owner, rule, **changes)
    assert response.status_code == 200
    assert words in response.text
    assert rule.versions.count() == 1


def test_change_it_first_brings_the_form_back(owner, rule):
    response = owner.post(url_of("publish", rule), {**FORM, "stage": "edit", "points": "7"})
    assert response.context["form"]["points"].value() == "7"
    assert rule.versions.count() == 1


def test_page_reads_each_version(owner, rule):
    publish(owner, rule, weekdays=["2"])
    text = owner.get(url_of("change", rule)).text
    assert "2 points per $1.50" in text
    assert "1 point per $1" in text


def test_end_shows_the_loss_and_ends(owner, rule, now):
    response = owner.get(url_of("end", rule))
    assert response.context["preview"].extra_points == -30
    owner.post(url_of("end", rule), {"ends_on": TODAY.isoformat()})
    assert rule.versions.get().ends_at == now


def test_new_rule_leads_to_its_first_version(owner, rules, clock):
    data = {"name": "Tea time", "code": "tea", "description": "", "is_public": "on"}
    response = owner.post(reverse("admin:rewards_earningrule_add"), data)
    rule = EarningRule.objects.get(code="tea")
    assert response["Location"] == url_of("publish", rule)
    assert AuditEntry.objects.about(rule).get().action == "model.added"


def test_words_of_a_rule_change_without_a_version(owner, rule):
    data = {"name": "Basics", "description": "Always", "is_public": "on"}
    assert owner.post(url_of("edit", rule), data)["Location"] == url_of("change", rule)
    rule.refresh_from_db()
    assert (rule.name, rule.code, rule.versions.count()) == ("Basics", "base", 1)


# --- Programme ----------------------------------------------------------------------------------

PUBLISH = "admin:rewards_programmeversion_publish"


def programme_form(**changes):
    green, silver, gold = Tier.objects.order_by("rank")
    return {
        "starts_on": "2026-04-01", "tax_included": "on", "expiry_mode": "months",
        "expiry_months": "12", "expiry_extra_years": "1", "expiry_activities": "",
        "club_fault_days": "30", "tier_window": "rolling", "tier_months": "12",
        "fiscal_start_month": "1", "grace_days": "30",
        f"threshold_{green.pk}": "0", f"multiplier_{green.pk}": "1",
        f"threshold_{silver.pk}": "20", f"multiplier_{silver.pk}": "1.25",
        f"benefits_{silver.pk}": "Tea\n\nCake\n",
        f"threshold_{gold.pk}": "1000", f"multiplier_{gold.pk}": "2",
    } | changes  # fmt: skip


def test_programme_preview_says_who_moves(owner, counter, rules, clock):
    counter.buy("m1", "30.00", on=dt.date(2026, 2, 20))
    response = owner.post(reverse(PUBLISH), programme_form(stage="preview"))
    assert (response.context["up_count"], response.context["down_count"]) == (1, 0)
    assert response.context["preview"].extra_points == 37 - 30
    assert ProgrammeVersion.objects.count() == 1


def test_programme_is_published_with_its_levels(owner, programme, clock):
    response = owner.post(reverse(PUBLISH), programme_form(stage="publish"))
    version = ProgrammeVersion.objects.get(number=2)
    assert response["Location"] == reverse(
        "admin:rewards_programmeversion_change", args=[version.pk]
    )
    levels = version.levels.order_by("tier__rank")
    assert [(level.threshold, level.multiplier_milli) for level in levels] == [
        (0, 1000), (20, 1250), (1000, 2000),
    ]  # fmt: skip
    assert levels[1].benefits == ["Tea", "Cake"]
    assert version.published_by == owner.user
    assert "× 1.25" in owner.get(response["Location"]).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"starts_on": "2026-03-10"}, "A day that has begun"),
        ({"grace_days": "3"}, "Grace must not be shorter"),
    ],
)
def test_programme_form_refuses_in_words(owner, shop, clock, changes, words):
    response = owner.post(reverse(PUBLISH), programme_form(stage="publish", **changes))
    assert words in response.text
    assert ProgrammeVersion.objects.count() == 1


def test_tier_with_members_is_not_left_out(owner, counter, rules, clock):
    counter.buy("m1", "400.00", on=dt.date(2026, 2, 20))
    silver = Tier.objects.get(slug="silver")
    assert Standing.objects.filter(tier=silver).exists()
    response = owner.post(
        reverse(PUBLISH), programme_form(stage="publish", **{f"threshold_{silver.pk}": ""})
    )
    assert "it can&#x27;t be left out" in response.text


def test_tier_is_added_with_its_audience(owner, programme):
    data = {"name": "Plum", "slug": "plum", "rank": "3", "color": "#AA3366"}
    owner.post(reverse("admin:rewards_tier_add"), data)
    tier = Tier.objects.get(slug="plum")
    assert (tier.audience.slug, tier.color) == ("tier-plum", "#aa3366")
