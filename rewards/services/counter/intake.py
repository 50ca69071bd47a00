"""From a bill to a purchase: through intake, as from any other till."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from core.time import day_of
from members.models import Member
from members.registry import Receipt
from members.services.enrolment import MemberKey
from members.services.work import process_batch
from purchases.incoming import IncomingLine, IncomingPurchase
from purchases.models import Product, Source
from purchases.receipts import generate_number
from purchases.services.intake import take_in
from purchases.services.known import Known
from purchases.services.sources import ensure_source
from rewards.models import Register
from rewards.registry import CHALLENGES
from rewards.services.counter.draft import PricedLine, allocate_paid

SOURCE = "counter"


def get_counter_source() -> Source:
    """The source of what the counter rings up; made at the first sale."""
    source = Source.objects.select_related("default_store").filter(code=SOURCE).first()
    if source is None:
        source = ensure_source(SOURCE)
        source.has_random_numbers = True
        source.save(update_fields=["has_random_numbers"])
    return source


def choose_number(register: Register, now: dt.datetime) -> str:
    """The number of a new receipt, with the store's own day in it."""
    return generate_number(day_of(now, register.store.zone))


def take_in_bill(
    register: Register,
    number: str,
    lines: Sequence[PricedLine],
    *,
    member: Member | None,
    paid_amount: int = 0,
    now: dt.datetime,
) -> tuple[int, list[Receipt]]:
    """The purchase's id and what listeners did. Raises what intake refuses.

    Goods may be those of any source: the counter sells what the shops have named.
    """
    source = get_counter_source()
    known = Known(source)
    _adopt_products(known, lines)
    parts = allocate_paid(lines, paid_amount)
    incoming = IncomingPurchase(
        number,
        now,
        [
            IncomingLine(
                quantity=line.quantity,
                amount=line.amount,
                product=_key(line.product_id) if line.product_id else "",
                discount=line.discount_amount,
                paid_otherwise=part,
            )
            for line, part in zip(lines, parts, strict=True)
        ],
        MemberKey(number=member.number) if member else None,
        store=register.store.code,
    )
    result = take_in(source, [incoming], now=now, known=known)
    (outcome,) = result.outcomes
    if outcome.refusal is not None or outcome.id is None:
        raise outcome.refusal or ValueError("Intake answered without an id.")
    if result.batch_id is not None:
        # The clerk and the member see the new stamp on the next page; else a worker counts it.
        stamp = partial(process_batch, CHALLENGES, result.batch_id, now=now)
        transaction.on_commit(stamp, robust=True)
    return outcome.id, result.receipts


def _key(product_id: int) -> str:
    return f"#{product_id}"


def _adopt_products(known: Known, lines: Sequence[PricedLine]) -> None:
    wanted = {line.product_id for line in lines if line.product_id}
    if not wanted:
        return
    for product in Product.objects.filter(pk__in=wanted).select_related("category"):
        category = product.category
        known.products[_key(product.pk)] = (
            product.pk,
            category.pk if category else None,
            tuple(category.lineage) if category else (),
        )
