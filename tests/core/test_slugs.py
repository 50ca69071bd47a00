"""Codes in addresses: free ones, also where two are made at once."""

import threading
from contextlib import suppress

import pytest
from django.db import transaction

from core.slugs import make_slug
from members.models import Audience
from tests.races import together


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Free coffee", [], "free-coffee"),
        ("Free coffee", ["free-coffee", "free-coffee-2"], "free-coffee-3"),
        ("Free coffee", ["free-coffee-2"], "free-coffee"),
        ("無料コーヒー", [], "segment"),
        ("無料コーヒー", ["segment"], "segment-2"),
        ("a" * 200, ["a" * 75], "a" * 75 + "-2"),
    ],
)
def test_slug_is_of_the_names_letters_and_free(name, taken, slug):
    for each in taken:
        Audience.objects.create(slug=each, kind="list", name="Taken")

    with transaction.atomic():
        assert make_slug(Audience, name, fallback="segment") == slug


@pytest.mark.django_db(transaction=True)
def test_two_of_one_name_at_once_have_two_slugs():
    """Lock: the letters that both would take."""
    both_here = threading.Barrier(2, timeout=1)

    def make():
        with transaction.atomic():
            slug = make_slug(Audience, "Free coffee", fallback="segment")
            with suppress(threading.BrokenBarrierError):
                both_here.wait()  # without the lock both come this far with the same one
            return Audience.objects.create(slug=slug, kind="list", name="Free coffee").slug

    assert sorted(map(str, together(make, make))) == ["free-coffee", "free-coffee-2"]
