"""Reviews as members and visitors see them."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, QuerySet, Value, When
from django.utils.translation import get_language

from members.models import Member
from purchases.models import Line, Product, Purchase
from surveys.enums import ReviewSource
from surveys.models import Review, ReviewTerms
from surveys.models.review import STARS

PER_PAGE = 10
QUOTED = 3
_QUOTE = (30, 360)  # characters that fit a quotation
_QUOTE_POOL = 60  # the newest of these are chosen from
TO_REVIEW = 8
_SHELF = 48  # products on the page of all reviews


def get_terms() -> ReviewTerms:
    """The club's own, or what holds before anybody chose."""
    return ReviewTerms.objects.first() or ReviewTerms(pk=1)


# --- What may be reviewed -------------------------------------------------------------------------


def list_reviewable() -> QuerySet[Product]:
    """Products with a page: they have a name, and were sold at least once or spoken of already.

    Goods that nobody could buy yet stay unknown, whoever counts addresses.
    """
    sold = Exists(Line.objects.filter(product=OuterRef("pk")))
    told = Exists(Review.objects.published().filter(product=OuterRef("pk")))
    return Product.objects.exclude(name="").filter(sold | told)


def can_be_reviewed(product: Product) -> bool:
    return list_reviewable().filter(pk=product.pk).exists()


def find_purchase(member: Member, product: Product | None, *, now: dt.datetime) -> Purchase | None:
    """The member's newest purchase of it; of the club itself, the newest of all."""
    rows = Purchase.objects.of(member).filter(purchased_at__lte=now)
    if product is not None:
        lines = Line.objects.present().filter(product=product, purchase__member=member)
        rows = rows.filter(pk__in=lines.values("purchase"))
    return rows.order_by("-purchased_at", "-pk").first()


def list_to_review(member: Member, *, limit: int = TO_REVIEW) -> list[Product]:
    """What the member bought and has not reviewed, the latest first. Two queries."""
    lines = Line.objects.present().filter(purchase__member=member, product__isnull=False)
    own = Review.objects.filter(member=member, product=OuterRef("product"))
    rows = (
        lines.exclude(product__name="").filter(~Exists(own)).values("product")
        .annotate(bought_at=Max("purchase__purchased_at")).order_by("-bought_at", "product")
    )  # fmt: skip
    ids = [row["product"] for row in rows[:limit]]
    found = Product.objects.select_related("category").in_bulk(ids)
    return [found[pk] for pk in ids]


def list_own(member: Member) -> QuerySet[Review]:
    rows = Review.objects.filter(member=member).for_list()
    return rows.order_by("-written_at", "-pk")


def get_own(member: Member, product: Product | None) -> Review | None:
    return list_own(member).about(product).first()  # type: ignore[attr-defined]


def list_of_purchase(purchase: Purchase) -> list[tuple[Product, Review | None]]:
    """Its goods with a name, each with the member's review where there is one. Two queries."""
    lines = Line.objects.present().filter(purchase=purchase, product__isnull=False)
    products: dict[int, Product] = {}
    for line in lines.select_related("product__category").order_by("position"):
        if line.product.name:
            products.setdefault(line.product_id, line.product)
    own = Review.objects.filter(member=purchase.member_id, product__in=products)
    reviews = {review.product_id: review for review in own}
    return [(product, reviews.get(pk)) for pk, product in products.items()]


def list_waiting_reviews(now: dt.datetime) -> tuple[QuerySet[Review], str]:
    """What staff have to look at, the oldest first, and since when each waits."""
    return Review.objects.waiting().order_by("written_at"), "written_at"


# --- In public ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Summary:
    """The stars that members of this club gave: how many each number, five first."""

    stars: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        return sum(count for _stars, count in self.stars)

    @property
    def average(self) -> float | None:
        """Of one to five; None where nobody spoke."""
        total = sum(stars * count for stars, count in self.stars)
        return total / self.count if self.count else None

    @property
    def average_permille(self) -> int:
        """Of five stars, for a drawing."""
        return round((self.average or 0) * 200)

    @property
    def bars(self) -> list[tuple[int, int, int]]:
        """(stars, how many, how many of a thousand)."""
        return [(stars, n, round(1000 * n / (self.count or 1))) for stars, n in self.stars]


def get_summary(product: Product | None) -> Summary:
    rows = Review.objects.published().of_members().about(product)
    counts = dict(rows.order_by().values_list("stars").annotate(Count("pk")))
    return Summary(tuple((stars, counts.get(stars, 0)) for stars in reversed(STARS)))


def list_published(product: Product | None, *, stars: int | None = None) -> QuerySet[Review]:
    """Those in the reader's language first, then the newest; from elsewhere too."""
    rows = Review.objects.published().about(product).for_list()
    if stars in STARS:
        rows = rows.filter(stars=stars)
    return rows.annotate(is_foreign=_is_foreign()).order_by("is_foreign", "-written_at", "-pk")


def _is_foreign() -> Case:
    return Case(
        When(language=get_language() or "", then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )


def count_imported(product: Product | None) -> int:
    """Beside the average, which knows nothing of them."""
    rows = Review.objects.published().about(product)
    return rows.filter(source=ReviewSource.IMPORT).count()


def list_reviewed_products(*, limit: int = _SHELF) -> list[tuple[Product, Summary]]:
    """Products that members spoke of, the most spoken of first. Two queries."""
    rows = Review.objects.published().of_members().filter(product__isnull=False)
    by_product: dict[int, dict[int, int]] = {}
    for pk, stars, count in rows.order_by().values_list("product", "stars").annotate(Count("pk")):
        by_product.setdefault(pk, {})[stars] = count
    ids = sorted(by_product, key=lambda pk: (-sum(by_product[pk].values()), pk))[:limit]
    found = Product.objects.select_related("category").in_bulk(ids)
    return [
        (found[pk], Summary(tuple((s, by_product[pk].get(s, 0)) for s in reversed(STARS))))
        for pk in ids
    ]


def list_quotes(*, limit: int = QUOTED) -> list[Review]:
    """A few that may be quoted: of different people about different things, in the reader's
    language where there are any, the newest first. Not all of them with the same number of stars
    where there are others: what is quoted tells how opinions differ.
    """
    shortest, longest = _QUOTE
    rows = (
        Review.objects.published().of_members().filter(may_quote=True)
        .select_related("product", "product__category")
        .annotate(is_foreign=_is_foreign()).order_by("is_foreign", "-written_at", "-pk")
    )  # fmt: skip
    chosen: list[Review] = []
    people: set[Any] = set()
    things: set[Any] = set()
    pool = [each for each in rows[:_QUOTE_POOL] if shortest <= len(each.text) <= longest]
    stars: Counter[int] = Counter()
    for most in (limit - 1, limit):  # of one number of stars
        for review in pool:
            is_new = review.member_id not in people and review.product_id not in things
            if is_new and len(chosen) < limit and stars[review.stars] < most:
                chosen.append(review)
                people.add(review.member_id)
                things.add(review.product_id)
                stars[review.stars] += 1
    return chosen


def get_overall_summary() -> Summary:
    """Of all that members said, products and club together."""
    rows = Review.objects.published().of_members()
    counts = dict(rows.order_by().values_list("stars").annotate(Count("pk")))
    return Summary(tuple((stars, counts.get(stars, 0)) for stars in reversed(STARS)))


def list_pages_of_reviews() -> Sequence[int]:
    """Ids of products with something to read, for the map of the site."""
    rows = Review.objects.published().filter(product__isnull=False)
    return list(rows.order_by("product").values_list("product", flat=True).distinct())
