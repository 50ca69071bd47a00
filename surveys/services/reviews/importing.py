"""Reviews from other sites: by a file that is shown first, or by the API."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.selectors.club import get_club
from purchases.models import Product, Source
from purchases.parsing.files import inspect_file, read_rows
from surveys.engine.flags import find_flags
from surveys.enums import ReviewImportState, ReviewName, ReviewSource, ReviewState
from surveys.models import Review, ReviewImport
from surveys.selectors.reviews import get_terms
from surveys.services.reviews.incoming import (
    BadReview,
    IncomingReview,
    find_columns,
    read_review,
    read_site,
)

MAX_ROWS = 5_000
MAX_BYTES = 10 * 1024 * 1024
_NEEDED = {"id": "id", "written_at": "date", "stars": "stars"}  # and as staff are told of them
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('surveys.review_import'))"


class NoSite(DomainError):
    code = "no_site"
    field = "origin_name"
    message = _("Name the site that the reviews come from.")


class MissingColumns(DomainError):
    code = "missing_columns"
    field = "file"
    message = _("The file has no column for: %(names)s.")


class TooManyRows(DomainError):
    code = "too_many_rows"
    field = "file"
    message = _("At most %(most)s reviews in one file.")


class ImportDone(DomainError):
    code = "import_done"
    status = 409
    message = _("This file was taken in already.")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """External ids of what is new, and of what was known."""

    new: frozenset[tuple[str, str]]
    known: frozenset[tuple[str, str]]


@transaction.atomic
def draft_import(
    file: Any, origin_name: str, *, file_name: str, by: Any, now: dt.datetime
) -> ReviewImport:
    """Read a CSV file and keep what it says, with what is wrong row by row. Nothing is shown yet.

    Raises NoSite, MissingColumns, TooManyRows, and what ``inspect_file`` raises.
    """
    origin_name = read_site(origin_name)
    if not origin_name:
        raise NoSite
    shape = inspect_file(file, max_bytes=MAX_BYTES)
    lines = read_rows(file, shape, MAX_BYTES)
    _number, header = next(lines, (1, []))
    columns = find_columns(header)
    if missing := [told for name, told in _NEEDED.items() if name not in columns]:
        raise MissingColumns(names=", ".join(missing))
    rows: list[IncomingReview] = []
    errors: list[list[Any]] = []
    seen: dict[tuple[str, str], int] = {}
    numbers: list[int] = []
    for number, cells in lines:
        if len(rows) + len(errors) >= MAX_ROWS:
            raise TooManyRows(most=MAX_ROWS)
        said = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        try:
            row = read_review(said, zone=get_club().zone, now=now)
            if first := seen.get((row.site, row.id)):
                raise BadReview("id", _("The same id stands in row %(row)s."), row=first)
        except BadReview as refusal:
            errors.append([number, header[columns[refusal.field]], str(refusal)])
            continue
        seen[row.site, row.id] = number
        rows.append(row)
        numbers.append(number)
    found = _find_products(rows, None)
    good = []
    for number, row in zip(numbers, rows, strict=True):
        if row.product and row.product not in found:
            words = _now("No product has this number.")
            errors.append([number, header[columns["product"]], words])
        else:
            good.append(row.pack())
    errors.sort(key=lambda error: error[0])
    job = ReviewImport.objects.create(
        origin_name=origin_name, file_name=file_name[:200], rows=good,
        errors=errors, made_at=now, made_by=by,
    )  # fmt: skip
    facts = {"rows": len(good), "errors": len(errors)}
    record_audit("review_import.drafted", job, by=by, now=now, changes=facts)
    return job


@transaction.atomic
def confirm_import(job: ReviewImport, *, is_shown: bool, by: Any, now: dt.datetime) -> ReviewImport:
    """Take in what the draft holds, each review once. ``is_shown``: on the public pages too, but
    for those with something to look at. Raises ImportDone.
    """
    job = ReviewImport.objects.select_for_update().get(pk=job.pk)
    if job.state != ReviewImportState.DRAFT:
        raise ImportDone
    taken = take_in_reviews(
        [IncomingReview(**row) for row in job.rows], origin_name=job.origin_name,
        is_shown=is_shown, job=job, now=now,
    )  # fmt: skip
    job.state, job.done_at = ReviewImportState.DONE, now
    job.taken_count, job.known_count = len(taken.new), len(taken.known)
    job.rows = []  # the reviews hold it now
    job.save(update_fields=["state", "done_at", "taken_count", "known_count", "rows"])
    facts = {"taken": job.taken_count, "known": job.known_count, "is_shown": is_shown}
    record_audit("review_import.done", job, by=by, now=now, changes=facts)
    return job


@transaction.atomic
def take_in_reviews(
    rows: Sequence[IncomingReview], *, origin_name: str, is_shown: bool,
    product_source: Source | None = None, job: ReviewImport | None = None, now: dt.datetime,
) -> TakenIn:  # fmt: skip
    """Insert what isn't known, by site and id. Products are looked up at ``product_source``, or at
    any source where only one has the id; one that is unknown leaves the review about the club.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)  # whoever brings in the same file at once finds it known
    spellings = _list_spellings()
    keys = [(_spell(row.site or origin_name, spellings), row.id) for row in rows]
    known = set(
        Review.objects.filter(
            source=ReviewSource.IMPORT, external_id__in={key[1] for key in keys}
        ).values_list("origin_name", "external_id")
    )
    products = _find_products(rows, product_source)
    words = get_terms().flagged_words
    made: dict[tuple[str, str], Review] = {}
    for key, row in zip(keys, rows, strict=True):
        if key not in known and key not in made:
            product_id = products.get(row.product) if row.product else None
            made[key] = _build(key[0], row, product_id, words, is_shown, job, now)
    Review.objects.bulk_create(made.values(), batch_size=500)
    return TakenIn(frozenset(made), frozenset(keys) - made.keys())


