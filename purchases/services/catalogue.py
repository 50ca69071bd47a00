"""Goods and their categories, as a source's product file tells them."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together, reserve_ids
from core.errors import DomainError
from core.services.audit import record_audit
from purchases import errors
from purchases.models import Category, Source
from purchases.parsing.cells import clean_text
from purchases.parsing.columns import guess_product_mapping
from purchases.parsing.files import inspect_file, read_rows
from purchases.services.known import ensure_categories, slug_of, split_category

_BATCH = 5_000
_UPSERT = """
    INSERT INTO purchases_product (source_id, external_id, name, category_id, brand, margin)
    SELECT %s, external_id, name, nullif(category_id, 0), brand, margin
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::numeric[])
        AS new (external_id, name, category_id, brand, margin)
    ORDER BY external_id
    ON CONFLICT (source_id, external_id) DO UPDATE SET
        name = EXCLUDED.name, brand = EXCLUDED.brand,
        category_id = coalesce(EXCLUDED.category_id, purchases_product.category_id),
        margin = coalesce(EXCLUDED.margin, purchases_product.margin)
    WHERE (purchases_product.name, purchases_product.brand, purchases_product.category_id,
            purchases_product.margin)
        IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.brand,
            coalesce(EXCLUDED.category_id, purchases_product.category_id),
            coalesce(EXCLUDED.margin, purchases_product.margin))
    RETURNING id
"""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One good of a product file; ``category`` is a path such as ``"Dairy > Milk"``."""

    external_id: str
    name: str = ""
    category: str = ""
    brand: str = ""
    margin: Decimal | None = None


class InvalidCategory(DomainError):
    code = "invalid_category"
    message = _("A category has a name with letters or digits, and one that none beside it has.")


@transaction.atomic
def add_category(
    name: str,
    *,
    parent: Category | None = None,
    i18n: dict[str, str] | None = None,
    by: Any,
    now: dt.datetime,
) -> Category:
    """A category below ``parent``, under the slug by which files would name it. Raises
    InvalidCategory.
    """
    name = name.strip().replace(">", "›")  # which divides the levels in a file
    own = slugify(name, allow_unicode=True)
    slug = (f"{parent.slug}--{own}" if parent else own)[:200]
    if not own:
        raise InvalidCategory
    (pk,) = reserve_ids(purchases_category=1)["purchases_category"]
    lineage = [pk, *(parent.lineage if parent else ())]
    category = Category(pk=pk, slug=slug, name=name, parent=parent, lineage=lineage, i18n=i18n)
    try:
        with transaction.atomic():
            category.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidCategory from error
    record_audit("category.added", category, by=by, now=now)
    return category


@transaction.atomic
def save_products(source: Source, products: Iterable[ProductRow]) -> int:
    """Add or update goods, in key order; returns how many rows changed. The last row wins."""
    latest = {product.external_id: product for product in products}
    rows = [latest[key] for key in sorted(latest)]
    if not rows:
        return 0
    categories = ensure_categories({row.category for row in rows if row.category})
    ids = [
        categories[slug_of(names)][0] if (names := split_category(row.category)) else 0
        for row in rows
    ]
    (changed,) = read_together(
        [
            (
                _UPSERT,
                [
                    source.pk,
                    [row.external_id for row in rows],
                    [row.name[:200] for row in rows],
                    ids,
                    [row.brand[:120] for row in rows],
                    [row.margin for row in rows],
                ],
            )
        ]
    )
    return len(changed)


def import_products(source: Source, file: BinaryIO, *, encoding: str = "") -> int:
    """Read a product file (CSV or gzip) in batches that commit as they go."""
    shape = inspect_file(file, encoding=encoding)
    rows = read_rows(file, shape)
    _number, header = next(rows)
    mapping = guess_product_mapping(header)
    indexes = {field: [header.index(name) for name in names] for field, names in mapping.items()}
    changed, batch = 0, []
    for product in _read_products(rows, indexes):
        batch.append(product)
        if len(batch) == _BATCH:
            changed += save_products(source, batch)
            batch = []
    return changed + save_products(source, batch)


def _read_products(rows, indexes) -> Iterator[ProductRow]:
    for number, cells in rows:
        try:
            yield _read_product(cells, indexes)
        except (DomainError, IndexError) as error:
            reason = str(error) if isinstance(error, DomainError) else "too few cells"
            raise errors.UnreadableFile(reason=f"row {number}: {reason}") from error


def _read_product(cells, indexes) -> ProductRow:
    def read(field, joint=" "):
        texts = [clean_text(cells[index]) for index in indexes.get(field, ())]
        return joint.join(text for text in texts if text)

    external_id = read("product", ":")
    if not external_id or len(external_id) > 100:
        raise errors.Missing(field="product")
    margin = read("margin")
    try:
        share = Decimal(margin) if margin else None
    except InvalidOperation as error:
        raise errors.WrongAmount(field="margin", value=margin[:40], currency="") from error
    if share is not None and not -1 <= share <= 1:
        raise errors.PartTooLarge(field="margin")
    category = read("category", " > ")
    return ProductRow(external_id, read("name"), category, read("brand"), share)
