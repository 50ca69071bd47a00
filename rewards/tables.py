from collections.abc import Iterable
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.tables import ClubTable
from core.time import day_of
from members.selectors.club import get_club
from rewards.models import Transfer
from rewards.selectors.explanations import explain_transfers


class StatementTable(ClubTable):
    """Entries of the ledger; a page's entries are explained together (``prepare``)."""

    effective_at = tables.DateTimeColumn(
        verbose_name=_("Date"), format="DATE_FORMAT", attrs={"td": {"class": "is-date"}}
    )
    entry = tables.TemplateColumn(
        template_name="rewards/_entry_cell.html",
        verbose_name=_("Entry"),
        attrs={"td": {"class": "is-main"}},
    )
    amount = tables.TemplateColumn(
        template_name="rewards/_amount_cell.html",
        verbose_name=_("Amount"),
        attrs={"th": {"class": "is-number"}, "td": {"class": "is-number is-amount"}},
    )

    class Meta(ClubTable.Meta):
        model = Transfer
        fields = ("effective_at", "entry", "amount")

    def prepare(self, records: list[Transfer]) -> None:
        for explanation in explain_transfers(records, now=timezone.now()):
            explanation.transfer.explanation = explanation


CSV_HEADER = (_("Date"), _("Entry"), _("Explanation"), _("Unit"), _("Amount"))


def build_csv_rows(transfers: list[Transfer]) -> Iterable[tuple[Any, ...]]:
    """Rows of a download; the sign says what the member gained or lost, 0 moved only."""
    zone = get_club().zone
    for explanation in explain_transfers(transfers, now=timezone.now()):
        transfer = explanation.transfer
        yield (
            day_of(transfer.effective_at, zone).isoformat(),
            explanation.title,
            explanation.sentence,
            explanation.unit,
            transfer.amount * (explanation.direction or 1),
        )
