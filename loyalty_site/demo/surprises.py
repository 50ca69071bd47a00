"""One surprise of the demonstration: cake for ten who came in the rain, some of it eaten by now.

One present stays wrapped, so that whoever looks around can open it.
"""

import datetime as dt
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from loyalty_site.demo.data import DATA, LANGUAGE, translate
from loyalty_site.demo.people import Staff
from members.enums import AudienceKind
from members.models import Member
from members.services.audiences import AudienceMove, ensure_audience, move_members
from rewards.enums import PrizeKind, SurprisePick
from rewards.models import Entitlement, Reward, SurpriseGift
from rewards.selectors.surprises import CAUSE
from rewards.services.bulk_running import run_bulk_act
from rewards.services.prizes import Prize
from rewards.services.redemption import redeem_reward
from rewards.services.surprises import confirm_surprise, draft_surprise, open_gift


@cache
def read_surprises() -> dict[str, Any]:
    """The list of members and what they get, in every language."""
    return json.loads((DATA / "surprises.json").read_text(encoding="utf-8"))


def get_audience_slug() -> str:
    return read_surprises()["audience"]["slug"]


def give_surprise(claimed: Sequence[Member], staff: Staff, *, now: dt.datetime) -> None:
    """Nothing where so small a club has no reward to give or nobody to give it to."""
    told = read_surprises()["surprise"]
    reward = Reward.objects.filter(slug=told["reward"]).first()
    waits = Member.objects.claimed().filter(email=told["keeps_wrapped"]).first()
    lucky = [each for each in claimed if each != waits][: told["members"] - bool(waits)]
    everybody = [waits, *lucky] if waits else lucky
    if reward is None or not everybody:
        return
    words = read_surprises()["audience"]
    audience = ensure_audience(
        words["slug"], kind=AudienceKind.LIST, name=words["name"][LANGUAGE],
        i18n=translate("name", words["name"]),
    )  # fmt: skip
    moves = [AudienceMove(audience.pk, pk) for pk in sorted(each.pk for each in everybody)]
    move_members(None, moves, now=now)
    surprise = draft_surprise(
        audience,
        title=told["title"][LANGUAGE],
        message=told["message"][LANGUAGE],
        i18n={**translate("title", told["title"]), **translate("message", told["message"])},
        note=told["note"][LANGUAGE],
        prize=Prize(PrizeKind.REWARD, reward_id=reward.pk, days=told["days"]),
        pick=SurprisePick.ALL,
        budget=told["budget"],
        by=staff.owner,
        now=now,
    )
    run_bulk_act(confirm_surprise(surprise, by=staff.owner, now=now).pk, now=now)
    _open_some(lucky, reward, told, now=now)


def _open_some(lucky: Sequence[Member], reward: Reward, told: dict, *, now: dt.datetime) -> None:
    for place, member in enumerate(lucky[: told["opened"]]):
        gift = SurpriseGift.objects.get(member=member)
        open_gift(gift, by=member.user, now=now)
        if place < told["taken"]:
            right = Entitlement.objects.get(cause_type=CAUSE, cause_id=gift.pk)
            redeem_reward(
                member, reward, key=f"surprise-{gift.pk}", by=member.user, now=now,
                entitlement=right,
            )  # fmt: skip
