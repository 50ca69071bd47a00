"""What addresses of reviews are asked with (tests/site/test_access.py)."""

from purchases.models import Product, Source
from surveys.models import Review, ReviewImport
from surveys.services.reviews import take_in_reviews
from surveys.services.reviews.incoming import IncomingReview
from tests.site.matrix import ADMIN


def review_arguments(mei, now):
    """A product that is spoken of, Mei's review of it, a file that waits to be confirmed."""
    source = Source.objects.get()
    product = Product.objects.create(source=source, external_id="spoken-of", name="Honey")
    said = IncomingReview(id="1", written_at=now.isoformat(), stars=5, product="spoken-of")
    take_in_reviews([said], origin_name="Elsewhere", is_shown=True, now=now)
    own = Review.objects.create(
        member=mei, product=product, stars=4, text="Sweet.", written_at=now, shown_name="Mei C."
    )
    job = ReviewImport.objects.create(origin_name="Elsewhere", file_name="f.csv", made_at=now)
    return {
        "product_page": [product.pk],
        "localized:product_page": [product.pk],
        "review_product": [product.pk],
        "review_removal": [own.pk],
        **{f"admin:surveys_review_{name}": [own.pk] for name in ("decide", "reply", "themes")},
        **{name: [job.pk] for name in ADMIN if name == "admin:surveys_reviewimport_confirm"},
    }
