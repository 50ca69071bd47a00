"""The stamp cards of the demonstration, stamped by half a year of purchases."""

import datetime as dt
import json
from functools import cache
from typing import Any

from loyalty_site.demo.data import DATA, LANGUAGE, read_categories, translate
from members.models import Member, User, WorkItem
from members.services.audiences import ensure_everyone
from purchases.models import Category
from purchases.services.known import slug_of, split_category
from rewards.enums import AdjustmentReason, PrizeKind
from rewards.models import Challenge, Reward
from rewards.registry import CHALLENGES
from rewards.services.challenges import (
    count_batch,
    create_challenge,
    give_stamps,
    publish_version,
)

MISSED = ("H2314", "tenth-cup")  # a cup for which the till gave no stamp


@cache
def read_challenges() -> list[dict[str, Any]]:
    return json.loads((DATA / "challenges.json").read_text(encoding="utf-8"))


def set_up_challenges(*, now: dt.datetime) -> None:
    """Make the cards as of their own first day, and stamp what was bought since."""
    for position, entry in enumerate(read_challenges(), start=1):
        if Challenge.objects.filter(slug=entry["slug"]).exists():
            continue
        begun = now - dt.timedelta(days=entry["begun_days_ago"])
        challenge = create_challenge(
            slug=entry["slug"],
            name=entry["name"][LANGUAGE],
            description=entry["description"][LANGUAGE],
            motif=entry["motif"],
            position=position,
            by=None,
            now=begun,
            **translate("name", entry["name"]),
            **translate("description", entry["description"]),
        )
        publish_version(
            challenge,
            starts_at=begun,
            audiences=[ensure_everyone()],
            category_ids=_find_categories(entry["categories"]),
            prize_kind=PrizeKind.REWARD,
            prize_reward=Reward.objects.get(slug=entry["reward"]),
            prize_days=entry["good_for_days"],
            by=None,
            now=begun,
            **entry["terms"],
        )
    count_what_waits(now=now)


def count_what_waits(*, now: dt.datetime) -> None:
    """What a worker would do after the commit, done in this very transaction."""
    waiting = WorkItem.objects.of_consumer(CHALLENGES).order_by("pk")
    for item in waiting:
        count_batch(item.batch_id, now)
        item.delete()


def stamp_what_was_missed(members: dict[str, Member], by: User, *, now: dt.datetime) -> None:
    code, slug = MISSED
    challenge = Challenge.objects.filter(slug=slug).first()
    if code not in members or challenge is None:
        return
    give_stamps(
        members[code], challenge, 1, reason=AdjustmentReason.MISSING,
        happened_at=now - dt.timedelta(days=2), key="demo-missed-cup", by=by, now=now,
    )  # fmt: skip


def list_slugs() -> list[str]:
    return [entry["slug"] for entry in read_challenges()]


def _find_categories(codes: list[str]) -> list[int]:
    paths = read_categories()
    slugs = [slug_of(split_category(paths[code])) for code in codes]
    return list(Category.objects.filter(slug__in=slugs).order_by("pk").values_list("pk", flat=True))
