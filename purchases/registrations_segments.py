"""What members bought, for segments."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Extract, Floor
from django.utils.translation import gettext_lazy as _

from core.words import shown
from members import registry
from members.registry import Attribute, AttributeRows, Behaviour, Events, Filter, Measure
from purchases.models import Category, Channel, Line, Purchase, Store

BOUGHT = _("What they bought")
_YEAR = dt.timedelta(days=365)


def register() -> None:
    for attribute in _ATTRIBUTES:
        registry.register_attribute(attribute)
    registry.register_behaviour(_BOUGHT)


# --- Facts ---


def _of_member():
    return Purchase.objects.filter(member=OuterRef("pk")).order_by().values("member")


def _known():
    return Purchase.objects.filter(member__isnull=False).order_by().values("member")


def _to_days(moment, now):
    age = ExpressionWrapper(Value(now, output_field=DateTimeField()) - moment, DurationField())
    return Cast(Floor(Extract(age, "epoch") / 86400), IntegerField())


def _days_since_last(now):
    last = Subquery(
        _of_member().annotate(last=Max("purchased_at")).values("last"), output_field=DateTimeField()
    )
    return _to_days(last, now)


def _spent_in_a_year(now):
    recent = _of_member().filter(purchased_at__gt=now - _YEAR, purchased_at__lte=now)
    return Coalesce(Subquery(recent.annotate(spent=Sum("total_amount")).values("spent")), 0)


def _purchase_count(now):
    return Coalesce(Subquery(_of_member().annotate(number=Count("pk")).values("number")), 0)


def _rows(aggregate):
    def build_rows(now):
        return _known().annotate(value=aggregate).values_list("member", "value")

    return build_rows


def _rows_of_a_year(now):
    recent = _known().filter(purchased_at__gt=now - _YEAR, purchased_at__lte=now)
    return recent.annotate(value=Sum("total_amount")).values_list("member", "value")


def _rows_of_days_since_last(now):
    last = _known().annotate(last=Max("purchased_at"))
    return last.annotate(value=_to_days(F("last"), now)).values_list("member", "value")


_RANK = """
    SELECT member_id, percent_rank() OVER (ORDER BY spent DESC) * 100
    FROM (
        SELECT p.member_id, sum(p.total_amount) AS spent FROM purchases_purchase p
        WHERE p.member_id IS NOT NULL AND p.purchased_at > %s AND p.purchased_at <= %s
        GROUP BY p.member_id
    ) s
    WHERE EXISTS (SELECT FROM members_member m WHERE m.id = s.member_id AND m.status = 'active')
"""


def _rank_by_spend(now, days):
    """How many percent of those who bought spent more; 0 is who spent most."""
    return AttributeRows(_RANK, (now - dt.timedelta(days=days), now))


# --- Purchases, counted and summed ---


def _list_named(model):
    def list_choices() -> Sequence[tuple[str, str]]:
        rows = model.objects.annotate(word=shown("name")).order_by("word", "pk")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "word")]

    return list_choices


def _bought(filters):
    """Purchases; lines of them where goods are named."""
    if not filters.keys() & {"category", "product"}:
        return Events(
            _narrow(Purchase.objects.all(), filters),
            at="purchased_at",
            measures={"count": partial(Count, Value(1)), "amount": partial(Sum, "total_amount")},
        )
    rows = _narrow(Line.objects.present(), filters, "purchase__")
    if "category" in filters:
        rows = rows.filter(category__in=_list_below(filters["category"]))
    if "product" in filters:
        rows = rows.filter(_names_product(filters["product"]))
    return Events(
        rows,
        at="purchase__purchased_at",
        member="purchase__member",
        measures={
            "count": partial(Count, "purchase", distinct=True),
            "amount": partial(Sum, "amount"),
        },
    )


def _narrow(rows, filters, prefix=""):
    for name in ("store", "channel"):
        if name in filters:
            rows = rows.filter(**{f"{prefix}{name}__in": filters[name]})
    return rows


def _list_below(categories: Sequence[str]) -> list[int]:
    """These categories and all that lie below them: few rows, read once."""
    wanted = [int(pk) for pk in categories]
    array = ArrayField(BigIntegerField())
    found = Category.objects.filter(
        Q(pk__in=wanted) | Q(lineage__overlap=Value(wanted, output_field=array))
    )
    return list(found.values_list("pk", flat=True))


def _names_product(words: Sequence[str]) -> Q:
    """By the shop's own number, or by words of the name."""
    found = Q()
    for word in words:
        found |= Q(product__external_id=word) | Q(product__name__icontains=word)
    return found


_BOUGHT = Behaviour(
    "purchases.bought",
    _("purchases"),
    build_events=_bought,
    measures=(Measure("count", _("how many")), Measure("amount", _("how much money"), "money")),
    filters=(
        Filter("category", _("category"), _list_named(Category)),
        Filter("product", _("product")),
        Filter("store", _("store"), _list_named(Store)),
        Filter("channel", _("channel"), _list_named(Channel)),
    ),
    group=BOUGHT,
)


_ATTRIBUTES = (
    Attribute(
        code="purchases.days_since_last",
        label=_("days since last purchase"),
        type="number",
        build_expression=_days_since_last,
        build_rows=_rows_of_days_since_last,
        group=BOUGHT,
    ),
    Attribute(
        code="purchases.spent_in_12_months",
        label=_("spend in the last 12 months"),
        type="money",
        build_expression=_spent_in_a_year,
        build_rows=_rows_of_a_year,
        missing=0,
        group=BOUGHT,
    ),
    Attribute(
        code="purchases.count",
        label=_("purchase count"),
        type="number",
        build_expression=_purchase_count,
        build_rows=_rows(Count("*")),
        missing=0,
        group=BOUGHT,
    ),
    Attribute(
        code="purchases.first",
        label=_("first purchase"),
        type="moment",
        build_rows=_rows(Min("purchased_at")),
        group=BOUGHT,
    ),
    Attribute(
        code="purchases.last",
        label=_("last purchase"),
        type="moment",
        build_rows=_rows(Max("purchased_at")),
        group=BOUGHT,
    ),
    Attribute(
        code="purchases.rank_by_spend",
        label=_("percent of buyers who spent more"),
        type="number",
        build_rows=_rank_by_spend,
        days=365,
        group=BOUGHT,
    ),
)
