from collections.abc import Sequence
from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from core.money import format_money
from core.tables import ClubTable
from purchases.models import Purchase
from purchases.registry import remarks


class PurchaseTable(ClubTable):
    """A member's purchases; the columns of other floors come from ``purchases.registry``."""

    purchased_at = tables.DateTimeColumn(
        verbose_name=_("Date"), format="DATE_FORMAT", attrs={"td": {"class": "is-date"}}
    )
    store = tables.TemplateColumn(
        template_name="purchases/_purchase_cell.html",
        verbose_name=_("Purchase"),
        attrs={"td": {"class": "is-main"}},
    )
    total_amount = tables.Column(
        verbose_name=_("Total"),
        attrs={"th": {"class": "is-number"}, "td": {"class": "is-number is-amount"}},
    )

    class Meta(ClubTable.Meta):
        model = Purchase
        fields = ("purchased_at", "store", "total_amount")

    def prepare(self, records: list[Purchase]) -> None:
        remarks = list_remarks([purchase.pk for purchase in records])
        for purchase in records:
            purchase.remarks = remarks.get(purchase.pk, ())

    def render_total_amount(self, record: Purchase) -> str:
        return format_money(record.total_amount, record.currency)


def list_remarks(purchase_ids: Sequence[int]) -> dict[int, list[str]]:
    """What other floors have to say about purchases, by id."""
    found: dict[int, list[str]] = {}
    for remark in remarks:
        for pk, text in remark.of_purchases(purchase_ids).items():
            found.setdefault(pk, []).append(text)
    return found


def build_lines(purchase: Purchase) -> dict[str, Any]:
    """The receipt: each line with what came back and what other floors say about it."""
    known = [(remark.label, remark.of_lines(purchase)) for remark in remarks]
    returned: dict[int, int] = {}
    for each in purchase.returns.all():
        for part in each.lines.all():
            returned[part.line_id] = returned.get(part.line_id, 0) + part.amount
    rows = [
        {
            "line": line,
            "returned_amount": returned.get(line.pk, 0),
            "remarks": [texts.get(line.position, "") for _label, texts in known],
        }
        for line in purchase.lines.all()
    ]
    return {"lines": rows, "labels": [label for label, _texts in known]}
