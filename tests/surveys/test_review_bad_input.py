"""Reviews: what no form of ours sends, what spreadsheets and other sites send, and a merge."""

import datetime as dt
import io
import json

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from members.models import Member
from members.services.merging import merge_members, undo_merge
from purchases.enums import Scope
from purchases.services.tokens import create_token
from rewards.models import Transfer
from surveys.models import Review, ReviewImport
from surveys.services.reviews import confirm_import, delete_review, draft_import
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import picture, publish, write

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _frozen(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def mei(people):
    client = Client()
    client.force_login(people["mei"].user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def form_of(honey):
    return reverse("review_product", args=[honey.pk])


def facts(**fields):
    return {"edition": "0", "stars": "4", "text": "Good", "name_kind": "short", **fields}


def test_pages_ask_for_nothing_that_could_break(client, honey):
    page = reverse("product_page", args=[honey.pk])
    for query in ("stars=" + "9" * 5000, "stars=٤", "stars=-1", "stars=²", "page=" + "9" * 5000,
                  "page=-1", "page=%00", "stars=4&stars=5"):  # fmt: skip
        assert client.get(f"{page}?{query}").status_code == 200, query
    assert client.get(f"/products/{10**30}/").status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"stars": "6"}, {"stars": "0"}, {"stars": "NaN"}, {"stars": "9" * 5000}, {"stars": "4.5"},
        {"text": "\x00 \u200b"}, {"text": "x" * 1_000_000}, {"title": "x" * 5000},
        {"edition": "-1"}, {"edition": "9" * 30}, {"edition": "x"}, {"name_kind": "boss"},
        {"name_kind": "nickname", "nickname": ""}, {"name_kind": "nickname", "nickname": "x" * 999},
        {"name_kind": "nickname", "nickname": "\u202e\u200b"}, {"removed": "1"},
        {"removed": "9" * 30},
    ],
)  # fmt: skip
def test_what_is_no_review_is_told_in_words(mei, honey, fields):
    answer = mei.post(form_of(honey), facts(**fields))
    assert answer.status_code in (409, 422), answer.status_code
    assert Review.objects.count() == 0


def test_line_breaks_count_once(mei, honey):
    """As the browser counts them beside the field."""
    text = ("x" * 39 + "\r\n") * 99 + "x" * 40
    assert len(text.replace("\r\n", "\n")) == 4000
    assert mei.post(form_of(honey), facts(text=text)).status_code == 302
    assert Review.objects.get().text == text.replace("\r\n", "\n")


def test_photographs_that_are_none_hold_nothing_up(mei, honey, media):
    """Bombs, pictures that run scripts, files by another name: the words are kept."""
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG", optimize=True)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    files = [
        SimpleUploadedFile("bomb.png", bomb.getvalue(), "image/png"),
        SimpleUploadedFile("x.svg", svg, "image/svg+xml"),
        SimpleUploadedFile("x.jpg", svg, "image/jpeg"),
        SimpleUploadedFile("x.jpg", b"\xff\xd8\xff" + b"A" * 5000, "image/jpeg"),
        SimpleUploadedFile("../../x\x00.jpg", b"", "image/jpeg"),
        picture(),
    ]
    assert mei.post(form_of(honey), facts() | {"photos": files}).status_code == 302
    review = Review.objects.get()
    assert review.photos.count() == 1
    name = review.photos.get().photo.name
    assert ".." not in name
    assert "svg" not in name


