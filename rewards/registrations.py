"""What points and tiers tell the lower floors (members.registry)."""

import datetime as dt

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import NoticeText, PersonalData
from rewards.registry import register_alert_check
from rewards.selectors.waiting import list_waiting_bulk_acts, list_waiting_webhooks
from rewards.services import merging
from rewards.services.catalogue.alerts import LOW_STOCK

_BOOKS_BALANCE = (
    "The ledger keeps amounts, dates and codes, so that the club's books stay balanced; it holds "
    "no name and no text."
)


# Writes rewards down; publishing them is another's.
_EDITS_CATALOGUE = (
    "rewards.add_reward",
    "rewards.change_reward",
    "rewards.add_rewardcode",
    "rewards.add_rewardcategory",
    "rewards.change_rewardcategory",
    "rewards.add_rotation",
    "rewards.change_rotation",
)


def register():
    register_alert_check(LOW_STOCK)
    for code, list_oldest in (
        ("webhooks", list_waiting_webhooks),
        ("bulk_acts", list_waiting_bulk_acts),
    ):
        registry.register_waiting_queue(code, list_oldest, late_after=dt.timedelta(minutes=30))
    _register_notices()
    registry.register_value_holder("rewards.points", _holds_points)
    for model, export in (
        ("rewards.Account", _export_accounts),
        ("rewards.Transfer", _export_transfers),
        ("rewards.Award", None),
        ("rewards.TierChange", None),
    ):
        registry.register_personal_data(
            PersonalData(model=model, export=export, why_kept=_BOOKS_BALANCE)
        )
    registry.register_personal_data(
        PersonalData(
            model="rewards.Lot",
            export=_export_lots,
            erase=merging.forfeit_points,
            merge=merging.merge_points,
            undo=merging.undo_merge,
            facts=_count_points,
            why_kept=_BOOKS_BALANCE,
        )
    )
    registry.register_role_permissions(
        "rewards",
        {
            "clerk": [
                "rewards.view_account",
                "rewards.view_transfer",
                "rewards.view_standing",
                "rewards.view_reward",
                "rewards.view_rewardcategory",
                "rewards.view_rotation",
                "rewards.view_returnrefund",
                "rewards.add_returnrefund",
                "rewards.use_counter",
            ],
            "marketer": ["rewards.view_*", *_EDITS_CATALOGUE],
            "manager": [
                "rewards.view_*",
                *_EDITS_CATALOGUE,
                "rewards.publish_reward",
                "rewards.add_earningrule",
                "rewards.add_earningruleversion",
                "rewards.add_programmeversion",
                "rewards.add_returnrefund",
                "rewards.add_pointsrate",
                "rewards.add_register",
                "rewards.change_register",
                "rewards.use_counter",
                "rewards.change_earningrule",
                "rewards.change_tier",
            ],
            "owner": [
                "rewards.view_*",
                *_EDITS_CATALOGUE,
                "rewards.publish_reward",
                "rewards.add_*",
                "rewards.change_webhookendpoint",
                "rewards.change_earningrule",
                "rewards.change_tier",
            ],
        },
    )


_COUNTED = (
    ("available", _("Available points")),
    ("pending", _("Pending points")),
    ("held", _("Reserved points")),
    ("owed", _("Points owed")),
    ("status", _("Status credits")),
)


def _count_points(member):
    balances = dict(member.accounts.values_list("kind", "balance"))
    return [(label, balances.get(kind, 0)) for kind, label in _COUNTED]


def _holds_points(member) -> bool:
    return member.accounts.filter(balance__gt=0).exists()


def _tier_name(params):
    from rewards.selectors.programme import get_tier_name

    return get_tier_name(params["tier_id"])


def _register_notices():
    registry.register_notice_text(
        NoticeText(
            "tier_up", lambda params: _("Welcome to %(tier)s.") % {"tier": _tier_name(params)}
        )
    )
    registry.register_notice_text(
        NoticeText(
            "tier_down",
            lambda params: _("Your tier is now %(tier)s.") % {"tier": _tier_name(params)},
        )
    )
    registry.register_notice_text(
        NoticeText(
            "tier_warning",
            lambda params: (
                _("%(missing)s status credits keep you in %(tier)s: collect them by %(day)s.")
                % {
                    "missing": params["missing"],
                    "tier": _tier_name(params),
                    "day": date_format(dt.date.fromisoformat(params["until"])),
                }
            ),
        )
    )


def _export_accounts(member):
    return list(member.accounts.values("kind", "unit", "balance"))


def _export_transfers(member):
    return list(
        member.transfers.order_by("id").values(
            "unit", "amount", "reason", "effective_at", "recorded_at"
        )
    )


def _export_lots(member):
    return list(
        member.lots.order_by("id").values(
            "unit",
            "opened_at",
            "release_on",
            "expires_on",
            "original",
            "pending",
            "available",
            "held",
        )
    )
