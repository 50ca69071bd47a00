"""A wheel from its name to its end, as staff press it."""

import pytest
import time_machine
from django.urls import reverse

from members.services.audiences import ensure_everyone
from rewards.models import Wheel, WheelVersion
from rewards.services.wheel import prepare_days
from tests.rewards.wheels import NOON, YESTERDAY, make_player, make_wheel, spin

__all__ = ["make_player", "make_wheel"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def at_noon(programme):
    prepare_days(now=YESTERDAY)
    with time_machine.travel(NOON, tick=False):
        yield NOON


def address(name, wheel):
    return reverse(f"admin:rewards_wheel_{name}", args=[wheel.pk])


def build_draft(**changes):
    slices = [
        {"label": "Ten", "weight": "1", "prize_kind": "points", "prize_points": "10"},
        {"label": "Nothing", "weight": "3", "prize_kind": "nothing"},
    ]
    data = {
        "slices-TOTAL_FORMS": "2", "slices-INITIAL_FORMS": "0", "gates-TOTAL_FORMS": "1",
        "gates-INITIAL_FORMS": "0", "gates-0-audience": str(ensure_everyone().pk),
        "gates-0-opens_at": "2020-01-01T00:00:00", "daily_spin_count": "1",
        "rules_text": "Spin once a day.", "is_law_confirmed": "on",
    }  # fmt: skip
    for number, each in enumerate(slices):
        data |= {f"slices-{number}-{name}": value for name, value in each.items()}
        data |= {f"slices-{number}-color": "#c8553d", f"slices-{number}-ORDER": str(2 - number)}
    return data | changes


def test_wheel_is_written_down_looked_over_and_published(owner, at_noon):
    response = owner.post(
        reverse("admin:rewards_wheel_add"), {"name": "Daily", "slug": "daily", "summary": "Spin!"}
    )
    wheel = Wheel.objects.get()
    assert response["Location"] == address("draft", wheel)
    assert owner.get(address("draft", wheel)).status_code == 200
    page = owner.get(address("publish", wheel)).content.decode()
    assert "The weights sum to zero" in page
    assert owner.post(address("publish", wheel)).status_code == 200
    assert not WheelVersion.objects.published().exists()

    for typed, budget in (("0", 0), ("12.50", 1250), ("", None)):  # empty: no ceiling
        response = owner.post(address("draft", wheel), build_draft(budget_money=typed))
        assert response["Location"] == address("publish", wheel)
        assert wheel.versions.get().budget_amount == budget
    labels = wheel.versions.get().slices.order_by("position").values_list("label", flat=True)
    assert list(labels) == ["Nothing", "Ten"]
    page = owner.get(address("publish", wheel)).content.decode()
    assert "75%" in page
    assert "Let every slice win" in page
    owner.post(address("every", wheel))
    assert "Let every slice win" not in owner.get(address("publish", wheel)).content.decode()
    assert owner.post(address("publish", wheel))["Location"] == address("change", wheel)
    assert wheel.versions.get().is_in_force(NOON)
    assert owner.get(address("change", wheel)).status_code == 200


def test_form_says_what_is_missing(owner, at_noon, make_wheel):
    wheel = make_wheel(is_published=False)
    bad = build_draft(
        **{"slices-0-prize_points": "", "has_price": "on", "gates-0-opens_at": "",
           "slices-1-weight": "-1"}
    )  # fmt: skip
    page = owner.post(address("draft", wheel), bad).content.decode()
    for text in ("This prize needs it.", "Say how many points a spin costs.", "Say from when on."):
        assert text in page
    assert wheel.versions.get().slices.count() == 2


def test_next_version_begins_as_a_copy_and_waits_for_tomorrow(owner, at_noon, make_wheel):
    wheel = make_wheel()
    owner.post(address("draft", wheel))
    draft = wheel.versions.drafts().get()
    assert draft.slices.count() == 2
    assert owner.get(address("draft", wheel)).status_code == 200
    owner.post(address("draft", wheel), build_draft())
    assert "It comes into force on" in owner.get(address("publish", wheel)).content.decode()
    owner.post(address("publish", wheel))
    assert wheel.versions.get(number=2).starts_at > NOON
    owner.post(address("draft", wheel))
    owner.post(address("drop", wheel))
    assert not wheel.versions.drafts().exists()


def test_page_shows_drawn_against_expected_and_ends_the_wheel(
    owner, at_noon, make_wheel, make_player
):
    wheel = make_wheel()
    spin(make_player(), wheel)
    page = owner.get(address("change", wheel)).content.decode()
    assert "goodness of fit" in page
    assert owner.get(address("end", wheel)).status_code == 200
    owner.post(address("end", wheel), {"at_once": "on", "note": "Wrong"})
    assert wheel.versions.get().ends_at == NOON
    assert "This wheel is not turning now." in owner.post(address("end", wheel)).content.decode()
    for name in ("rewards_spin", "rewards_wheelday"):
        assert owner.get(reverse(f"admin:{name}_changelist")).status_code == 200


def test_marketer_drafts_and_a_manager_publishes(log_in, at_noon, make_wheel):
    marketer, wheel = log_in("marketer"), make_wheel(is_published=False)
    assert marketer.post(address("draft", wheel), build_draft()).status_code == 302
    assert marketer.get(address("publish", wheel)).status_code == 200
    assert marketer.post(address("publish", wheel)).status_code == 403
    assert marketer.post(address("end", wheel)).status_code == 403
    assert log_in("manager").post(address("publish", wheel)).status_code == 302
    clerk = log_in("clerk")
    for name in ("draft", "publish", "end", "edit"):
        assert clerk.get(address(name, wheel)).status_code == 403


def test_names_are_edited_by_the_service(owner, at_noon, make_wheel):
    wheel = make_wheel()
    owner.post(address("edit", wheel), {"name": "Every day", "summary": "", "name_ja": "毎日"})
    wheel.refresh_from_db()
    assert (wheel.name, wheel.name_ja, wheel.slug) == ("Every day", "毎日", "daily")
