"""What intake has looked up: stores, channels, categories and products, by what sources say."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import slugify

from core.bulk import read_together, reserve_ids
from members.selectors.club import get_club
from purchases.models import Source

_KEPT_PRODUCTS = 200_000  # then forgotten, so that memory stays flat

STORES = "SELECT code, id, zone, channel_id FROM purchases_store WHERE code = ANY(%s) OR id = %s"
CHANNELS = "SELECT code, id, return_window_days FROM purchases_channel"
CATEGORIES = "SELECT slug, id, lineage FROM purchases_category WHERE slug = ANY(%s)"
PRODUCTS = """
    SELECT product.external_id, product.id, product.category_id, category.lineage
    FROM purchases_product AS product
    LEFT JOIN purchases_category AS category ON category.id = product.category_id
    WHERE product.source_id = %s AND product.external_id = ANY(%s)
"""
_ADD_STORES = """
    INSERT INTO purchases_store (code, name, zone, channel_id)
    SELECT code, code, %s, %s FROM unnest(%s::text[]) AS code ORDER BY code
    ON CONFLICT (code) DO NOTHING
"""
_ADD_PRODUCTS = """
    INSERT INTO purchases_product (source_id, external_id, name, category_id, brand)
    SELECT %s, external_id, name, nullif(category_id, 0), ''
    FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS new (external_id, name, category_id)
    ORDER BY external_id
    ON CONFLICT (source_id, external_id) DO NOTHING
"""


@dataclass(slots=True, frozen=True)
class KnownStore:
    id: int
    zone: str
    channel_id: int


def split_category(path: str) -> tuple[str, ...]:
    """``"Dairy > Milk"`` → its names, from the top."""
    return tuple(
        name.strip()[:120] for name in path.split(">") if slugify(name, allow_unicode=True)
    )


def slug_of(names: Iterable[str]) -> str:
    """The slug of a category's names from the top; two dashes divide the levels."""
    return "--".join(slugify(name, allow_unicode=True) for name in names)[:200]


class Known:
    """What one source's purchases refer to. A file keeps it from batch to batch."""

    def __init__(self, source: Source):
        self.source = source
        self.club_zone = get_club().zone
        self.stores: dict[str, KnownStore] = {}
        self.channels: dict[str, tuple[int, int]] = {}
        self.windows: dict[int, int] = {}
        self.categories: dict[str, tuple[int, tuple[int, ...]]] = {}
        self.products: dict[str, tuple[int, int | None, tuple[int, ...]]] = {}
        self.default_store: KnownStore | None = None

    @property
    def zone(self) -> str:
        """The zone of times in rows that name no store."""
        if self.default_store:
            return self.default_store.zone
        return self.source.zone or self.club_zone

    def build_reads(self, stores, products, categories) -> list[tuple[str, list]]:
        """The statements that look up what isn't known yet; ``take`` receives their rows."""
        if len(self.products) > _KEPT_PRODUCTS:
            self.products.clear()
        paths = {slug_of(split_category(path)) for path in categories if path}
        return [
            (CHANNELS, []),
            (STORES, [sorted(stores - self.stores.keys()), self.source.default_store_id]),
            (CATEGORIES, [sorted(paths - self.categories.keys())]),
            (PRODUCTS, [self.source.pk, sorted(products - self.products.keys())]),
        ]

    def take(self, channels, stores, categories, products) -> None:
        for code, channel_id, window in channels:
            self.channels[code] = (channel_id, window)
            self.windows[channel_id] = window
        for code, store_id, zone, channel_id in stores:
            self.stores[code] = KnownStore(store_id, zone, channel_id)
            if store_id == self.source.default_store_id:
                self.default_store = self.stores[code]
        for slug, category_id, lineage in categories:
            self.categories[slug] = (category_id, tuple(lineage))
        for external_id, product_id, category_id, lineage in products:
            self.products[external_id] = (product_id, category_id, tuple(lineage or ()))

    def find_category(self, path: str) -> tuple[int | None, tuple[int, ...]]:
        if not path:
            return None, ()
        return self.categories.get(slug_of(split_category(path)), (None, ()))

    def find_goods(self, product: str, category: str):
        """Product id, category id and the category's lineage of one line.

        The line's own category wins over its product's.
        """
        if product:
            product_id, category_id, lineage = self.products[product]
            if not category:
                return product_id, category_id, lineage
            return product_id, *self.find_category(category)
        return None, *self.find_category(category)

    def add_missing(self, stores, products, categories) -> None:
        """Make the stores, categories and products that nobody knew, in key order.

        ``products`` maps external ids to (name, category path).
        """
        new_stores = sorted(stores - self.stores.keys())
        new_paths = {
            path
            for path in categories
            if path and slug_of(split_category(path)) not in self.categories
        }
        new_products = sorted(products.keys() - self.products.keys())
        if new_paths:
            ensure_categories(new_paths, known=self.categories)
        if not (new_stores or new_products):
            return
        rows = [(code, *products[code]) for code in new_products]
        *_none, added_stores, added_products = read_together(
            [
                (_ADD_STORES, [self.zone, self.source.default_channel_id, new_stores]),
                (
                    _ADD_PRODUCTS,
                    [
                        self.source.pk,
                        [row[0] for row in rows],
                        [row[1][:200] for row in rows],
                        [self.find_category(row[2])[0] or 0 for row in rows],
                    ],
                ),
                (STORES, [new_stores, None]),
                (PRODUCTS, [self.source.pk, new_products]),
            ]
        )
        self.take([], added_stores, [], added_products)


def ensure_categories(paths: Iterable[str], *, known: dict | None = None) -> dict:
    """Find or make categories such as ``"Dairy > Milk"`` with all that stand above them.

    Returns slug to (id, lineage). Inside the caller's transaction; slugs are taken in one
    order, so that two callers never wait for each other in a circle.
    """
    result = known if known is not None else {}
    wanted: dict[str, tuple[str, ...]] = {}
    for path in paths:
        names = split_category(path)
        for depth in range(1, len(names) + 1):
            wanted[slug_of(names[:depth])] = names[:depth]
    if not wanted:
        return result
    _load_categories(wanted, result)
    missing = sorted(wanted.keys() - result.keys(), key=lambda slug: (len(wanted[slug]), slug))
    by_depth: dict[int, list[str]] = {}
    for slug in missing:
        by_depth.setdefault(len(wanted[slug]), []).append(slug)
    for slugs in by_depth.values():
        parents = [result.get(slug_of(wanted[slug][:-1]), (None, ())) for slug in slugs]
        ids = reserve_ids(purchases_category=len(slugs))["purchases_category"]
        read_together(
            [
                (
                    "INSERT INTO purchases_category (id, slug, name, parent_id, lineage)"
                    " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (slug) DO NOTHING",
                    [new_id, slug, wanted[slug][-1], parent_id, [new_id, *lineage]],
                )
                for new_id, slug, (parent_id, lineage) in zip(ids, slugs, parents, strict=True)
            ]
        )
        _load_categories(slugs, result)
    return result


def _load_categories(slugs, result):
    ((rows),) = read_together([(CATEGORIES, [sorted(slugs)])])
    for slug, category_id, lineage in rows:
        result[slug] = (category_id, tuple(lineage))
