"""Refunds of shops: noted whenever they come, applied once their order counts."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.services.audit import record_audit
from purchases.enums import OrderState, RefundState
from purchases.incoming import IncomingReturn, IncomingReturnLine
from purchases.models import Line, Purchase, Return, ReturnLine, ShopOrder, ShopRefund, Source
from purchases.parsing.shops import SaidRefund
from purchases.services.amending import divide_returns_again
from purchases.services.intake import take_in
from purchases.services.outcome import REFUSED
from purchases.services.shops.dividing import LineLeft, divide_refund

_UNSETTLED = (RefundState.PARKED, RefundState.REFUSED, RefundState.EMPTY)


class RefundSettled(DomainError):
    code = "refund_settled"
    status = 409
    message = gettext_lazy("This refund waits for nothing any more.")


def note_refunds(source: Source, refunds: Iterable[SaidRefund], *, now: dt.datetime) -> None:
    """Keep what a shop says of refunds, once per id; the order need not be known yet."""
    ShopRefund.objects.bulk_create(
        [
            ShopRefund(
                source=source,
                external_id=refund.external_id,
                order_external_id=refund.order_id,
                refunded_at=refund.refunded_at,
                content=refund.build_content(),
                recorded_at=now,
            )
            for refund in sorted(refunds, key=lambda refund: refund.external_id)
        ],
        ignore_conflicts=True,
    )


def settle_refunds(order: ShopOrder, *, now: dt.datetime) -> list[ShopRefund]:
    """Apply what waits for an order, or say why not; returns the refunds that were looked at.

    The caller holds the order's lock. Oldest first, so that any order of arrival ends alike.
    """
    waiting = list(
        ShopRefund.objects.filter(
            source=order.source, order_external_id=order.external_id, state__in=_UNSETTLED
        )
    )
    waiting.sort(key=_by_age)
    if order.purchase is not None and order.state == OrderState.COUNTED:
        _apply_all(waiting, order, order.purchase, now)
    elif order.state != OrderState.OPEN:
        for refund in waiting:
            _end(refund, RefundState.EMPTY, _("Its order doesn't count."), now)
    return waiting


def _apply_all(
    waiting: list[ShopRefund], order: ShopOrder, purchase: Purchase, now: dt.datetime
) -> None:
    applied = list(
        ShopRefund.objects.filter(
            source=order.source, order_external_id=order.external_id, state=RefundState.APPLIED
        )
    )
    given = sum(_count_given(refund.content) for refund in applied)
    youngest = max(map(_by_age, applied), default=None)
    for refund in waiting:
        _apply(refund, order, purchase, order.total_amount - given, now)
        if refund.state != RefundState.REFUSED:
            given += _count_given(refund.content)
    new = [refund for refund in waiting if refund.state == RefundState.APPLIED]
    is_late = youngest is not None and any(_by_age(refund) < youngest for refund in new)
    if is_late and any(refund.content["loose"] for refund in applied + new):
        divide_returns_again(
            purchase.pk,
            said_at=max(refund.refunded_at for refund in applied + new),
            is_tax_included=order.is_tax_included,
            now=now,
        )


def _by_age(refund: ShopRefund) -> tuple:
    return refund.refunded_at, len(refund.external_id), refund.external_id


def _apply(
    refund: ShopRefund, order: ShopOrder, purchase: Purchase, order_left: int, now: dt.datetime
) -> None:
    try:
        taken = divide_refund(
            refund.content,
            _list_left(purchase.pk),
            is_tax_included=order.is_tax_included,
            order_left=order_left,
        )
    except DomainError as refusal:
        _end(refund, RefundState.REFUSED, str(refusal), now)
        return
    if not taken:
        _end(refund, RefundState.EMPTY, _("It gives back nothing that was paid for goods."), now)
        return
    item = IncomingReturn(
        refund.external_id,
        purchase.external_id,
        max(refund.refunded_at, purchase.purchased_at),
        [
            IncomingReturnLine(quantity=quantity, amount=amount, position=position)
            for position, (quantity, amount) in sorted(taken.items())
        ],
    )
    (outcome,) = take_in(order.source, [], [item], now=now).outcomes
    if outcome.state == REFUSED:
        _end(refund, RefundState.REFUSED, str(outcome.refusal), now)
        return
    refund.applied_return = Return.objects.get(pk=outcome.get_id())
    _end(refund, RefundState.APPLIED, "", now)


def _list_left(purchase_id: int) -> list[LineLeft]:
    back = {
        row["line_id"]: (row["quantity"], row["amount"])
        for row in ReturnLine.objects.filter(line__purchase=purchase_id)
        .values("line_id")
        .annotate(quantity=Sum("quantity"), amount=Sum("amount"))
    }
    found = []
    for line in Line.objects.filter(purchase=purchase_id).order_by("position"):
        quantity, amount = back.get(line.pk, (Decimal(0), 0))
        found.append(
            LineLeft(
                line.position,
                line.external_id,
                line.quantity,
                line.amount,
                max(line.quantity - quantity, Decimal(0)),
                max(line.amount - amount, 0),
            )
        )
    return found


def _count_given(content: dict[str, Any]) -> int:
    """What the customer got back in all, shipping too."""
    return max(content["total"], content["loose"])


def _end(refund: ShopRefund, state: str, reason: str, now: dt.datetime) -> None:
    refund.state, refund.reason, refund.settled_at = state, reason[:200], now
    refund.save(update_fields=["state", "reason", "settled_at", "applied_return"])


@transaction.atomic
def drop_refund(refund: ShopRefund, *, reason: str, by, now: dt.datetime) -> None:
    """Set a refund aside that waits for an order which will never come, or was refused."""
    refund = ShopRefund.objects.select_for_update().get(pk=refund.pk)
    if refund.state not in (RefundState.PARKED, RefundState.REFUSED):
        raise RefundSettled
    _end(refund, RefundState.DROPPED, _("Set aside by staff."), now)
    record_audit(
        "shop_refund.dropped", refund, by=by, now=now, note=reason,
        changes={"refund": refund.external_id, "order": refund.order_external_id},
    )  # fmt: skip
