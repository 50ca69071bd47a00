"""Rows that every database of the club has from the start."""

from rewards.enums import AccountKind, Unit

PROGRAMME_KINDS = (
    AccountKind.ISSUED,
    AccountKind.REDEEMED,
    AccountKind.EXPIRED,
    AccountKind.RETURNED,
    AccountKind.FORFEITED,
    AccountKind.WRITTEN_OFF,
    AccountKind.MOVED,
)


def create_programme_accounts(sender, using="default", **kwargs):
    """After each migration, also of a test database: one account per kind and unit."""
    from rewards.models import Account

    Account.objects.using(using).bulk_create(
        [Account(kind=kind, unit=unit) for unit in Unit for kind in PROGRAMME_KINDS],
        ignore_conflicts=True,
    )
