"""Under which pseudonym a member plays."""

import datetime as dt
import re
import secrets
from typing import Any

from django.db import transaction

from members.models import Member
from rewards.engine.draw import make_pseudonym
from rewards.models import PlayerSeed, Wheel, WheelPlayer
from rewards.services.wheel.refusals import InvalidSeed, TooManySeeds

MOST_SEEDS = 10  # of one player in a day; each is kept for ever
_SEED = re.compile(r"[!-~]{8,64}\Z")


@transaction.atomic
def ensure_player(member: Member, wheel: Wheel, *, now: dt.datetime) -> WheelPlayer:
    """The member's player at this wheel, made at the first look with a seed by chance.

    Made before anything is drawn, so that the member can choose another one while the day's seed
    is sealed already. Safe twice and in parallel (constraint: one current player).
    """
    found = WheelPlayer.objects.filter(member=member, wheel=wheel, is_current=True).first()
    if found is not None:
        return found
    seed = secrets.token_hex(16)
    made = WheelPlayer(
        member=member, wheel=wheel, seed=seed, pseudonym=make_pseudonym(seed), created_at=now
    )
    WheelPlayer.objects.bulk_create([made], ignore_conflicts=True)
    found = WheelPlayer.objects.get(member=member, wheel=wheel, is_current=True)
    if found.seed == seed:
        _note_seed(found, now)
    return found


@transaction.atomic
def choose_seed(
    member: Member, wheel: Wheel, seed: str, *, by: Any, now: dt.datetime
) -> WheelPlayer:
    """Play on under the pseudonym of another seed, at any time; draws that were made keep theirs.

    The counter goes on. Raises InvalidSeed for what isn't 8 to 64 printable ASCII characters, or
    was chosen before by anybody at this wheel, TooManySeeds beyond ten in a day.
    """
    if not _SEED.match(seed):
        raise InvalidSeed
    ensure_player(member, wheel, now=now)
    # A draw that is under way goes first, or is undone and may be made again.
    player = WheelPlayer.objects.select_for_update(no_key=True).get(
        member=member, wheel=wheel, is_current=True
    )
    if player.seed == seed:
        return player
    if player.seeds.filter(chosen_at__gt=now - dt.timedelta(days=1)).count() >= MOST_SEEDS:
        raise TooManySeeds
    player.seed, player.pseudonym = seed, make_pseudonym(seed)
    if PlayerSeed.objects.filter(wheel=wheel, pseudonym=player.pseudonym).exists():
        raise InvalidSeed
    player.save(update_fields=["seed", "pseudonym"])
    _note_seed(player, now)
    return player


def _note_seed(player: WheelPlayer, now: dt.datetime) -> None:
    """Raises InvalidSeed where another player took it at this very moment."""
    row = PlayerSeed(
        wheel_id=player.wheel_id, player=player, seed=player.seed, pseudonym=player.pseudonym,
        spin_count=player.spin_count, chosen_at=now,
    )  # fmt: skip
    PlayerSeed.objects.bulk_create([row], ignore_conflicts=True)
    if row.pseudonym not in player.seeds.values_list("pseudonym", flat=True):
        raise InvalidSeed
