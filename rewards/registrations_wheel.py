"""What wheels tell the registries: personal data, roles, alerts, what waits, entries in words."""

import datetime as dt
from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from members import registry
from rewards import personal_data_wheel
from rewards.enums import Reason
from rewards.models import Spin
from rewards.registry import register_alert_check
from rewards.selectors.causes import CauseText, register_cause
from rewards.selectors.waiting import list_waiting_seeds
from rewards.services.wheel.alerts import STRAYS, UNSEALED

# Writes a wheel down; publishing it is another's.
_DRAFTS = ("rewards.add_wheel", "rewards.change_wheel")


# Some version of some wheel draws now.
IS_TURNING = """
    SELECT FROM rewards_wheelversion
    WHERE published_at IS NOT NULL AND starts_at <= %(now)s
      AND (ends_at IS NULL OR ends_at > %(now)s)
"""


def register() -> None:
    registry.register_room(
        registry.Room("wheels", _("Wheel"), "wheel_list", "wheel", IS_TURNING, order=20)
    )
    personal_data_wheel.register()
    register_alert_check(STRAYS)
    register_alert_check(UNSEALED)
    register_cause(
        "spin",
        describe_spins,
        titles={Reason.GRANT: _("Won: %(about)s"), Reason.CAPTURE: _("Spin: %(about)s")},
    )
    registry.register_waiting_queue(
        "wheel_days", list_waiting_seeds, late_after=dt.timedelta(hours=3)
    )
    registry.register_role_permissions(
        "rewards.wheel",
        {
            "marketer": _DRAFTS,
            "manager": (*_DRAFTS, "rewards.publish_wheel"),
            "owner": (*_DRAFTS, "rewards.publish_wheel"),
        },
    )


def describe_spins(ids: Collection[int]) -> dict[int, CauseText]:
    rows = Spin.objects.filter(pk__in=ids).select_related("version__wheel", "player")
    return {
        row.pk: CauseText(
            title=row.version.wheel.name_i18n,
            url=row.get_absolute_url(),
            member_id=row.player.member_id,
        )
        for row in rows
    }
