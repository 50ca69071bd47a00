"""The purchases of the demonstration, moved to the year that ends yesterday."""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from core.time import resolve_local
from loyalty_site.demo.data import (
    LANGUAGE,
    Basket,
    read_baskets,
    read_categories,
    read_club,
    read_names,
    read_stories,
    read_table,
    translate,
)
from members.registry import Receipt
from members.services.activities import sum_receipts
from members.services.enrolment import MemberKey
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
)
from purchases.models import Category, Channel, Product, Source, Store
from purchases.services.catalogue import ProductRow, save_products
from purchases.services.intake import take_in
from purchases.services.known import Known
from purchases.services.sources import ensure_source

TILL = "till"
BATCH = 1_000
_CAFE = "cafe"
# The files know purchases at the counter only. So that pending points and returns can be seen,
# some members order larger baskets from home, and now and then a line comes back.
_ORDERS_FROM_HOME = 0.4  # of the members without a story
_ORDERED = 0.5  # of their larger baskets
_LARGE = 15_00
_RETURNED = 0.008  # of the baskets without a story


@dataclass(slots=True)
class Taken:
    """What intake did with the demonstration's history."""

    purchase_count: int = 0
    line_count: int = 0
    return_count: int = 0
    total_amount: int = 0
    receipts: list[Receipt] = field(default_factory=list)


def set_up_shops(*, zone: str) -> Source:
    """The till, the stores, and the goods with their categories."""
    source = ensure_source(TILL)
    # Stores are staff's own to edit in the back office; there is no service to call.
    channels = {channel.code: channel for channel in Channel.objects.all()}
    for store in read_club()["stores"]:
        Store.objects.get_or_create(
            code=store["slug"],
            defaults={
                "name": store["name"][LANGUAGE],
                "i18n": translate("name", store["name"]),
                "zone": zone,
                "channel": channels[store["channel"]],
            },
        )
    categories = read_categories()
    save_products(
        source,
        [
            ProductRow(row["product_id"], row["name"], categories[row["category"]])
            for row in read_table("products.csv")
        ],
    )
    _translate_goods(source)
    return source


def _translate_goods(source: Source) -> None:
    """Goods and categories come from tills in one language; staff write the others."""
    names = {row["product_id"]: read_names(row) for row in read_table("products.csv")}
    goods = list(Product.objects.filter(source=source, external_id__in=names))
    for good in goods:
        good.i18n = translate("name", names[good.external_id])
    Product.objects.bulk_update(goods, ["i18n"])
    shelves = [*read_table("departments.csv"), *read_table("categories.csv")]
    by_name = {row["name"]: read_names(row) for row in shelves}
    categories = list(Category.objects.filter(name__in=by_name))
    for category in categories:
        category.i18n = translate("name", by_name[category.name])
    Category.objects.bulk_update(categories, ["i18n"])


def move_baskets(codes: set[str], *, yesterday: dt.date) -> list[Basket]:
    """The baskets of these members, oldest first, all moved by the same number of days so that
    the newest of the whole year was bought yesterday."""
    baskets = read_baskets()
    shift = yesterday - max(basket.bought_at for basket in baskets).date()
    return [
        Basket(
            basket.external_id,
            basket.member,
            basket.bought_at + shift,
            basket.store,
            basket.lines,
        )
        for basket in baskets
        if basket.member in codes
    ]


def list_first_visits(baskets: Sequence[Basket]) -> dict[str, dt.datetime]:
    first: dict[str, dt.datetime] = {}
    for basket in baskets:
        first.setdefault(basket.member, basket.bought_at)
    return first


def take_in_history(
    source: Source,
    baskets: Sequence[Basket],
    *,
    zone: str,
    seed: int,
    now: dt.datetime,
    on_progress: Callable[[int], object],
) -> Taken:
    """Everything through the one intake path, in batches in the order of time."""
    taken = Taken()
    known = Known(source)
    for purchases, returns in _build_batches(baskets, zone, seed):
        result = take_in(source, purchases, returns, now=now, known=known)
        for outcome in result.refused:
            raise RuntimeError(f"{outcome.kind} {outcome.external_id}: {outcome.refusal}")
        taken.purchase_count += result.purchase_count
        taken.line_count += result.line_count
        taken.return_count += result.return_count
        taken.total_amount += result.total_amount
        taken.receipts = sum_receipts([*taken.receipts, *result.receipts])
        on_progress(len(purchases))
    return taken


def _build_batches(
    baskets: Sequence[Basket], zone: str, seed: int
) -> Iterator[tuple[list[IncomingPurchase], list[IncomingReturn]]]:
    """A return travels in the first batch that reaches its time."""
    waiting: list[IncomingReturn] = []
    for start in range(0, len(baskets), BATCH):
        purchases = []
        for basket in baskets[start : start + BATCH]:
            purchase = _build_purchase(basket, zone, seed)
            purchases.append(purchase)
            if item := _build_return(basket, zone, seed):
                waiting.append(item)
        reached = purchases[-1].purchased_at
        yield purchases, [item for item in waiting if item.returned_at <= reached]
        waiting = [item for item in waiting if item.returned_at > reached]


def _build_purchase(basket: Basket, zone: str, seed: int) -> IncomingPurchase:
    return IncomingPurchase(
        external_id=basket.external_id,
        purchased_at=resolve_local(basket.bought_at, zone)[0],
        lines=[
            IncomingLine(
                quantity=line.quantity,
                amount=line.amount,
                product=line.product,
                line_id=line.line_id,
                discount=line.discount,
            )
            for line in basket.lines
        ],
        member=MemberKey(external_id=basket.member),
        store=basket.store,
        channel=_choose_channel(basket, seed),
    )


def _choose_channel(basket: Basket, seed: int) -> str:
    """A channel of its own for baskets ordered from home, else "": the store's."""
    if basket.store == _CAFE or basket.amount < _LARGE or _has_story(basket.member):
        return ""
    if _luck(seed, "home", basket.member).random() >= _ORDERS_FROM_HOME:
        return ""
    luck = _luck(seed, "channel", basket.external_id)
    if luck.random() >= _ORDERED:
        return ""
    return luck.choice(["pickup", "pickup", "delivery"])


def _build_return(basket: Basket, zone: str, seed: int) -> IncomingReturn | None:
    luck = _luck(seed, "return", basket.external_id)
    if luck.random() >= _RETURNED or _has_story(basket.member):
        return None
    lines = [line for line in basket.lines if line.amount and line.quantity]
    if not lines:
        return None
    day = basket.bought_at.date() + dt.timedelta(days=luck.randrange(1, 6))
    moment = dt.datetime.combine(day, dt.time(luck.randrange(9, 20), luck.randrange(60)))
    line = luck.choice(lines)
    return IncomingReturn(
        external_id=f"R{basket.external_id}",
        returned_of=basket.external_id,
        returned_at=resolve_local(moment, zone)[0],
        lines=[IncomingReturnLine(line_id=line.line_id)],
    )


def _has_story(code: str) -> bool:
    return any(code == member for _kind, member in read_stories())


def _luck(seed: int, about: str, key: str) -> random.Random:
    """Repeatable chance: the same for a basket whoever else is in the club."""
    return random.Random(f"{seed}:{about}:{key}")  # noqa: S311 - repeatable on purpose
