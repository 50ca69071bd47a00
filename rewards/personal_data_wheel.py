"""What export, erasure and merge do with players of wheels (see ``members.registry``)."""

from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import PersonalData
from rewards.models import PlayerSeed, Spin, WheelPlayer

_DRAWS_KEPT = _(
    "Draws stay under their pseudonym, so that every day can still be recomputed; the seeds that "
    "you chose are deleted."
)


def _export(member):
    players = member.wheel_players.order_by("pk").values(
        "wheel__name", "seed", "pseudonym", "spin_count", "created_at"
    )
    spins = Spin.objects.of_member(member).order_by("pk").values(
        "pseudonym", "counter", "slice__label", "pay", "price_points", "is_substitute", "drawn_at"
    )  # fmt: skip
    return [*players, *spins]


def _erase(member, now):
    """The pseudonym stays with the draws; nobody can make it of the seed any more."""
    PlayerSeed.objects.filter(player__member=member).update(seed="")
    WheelPlayer.objects.filter(member=member).update(seed="")


def _merge(source, target, now):
    """Players keep their draws and counters; where both play, the survivor's goes on."""
    playing = set(
        WheelPlayer.objects.filter(member=target, is_current=True).values_list(
            "wheel_id", flat=True
        )
    )
    moved = []
    for player in (
        WheelPlayer.objects.filter(member=source).order_by("pk").select_for_update(no_key=True)
    ):
        moved.append([player.pk, player.is_current])
        player.is_current = player.is_current and player.wheel_id not in playing
        player.member = target
        player.save(update_fields=["member", "is_current"])
    return moved


def _undo(source, target, moved, now):
    """A player that the absorbed record got meanwhile spins on; one spins at a wheel."""
    playing = WheelPlayer.objects.filter(member=source, is_current=True)
    taken = set(playing.values_list("wheel_id", flat=True))
    for pk, was_current in moved:
        rows = WheelPlayer.objects.filter(pk=pk, member=target)
        rows.exclude(wheel__in=taken).update(member=source, is_current=was_current)
        rows.update(member=source, is_current=False)


def register():
    registry.register_personal_data(
        PersonalData(
            "rewards.WheelPlayer",
            export=_export,
            erase=_erase,
            merge=_merge,
            undo=_undo,
            why_kept=_DRAWS_KEPT,
        )
    )
