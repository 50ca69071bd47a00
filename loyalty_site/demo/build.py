"""Make data/purchases.csv.gz again from the two original files of The Complete Journey.

    python loyalty_site/demo/build.py transactions.csv.gz products.csv.gz

Three hand-made tables beside this script decide what is taken: products.csv (which goods),
members.csv (which households) and windows.csv (households whose story begins late or ends early).
The same input gives the same bytes. README.md lists every change made to the original.
"""

import argparse
import csv
import gzip
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent / "data"

COLUMNS = [
    "external_id",
    "line_id",
    "member",
    "purchased_at",
    "store",
    "product",
    "quantity",
    "amount",
    "discount",
]

# The original clock is UTC; on the wall of the shops, which were in the east, the year is exactly
# 1 January to 31 December. The wall time is kept as our own shops' wall time.
ORIGINAL_ZONE = ZoneInfo("America/New_York")
OPENS_AT, CLOSES_AT = 6, 23  # baskets at other hours (2 % of the lines) are left out

CAFE = "cafe"
SHOPS = ("main-street", "main-street", "harbor")  # original store number modulo three

# Nothing from these may slip into the table of goods: fuel, coupons, alcohol, tobacco, medicine.
FORBIDDEN_DEPARTMENTS = {"FUEL", "COUPON", "MISCELLANEOUS", "SPIRITS", "PHARMACY"}
FORBIDDEN_CATEGORIES = {
    "FUEL",
    "KIOSK-GAS",
    "COUPON/MISC ITEMS",
    "COUPONS/STORE & MFG",
    "BEERS/ALES",
    "DOMESTIC WINE",
    "IMPORTED WINE",
    "CIGARETTES",
}


@dataclass(frozen=True)
class Line:
    product: str
    quantity: int
    amount: Decimal
    discount: Decimal


@dataclass(frozen=True)
class Basket:
    external_id: str
    member: str
    purchased_at: datetime
    original_store: int
    lines: tuple[Line, ...]


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a CSV file for reading, gzipped or plain."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            yield file
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield file


def read_table(name: str) -> list[dict[str, str]]:
    with open_text(DATA / name) as file:
        return list(csv.DictReader(file))


def check_goods(goods: set[str], original_products: Path) -> None:
    """Refuse a table of goods that names an unknown or forbidden original product."""
    unseen = set(goods)
    with open_text(original_products) as file:
        for row in csv.DictReader(file):
            if row["product_id"] not in goods:
                continue
            unseen.discard(row["product_id"])
            department, category = row["department"], row["product_category"]
            if department in FORBIDDEN_DEPARTMENTS or category in FORBIDDEN_CATEGORIES:
                raise SystemExit(f"{row['product_id']} is {department} / {category}: not for sale")
    if unseen:
        raise SystemExit(f"not among the original products: {', '.join(sorted(unseen))}")


def wall_time(value: str) -> datetime:
    """The original UTC time as the wall time of the shop, without a zone."""
    utc = datetime.fromisoformat(value).replace(tzinfo=UTC)
    return utc.astimezone(ORIGINAL_ZONE).replace(tzinfo=None)


def is_wanted(purchased_at: datetime, window: dict[str, str] | None) -> bool:
    """Whether the shops were open and the day lies within the member's own window, if any."""
    if not OPENS_AT <= purchased_at.hour < CLOSES_AT:
        return False
    if window is None:
        return True
    day = purchased_at.date().isoformat()
    first, last = window["first_day"], window["last_day"]
    return (not first or day >= first) and (not last or day <= last)


def read_baskets(transactions: Path, goods: set[str]) -> list[Basket]:
    """The chosen households' baskets, cut down to the chosen goods, oldest first."""
    members = {row["member"] for row in read_table("members.csv")}
    windows = {row["member"]: row for row in read_table("windows.csv")}
    heads: dict[str, tuple[str, datetime, int]] = {}
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    with open_text(transactions) as file:
        for row in csv.DictReader(file):
            member = f"H{row['household_id']}"
            if member not in members or row["product_id"] not in goods:
                continue
            purchased_at = wall_time(row["purchased_at"])
            if not is_wanted(purchased_at, windows.get(member)):
                continue
            basket = row["basket_id"]
            heads[basket] = (member, purchased_at, int(row["store_id"]))
            line = Line(
                product=row["product_id"],
                quantity=int(row["quantity"]),
                amount=Decimal(row["sales_value"]).quantize(Decimal("0.01")),
                discount=Decimal(row["discount"]).quantize(Decimal("0.01")),
            )
            lines[basket].append(line)
    baskets = [Basket(basket, *head, tuple(lines[basket])) for basket, head in heads.items()]
    return sorted(baskets, key=lambda basket: (basket.purchased_at, int(basket.external_id)))


def choose_store(basket: Basket, cafe_goods: set[str]) -> str:
    """The café for what only the café sells; else one of the shops, by the original store."""
    if all(line.product in cafe_goods for line in basket.lines):
        return CAFE
    return SHOPS[basket.original_store % len(SHOPS)]


def write_purchases(baskets: list[Basket], cafe_goods: set[str], target: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for basket in baskets:
        store = choose_store(basket, cafe_goods)
        for number, line in enumerate(basket.lines, start=1):
            writer.writerow(
                [
                    basket.external_id,
                    number,
                    basket.member,
                    basket.purchased_at.isoformat(sep=" "),
                    store,
                    line.product,
                    line.quantity,
                    line.amount,
                    line.discount,
                ]
            )
    # mtime=0, so that the same purchases are the same file
    target.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Make the demonstration club's purchases from The Complete Journey.",
    )
    parser.add_argument("transactions", type=Path, help="the original transactions (CSV or .gz)")
    parser.add_argument("products", type=Path, help="the original products (CSV or .gz)")
    parser.add_argument("--output", type=Path, default=DATA / "purchases.csv.gz")
    options = parser.parse_args(arguments)

    products = read_table("products.csv")
    goods = {row["product_id"] for row in products}
    cafe_goods = {row["product_id"] for row in products if row["department"] == "cafe"}
    check_goods(goods, options.products)
    baskets = read_baskets(options.transactions, goods)
    write_purchases(baskets, cafe_goods, options.output)

    lines = [line for basket in baskets for line in basket.lines]
    sys.stdout.write(
        f"{len(baskets):,} purchases, {len(lines):,} lines, "
        f"{len({basket.member for basket in baskets}):,} members, "
        f"{sum(line.amount for line in lines):,.2f} paid\n"
    )


if __name__ == "__main__":
    main()
