"""A grocer's goods, three who buy them, and pictures that people bring to their reviews."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.photos import read_photo
from members.models import User
from purchases.models import Product
from surveys.models import ReviewTerms
from surveys.services.reviews import publish_reviews, save_terms, write_review
from tests.rewards.conftest import (  # noqa: F401 (fixtures)
    claim,
    counter,
    make_rule,
    programme,
    rules,
)

BOUGHT_ON = dt.date(2026, 3, 2)


@pytest.fixture
def media(settings, tmp_path):
    """Photographs go into a folder of their own."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def staff(db):
    return User.objects.create(email="head@example.com", is_staff=True)


@pytest.fixture
def honey(counter, rules):  # noqa: F811
    """Mei and Ken bought it, Ana something else."""
    for name in ("mei", "ken"):
        counter.buy(name, "8.00", on=BOUGHT_ON, product="honey")
    counter.buy("ana", "3.00", on=BOUGHT_ON, product="soap")
    Product.objects.filter(external_id="soap").update(name="Soap")
    product = Product.objects.get(external_id="honey")
    product.name = "Honey"
    product.save(update_fields=["name"])
    return product


@pytest.fixture
def people(honey, counter, claim):  # noqa: F811
    found = {name: claim(counter.member(name)) for name in ("mei", "ken", "ana")}
    for name, member in found.items():
        member.given_name, member.family_name = name.title(), "Wong"
        member.save(update_fields=["given_name", "family_name"])
    return found


@pytest.fixture
def pays(now):
    """Twenty points for a review, thirty in a month."""
    return save_terms(ReviewTerms(points=20, cap_points=30), by=None, now=now)


def write(member, product, stars=5, text="Sweet and clear.", now=None, **facts):
    facts = {"by": member.user, **facts}
    return write_review(member, product, stars=stars, text=text, now=now, **facts)


def publish(review, by, now):
    publish_reviews([review.pk], by=by, now=now)
    review.refresh_from_db()
    return review


def picture(width=640, height=480, kind="JPEG", **options):
    body = io.BytesIO()
    Image.new("RGB", (width, height), "#8a5a2b").save(body, kind, **options)
    return SimpleUploadedFile(f"any.{kind.lower()}", body.getvalue())


def clean_photo():
    return read_photo(picture())
