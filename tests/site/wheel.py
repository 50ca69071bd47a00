"""What the access matrix asks for of wheels."""

import datetime as dt

from members.services.audiences import ensure_everyone
from rewards.models import Wheel
from rewards.services.catalogue import GateTerms
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
from rewards.spin_keys import SpinKey, write_spin_key
from tests.rewards.conftest import EVER

SLICES = (
    SliceTerms("50 points", 40, Prize("points", points=50)),
    SliceTerms("Not this time", 25),
    SliceTerms("10 points", 30, Prize("points", points=10)),
    SliceTerms("One more", 5, Prize("points", points=1)),
)


def open_wheel(now, slug="daily", slices=SLICES, gates=None, name="Lucky wheel", **terms) -> Wheel:
    """In force since the day before ``now``, with a seed for the day."""
    before = now - dt.timedelta(days=1)
    prepare_days(now=before)
    wheel = create_wheel(slug=slug, name=name, by=None, now=before)
    draft = change_draft(
        wheel.versions.get(), slices=slices, by=None, now=before, is_law_confirmed=True,
        gates=[GateTerms(ensure_everyone(), EVER)] if gates is None else gates,
        rules_text="One spin a day.", **terms,
    )  # fmt: skip
    publish_version(draft, by=None, now=before)
    return wheel


def press(member, wheel, now, **options):
    player = ensure_player(member, wheel, now=now)
    key = write_spin_key(SpinKey(member.pk, wheel.pk, player.spin_count + 1))
    return spin_wheel(member, wheel, key, by=member.user, now=now, **options)


def wheel_arguments(mei, now):
    wheel = open_wheel(now, daily_spin_count=3)
    spin = press(mei, wheel, now)
    day = spin.day.day_on.isoformat()
    of_wheel = ("detail", "spins", "history", "seed", "fairness")
    of_staff = ("edit", "draft", "drop", "every", "publish", "end")
    return {
        **{f"admin:rewards_wheel_{name}": [wheel.pk] for name in of_staff},
        **{f"wheel_{name}": [wheel.slug] for name in of_wheel},
        "wheel_spin": [spin.pk],
        "wheel_day": [wheel.slug, day],
        "wheel_log": [wheel.slug, day, "json"],
        "localized:wheel_fairness": [wheel.slug],
        "localized:wheel_day": [wheel.slug, day],
    }