def test_calls_that_make_no_sense_are_told_row_by_row(client, honey, now):
    _token, key = create_token(
        source=honey.source, name="t", scopes=[Scope.WRITE_REVIEWS], by=None, now=now
    )

    def send(body):
        return client.post(
            "/api/reviews", body if isinstance(body, (str, bytes)) else json.dumps(body),
            content_type="application/json", headers={"Authorization": f"Bearer {key}"},
        )  # fmt: skip

    good = {"id": "1", "written_at": "2026-02-01", "stars": "5"}
    bad = [
        {"stars": stars} for stars in ("sNaN", "NaN", "Infinity", "1e9999999", "5/0", "5/sNaN",
                                       "-5", "", "★★★★★★", "4½")
    ] + [
        {"written_at": at} for at in ("0001-01-01", "9999-12-31T23:59:59-14:00", "99999-01-01",
                                      "0000-00-00", "", "now", "2026-02-30")
    ] + [
        {"url": "javascript:alert(1)"}, {"url": "http://[::"}, {"id": ""}, {"id": "\x00"},
        {"id": "x" * 201}, {"text": "x" * 19_000},
    ]  # fmt: skip
    answer = send({"site": "Bay", "reviews": [{**good, "id": f"n{place}"} | each
                                             for place, each in enumerate(bad)]})  # fmt: skip
    assert answer.status_code == 207
    states = {each["state"] for each in answer.json()["results"]}
    assert (states, Review.objects.count()) == ({"refused"}, 0)
    for body in (
        {"site": "\x00", "reviews": [good]}, {"site": "\u200b", "reviews": [good]},
        {"site": "Bay", "reviews": [{**good, "id": 1}]}, {"site": "Bay", "reviews": "x"},
        {"site": "Bay", "reviews": [{**good, "text": "x" * 30_000}]},
        {"site": "Bay", "reviews": [good], "more": 1}, {"site": "Bay", "reviews": [good] * 1001},
        '{"site": "Bay", "reviews": [{"id": "\\ud800", "written_at": "2026-01-01", "stars": "5"}]}',
        "{", b"\xff", "[" * 100_000, '{"site": NaN}',
    ):  # fmt: skip
        assert send(body).status_code in (400, 422), body[:60] if isinstance(body, str) else body
    # The same review twice in one call, and in another: taken in once, and told so.
    twice = send({"site": "Bay", "reviews": [good, {**good, "stars": "1"}]}).json()["results"]
    assert [each["state"] for each in twice] == ["created", "known"]
    again = send({"site": " BA\x00Y ", "reviews": [good]}).json()["results"]
    assert [each["state"] for each in again] == ["known"]
    assert Review.objects.get().stars == 5


def test_files_of_spreadsheets_that_went_wrong(honey, now):
    rows = [
        "sNaN,2026-02-01", "5,2026-02-01,extra,cells,and,more", "", "5", "★★★★★,2026/02/01",
        '"5","2026-02-01\r\n"', "1e99999999,2026-02-01", "5,0001-01-01",
    ]  # fmt: skip
    text = "id,stars,date\n" + "\n".join(f"{place},{row}" for place, row in enumerate(rows))
    job = draft_import(ContentFile(text.encode()), "Bay", file_name="x" * 999, by=None, now=now)
    assert {each["id"] for each in job.rows} == {"1", "4", "5"}
    assert confirm_import(job, is_shown=False, by=None, now=now).taken_count == 3
    # The same file under another spelling of the site.
    job = draft_import(ContentFile(text.encode()), "bay ", file_name="f", by=None, now=now)
    assert confirm_import(job, is_shown=False, by=None, now=now).taken_count == 0
    assert ReviewImport.objects.count() == 2


def test_a_merge_pays_for_no_review_again(people, honey, staff, pays, now):
    """Neither for the one that moved, nor for another about the same thing, and not undone."""
    mei, ken = people["mei"], people["ken"]
    Member.objects.filter(pk=ken.pk).update(user=None)

    def paid():
        return Transfer.objects.filter(cause_type="review").count()

    review = publish(write(mei, honey, by=None, now=now), staff, now)
    assert (paid(), review.points) == (1, 20)
    merge = merge_members(mei, ken, by=None, reason="One person", now=now)
    ken.refresh_from_db()
    write(ken, honey, text="Better words", edition=1, now=now + DAY)
    assert publish(review, staff, now + DAY).points == 20
    assert paid() == 1
    delete_review(review, by=None, now=now + DAY)
    publish(write(ken, honey, now=now + DAY), staff, now + DAY)
    assert paid() == 1
    undo_merge(merge, by=None, now=now + DAY)
    mei.refresh_from_db()
    publish(write(mei, honey, by=None, now=now + DAY), staff, now + DAY)
    assert paid() == 1
