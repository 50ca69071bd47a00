"""What export, erasure and merge do with donations (see ``members.registry``)."""

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat, Left
from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import PersonalData
from rewards.models import Donation, StandingDonation

_KEPT = _("What was given stays given: the amount stays with the charity, without a name.")


def _export_donations(member):
    return list(
        member.donations.order_by("pk").values(
            "charity__name", "appeal__name", "source", "points", "match_points", "is_named",
            "donated_at", "final_at", "undone_at",
        )
    )  # fmt: skip


def _export_shares(member):
    return list(
        member.standing_donations.order_by("pk").values(
            "appeal__name", "share_percent", "is_named", "started_at", "ended_at"
        )
    )


def _erase_donations(member, now):
    """The wall forgets the name; the sums stay as they are."""
    Donation.objects.filter(member=member, is_named=True).update(is_named=False)


def _end_shares(member, now):
    rows = StandingDonation.objects.filter(member=member)
    rows.filter(is_named=True).update(is_named=False)
    rows.filter(ended_at__isnull=True).update(ended_at=now)


def _move(model):
    def merge(source, target, now):
        moved = list(
            model.objects.filter(member=source).order_by("pk").values_list("pk", flat=True)
        )
        model.objects.filter(pk__in=moved).update(member=target)
        return moved

    def undo(source, target, moved, now):
        model.objects.filter(pk__in=moved, member=target).update(member=source)

    return {"merge": merge, "undo": undo}


def _merge_donations(source, target, now):
    """Both may have used the same key: then the one that comes adds its id."""
    taken = Donation.objects.filter(member=target).values("key")
    again = Donation.objects.filter(member=source, key__in=taken)
    again.update(key=Concat(Left("key", 55), Value(":"), Cast("pk", CharField())))
    return _move(Donation)["merge"](source, target, now)


def _merge_shares(source, target, now):
    """What the absorbed membership promised of its earnings ends: nobody promised it for the
    other one's.
    """
    StandingDonation.objects.filter(member=source, ended_at__isnull=True).update(ended_at=now)
    return _move(StandingDonation)["merge"](source, target, now)


def register():
    registry.register_personal_data(
        PersonalData(
            "rewards.Donation",
            export=_export_donations,
            erase=_erase_donations,
            why_kept=_KEPT,
            **_move(Donation) | {"merge": _merge_donations},
        )
    )
    registry.register_personal_data(
        PersonalData(
            "rewards.StandingDonation",
            export=_export_shares,
            erase=_end_shares,
            why_kept=_KEPT,
            **_move(StandingDonation) | {"merge": _merge_shares},
        )
    )
