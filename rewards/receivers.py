"""Rows that every database of the club has from the start."""

from dataclasses import asdict

from members.roles import ROLES
from rewards.enums import AccountKind, Unit
from rewards.registry import Limits, act_kinds

PROGRAMME_KINDS = (
    AccountKind.ISSUED,
    AccountKind.REDEEMED,
    AccountKind.EXPIRED,
    AccountKind.RETURNED,
    AccountKind.FORFEITED,
    AccountKind.WRITTEN_OFF,
    AccountKind.MOVED,
    AccountKind.MATCH,
)


def create_programme_accounts(sender, using="default", **kwargs):
    """After each migration, also of a test database: one account per kind and unit."""
    from rewards.models import Account

    Account.objects.using(using).bulk_create(
        [Account(kind=kind, unit=unit) for unit in Unit for kind in PROGRAMME_KINDS],
        ignore_conflicts=True,
    )


def create_act_limits(sender, using="default", **kwargs):
    """The reviewed limits of each kind of act and role, where a club has none of its own yet."""
    from rewards.models import ActLimit

    ActLimit.objects.using(using).bulk_create(
        [
            ActLimit(kind=kind.code, role=role, **asdict(kind.limits.get(role, Limits())))
            for kind in act_kinds
            for role in ROLES
        ],
        ignore_conflicts=True,
    )