def _list_spellings() -> dict[str, str]:
    names = Review.objects.filter(source=ReviewSource.IMPORT).order_by().values_list("origin_name")
    return {name.casefold(): name for (name,) in names.distinct()}


def _spell(site: str, spellings: dict[str, str]) -> str:
    """As it was spelt when it was first brought in: “bay” and “Bay” are one site."""
    return spellings.setdefault(site.casefold(), site)


def _build(
    site: str, row: IncomingReview, product_id: int | None, words: Sequence[str],
    is_shown: bool, job: ReviewImport | None, now: dt.datetime,
) -> Review:  # fmt: skip
    flags = find_flags(f"{row.title}\n{row.text}", row.author, words)
    if not (row.text or row.title):
        flags = []  # stars alone are no spam
    is_public = is_shown and not flags
    return Review(
        source=ReviewSource.IMPORT,
        origin_name=site,
        external_id=row.id,
        origin_url=row.url,
        imported_with=job,
        product_id=product_id,
        stars=row.stars,
        title=row.title,
        text=row.text,
        language=row.language,
        name_kind=ReviewName.NICKNAME if row.author else ReviewName.ANONYMOUS,
        shown_name=row.author,
        written_at=min(dt.datetime.fromisoformat(row.written_at), now),
        flags=flags,
        state=ReviewState.PUBLISHED if is_public else ReviewState.INTERNAL,
        published_at=now if is_public else None,
    )


def _find_products(rows: Sequence[IncomingReview], source: Source | None) -> dict[str, int]:
    """Ids by the number at the source; without one only numbers that a single source has."""
    wanted = {row.product for row in rows if row.product}
    if not wanted:
        return {}
    products = Product.objects.filter(external_id__in=wanted)
    if source is not None:
        products = products.filter(source=source)
    found: dict[str, list[int]] = {}
    for pk, external_id in products.values_list("pk", "external_id"):
        found.setdefault(external_id, []).append(pk)
    return {number: ids[0] for number, ids in found.items() if len(ids) == 1}
