"""Wheels for tests: ``make_wheel`` drafts and publishes one, ``spin`` presses as its page would."""

import datetime as dt

import pytest

from members.models import Member, User
from members.services.audiences import ensure_everyone
from members.services.enrolment import create_member
from rewards.engine.draw import draw
from rewards.enums import PrizeKind
from rewards.models import Slice, Wheel, WheelDay, WheelPlayer
from rewards.services.catalogue import GateTerms
from rewards.services.grants import grant_points
from rewards.services.prizes import Prize
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    create_wheel,
    ensure_player,
    prepare_days,
    publish_version,
    spin_wheel,
)
from rewards.services.wheel.seeds import open_seed
from rewards.spin_keys import SpinKey, write_spin_key
from tests.rewards.conftest import EVER, at

DAY = dt.date(2026, 1, 5)
NOON = at(DAY, 12)
YESTERDAY = at(DAY - dt.timedelta(days=1), 12)
NOTHING = Prize(PrizeKind.NOTHING)


def points(count):
    return Prize(PrizeKind.POINTS, points=count)


def list_plain():
    """Two slices, half and half."""
    return [SliceTerms("Ten", 1, points(10)), SliceTerms("Nothing", 1)]


@pytest.fixture
def make_wheel(programme):
    """A wheel in force since yesterday noon: ``make_wheel([SliceTerms(...)], has_price=True)``."""

    def make(slices=None, *, slug="daily", gates=None, allowances=None, is_published=True, **terms):
        prepare_days(now=YESTERDAY)
        wheel = create_wheel(slug=slug, name=slug.title(), by=None, now=YESTERDAY)
        draft = change_draft(
            wheel.versions.get(), slices=list_plain() if slices is None else slices,
            gates=[GateTerms(ensure_everyone(), EVER)] if gates is None else gates,
            allowances=allowances or {}, rules_text="Spin once a day.", is_law_confirmed=True,
            by=None, now=YESTERDAY, **terms,
        )  # fmt: skip
        if is_published:
            publish_version(draft, by=None, now=YESTERDAY)
        return wheel

    return make


@pytest.fixture
def make_player(programme):
    """A member with a login: ``make_player("Mei", points=100)``."""

    def make(name="Mei", points=0, **fields):
        member = create_member(now=YESTERDAY, source="test", given_name=name, **fields)
        member.user = User.objects.create(email=f"m{member.pk}@example.com")
        member.save(update_fields=["user"])
        if points:
            grant_points(
                member, points, expires_on=None, note="", key=f"start-{member.pk}", by=None,
                now=YESTERDAY,
            )  # fmt: skip
        return member

    return make


def get_key(member: Member, wheel: Wheel, *, now=NOON) -> str:
    player = ensure_player(member, wheel, now=now)
    return write_spin_key(SpinKey(member.pk, wheel.pk, player.spin_count + 1))


def spin(member: Member, wheel: Wheel, *, key=None, now=NOON, **options):
    key = key or get_key(member, wheel, now=now)
    return spin_wheel(member, wheel, key, **{"by": member.user} | options, now=now)


def find_seed(day_on=DAY) -> bytes:
    """The seed as only the service knows it."""
    return open_seed(bytes(WheelDay.objects.kept().get(day_on=day_on).sealed_seed))


def foresee(player: WheelPlayer, counter=None, day_on=DAY) -> Slice:
    """What the next spin (or that of ``counter``) will draw."""
    version = player.wheel.versions.published().order_by("-number").first()
    slices = list(version.slices.order_by("position"))
    index = draw(
        find_seed(day_on), version.pk, player.pseudonym, counter or player.spin_count + 1,
        [each.weight for each in slices],
    )  # fmt: skip
    return slices[index]
