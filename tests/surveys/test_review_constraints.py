"""Reviews and what hangs on them: each constraint from both sides."""

import datetime as dt

import pytest

from purchases.models import Product
from surveys.models import Review, ReviewImport, ReviewPhoto, ReviewReply, ReviewTerms
from tests.constraints import guards
from tests.surveys.spoken import *  # noqa: F403 (fixtures)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
IMPORTED = {
    "source": "import", "member": None, "origin_name": "Bay", "external_id": "1", "text": "",
}  # fmt: skip
JUDGED = dt.datetime(2026, 3, 10, tzinfo=dt.UTC)


@pytest.fixture
def make(people, honey, now):
    """A good review of Mei's, whatever is said otherwise."""

    def make(**values):
        values = {"member": people["mei"], "product": honey, "stars": 4, "text": "Sweet.",
                  "written_at": now, **values}  # fmt: skip
        return Review.objects.create(**values)

    return make


def test_one_review_of_each_product_and_of_the_club(make, people, honey):
    soap = Product.objects.get(external_id="soap")
    guards("review_once_per_member_product", make, {"product": soap}, {}, beside={})
    guards(
        "review_once_per_member_of_club", make,
        {"product": None, "member": people["ken"]}, {"product": None}, beside={"product": None},
    )  # fmt: skip


def test_reviews(make, people, now):
    purchase = people["mei"].purchases.get()
    for name, good, bad in (
        ("review_has_one_to_five_stars", {"stars": 5}, {"stars": 6}),
        ("review_has_one_to_five_stars", {"stars": 1}, {"stars": 0}),
        ("review_is_a_members_or_imported", {}, {"member": None}),
        ("review_is_a_members_or_imported", IMPORTED, {**IMPORTED, "origin_name": ""}),
        ("review_is_a_members_or_imported", IMPORTED, {**IMPORTED, "member": people["mei"]}),
        ("review_is_a_members_or_imported", IMPORTED, {**IMPORTED, "purchase": purchase}),
        ("review_is_a_members_or_imported", IMPORTED, {**IMPORTED, "points": 1}),
        ("review_is_a_members_or_imported", IMPORTED, {**IMPORTED, "may_quote": True}),
        ("review_of_member_has_text", IMPORTED, {"text": ""}),
        (
            "review_turned_down_has_reason",
            {"state": "refused", "refusal": "law", "judged_at": JUDGED},
            {"state": "refused", "judged_at": JUDGED},
        ),
        ("review_turned_down_has_reason", {}, {"refusal": "law"}),
        (
            "review_published_has_time",
            {"state": "published", "published_at": JUDGED},
            {"state": "published"},
        ),
        ("review_edited_after_written", {"edited_at": now}, {"edited_at": now - HOUR}),
        (
            "review_anonymous_has_no_name",
            {"name_kind": "anonymous"},
            {"name_kind": "anonymous", "shown_name": "Mei"},
        ),
    ):
        guards(name, make, good, bad)


def test_imported_once_by_site_and_id(make):
    guards(
        "review_imported_once", make, {**IMPORTED, "origin_name": "Other"}, IMPORTED,
        beside=IMPORTED,
    )  # fmt: skip


def test_photos_and_replies(make, now):
    review = make()

    def photo(position):
        return ReviewPhoto.objects.create(review=review, position=position, photo="photos/x")

    guards("review_photo_once_per_place", photo, {"position": 1}, {"position": 0},
           beside={"position": 0})  # fmt: skip
    guards("review_has_at_most_four_photos", photo, {"position": 3}, {"position": 4})

    def reply(text):
        return ReviewReply.objects.create(review=review, text=text, replied_at=now)

    guards("review_reply_has_text", reply, {"text": "Thank you."}, {"text": ""})


def test_imports_and_terms(db, now):
    def job(**values):
        return ReviewImport.objects.create(origin_name="Bay", file_name="f", made_at=now, **values)

    done = {"state": "done", "done_at": now}
    guards("review_import_done_has_time", job, done, {"state": "done"})
    guards("review_import_done_has_time", job, {}, {"done_at": now})
    guards("review_terms_are_one", ReviewTerms.objects.create, {"pk": 1}, {"pk": 2})
