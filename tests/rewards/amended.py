"""Orders of a shop that say something else each time, without the way through HTTP."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction

from members.models import Member, MemberReference
from purchases.incoming import IncomingLine
from purchases.models import Purchase, ShopConnection
from purchases.parsing.shops import SaidCustomer, SaidOrder, SaidRefund, Standing
from purchases.services.shops.orders import Settled, lock_order, settle_order
from purchases.services.shops.refunds import note_refunds, settle_refunds
from rewards.models import Lot
from tests.rewards.conftest import at

DAY = dt.date(2026, 3, 11)  # after the rules of the tests were published


@dataclass
class Orders:
    """``say(order, {line: dollars}, on=day)`` is one version of an order, placed on DAY."""

    connection: ShopConnection
    said_count: int = 0
    refunds: dict[str, list[SaidRefund]] = field(default_factory=dict)

    def build(
        self, name: str, lines: dict[str, Any], *, on: dt.date, hour: int = 13,
        customer: str | None = "mei", standing: Standing = Standing.PAID, placed=DAY,
        products: dict[str, str] | None = None, refunds=(),
    ) -> SaidOrder:  # fmt: skip
        self.said_count += 1
        return SaidOrder(
            external_id=name,
            name=f"#{name}",
            said_at=at(on, hour) + dt.timedelta(seconds=self.said_count),
            ordered_at=at(placed),
            standing=standing,
            currency="USD",
            total=sum(cents(amount) for amount in lines.values()) + 1000,
            is_tax_included=True,
            customer=SaidCustomer(external_id=customer or ""),
            lines=[
                IncomingLine(
                    Decimal(4), cents(amount), line_id=line, product=(products or {}).get(line, "")
                )
                for line, amount in lines.items()
            ],
            refunds=list(refunds),
        )

    def tell(self, said: SaidOrder, *, now: dt.datetime | None = None) -> Settled:
        with transaction.atomic():
            return settle_order(
                self.connection, said, sent_at=said.said_at, now=now or said.said_at
            )

    def say(self, name: str, lines: dict[str, Any], *, on: dt.date, **more) -> Settled:
        return self.tell(self.build(name, lines, on=on, **more))

    def build_refund(
        self, number: str, name: str, lines: dict[str, Any], *, on: dt.date, loose: Any = 0,
        quantity: str = "0",
    ) -> SaidRefund:  # fmt: skip
        parts = tuple((line, quantity, cents(amount), 0) for line, amount in lines.items())
        return SaidRefund(number, name, at(on, 15), parts, cents(loose))

    def refund(self, number, name, lines, *, on, **more) -> str:
        return self.tell_refund(self.build_refund(number, name, lines, on=on, **more))

    def tell_refund(self, refund: SaidRefund) -> str:
        now = refund.refunded_at
        with transaction.atomic():
            order = lock_order(self.connection, refund.order_id, now=now)
            note_refunds(self.connection.source, [refund], now=now)
            (settled, *_others) = settle_refunds(order, now=now) or [None]
        return settled.state if settled else ""

    def member(self, customer: str = "mei") -> Member:
        return MemberReference.objects.get(
            source_code=self.connection.source.code, external_id=customer
        ).member

    def purchase(self, name: str) -> Purchase:
        return Purchase.objects.get(source=self.connection.source, external_id=name)


def cents(amount: Any) -> int:
    return round(float(amount) * 100)


def list_lots(member: Member) -> list[tuple]:
    """Where points and credits stand, without ids, what is empty left out."""
    lots = Lot.objects.open().filter(member=member)
    return sorted(
        lots.values_list("unit", "pending", "available", "held", "release_on", "expires_on"),
        key=str,
    )
