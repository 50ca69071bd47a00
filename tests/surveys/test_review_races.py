"""Reviews in two windows and by two of the staff at once: each test fails when the lock or the
constraint that it names is taken away.
"""

from functools import partial

import pytest
from django.core.files.base import ContentFile

from core.errors import DomainError
from members.services.erasing import erase_member
from rewards.models import Account, Transfer
from surveys.models import Review, ReviewImport
from surveys.services.reviews import (
    confirm_import,
    delete_review,
    draft_import,
    publish_reviews,
    turn_down_reviews,
)
from tests.races import together
from tests.rewards.conftest import assert_ledger_true
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import write

pytestmark = pytest.mark.django_db(transaction=True)


def quietly(call, *args, **fields):
    """A refusal in words is an answer; a fault of the database is none."""
    try:
        return call(*args, **fields)
    except DomainError as refusal:
        return refusal.code


def is_sound(results):
    return not [each for each in results if isinstance(each, Exception)]


def test_one_review_of_many_windows_is_paid_once(people, honey, staff, pays, now):
    """Unique key of the review, its row's lock, the key of the ledger."""
    mei = people["mei"]
    results = together(*(partial(quietly, write, mei, honey, text=f"Nr {place}", now=now)
                         for place in range(5)))  # fmt: skip
    assert is_sound(results)
    assert sum(each == "review_changed" for each in results) == 4
    review = Review.objects.get()
    before = Account.objects.get(member=mei, kind="available").balance
    results = together(
        *(partial(quietly, publish_reviews, [review.pk], by=staff, now=now) for _each in range(4)),
        partial(quietly, write, mei, honey, text="Changed", edition=1, now=now),
        partial(quietly, turn_down_reviews, [review.pk], "spam", by=staff, now=now),
    )  # fmt: skip
    assert is_sound(results), results
    publish_reviews([review.pk], by=staff, now=now)
    assert Transfer.objects.filter(cause_type="review").count() == 1
    assert Account.objects.get(member=mei, kind="available").balance == before + 20


def test_whoever_leaves_while_it_is_judged(people, honey, staff, pays, now):
    """Reviews are locked before members, by a judge and by an erasure."""
    rows = {name: write(people[name], honey, now=now) for name in ("mei", "ken", "ana")}
    ids = [row.pk for row in rows.values()]
    results = together(
        partial(quietly, publish_reviews, ids, by=staff, now=now),
        partial(quietly, erase_member, people["mei"], by=None, now=now),
        partial(quietly, delete_review, rows["ken"], by=None, now=now),
        partial(quietly, publish_reviews, ids[::-1], by=staff, now=now),
    )  # fmt: skip
    assert is_sound(results), results
    assert Review.objects.get().state == "published"
    assert Transfer.objects.filter(cause_type="review").count() <= 3
    assert_ledger_true()


def test_one_file_confirmed_in_two_windows_is_taken_in_once(honey, now):
    """Lock of the import; of two imports the advisory lock of ``take_in_reviews``."""
    text = "id,stars,date\n" + "".join(f"{place},5,2026-02-01\n" for place in range(30))
    jobs = [
        draft_import(ContentFile(text.encode()), "Bay", file_name="f", by=None, now=now)
        for _each in range(2)
    ]
    results = together(
        *(partial(quietly, confirm_import, job, is_shown=True, by=None, now=now)
          for job in jobs * 2)
    )  # fmt: skip
    assert is_sound(results)
    assert results.count("import_done") == 2
    assert Review.objects.count() == 30
    assert sum(ReviewImport.objects.values_list("taken_count", flat=True)) == 30
