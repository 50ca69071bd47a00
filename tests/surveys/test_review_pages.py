"""Pages of reviews: what everybody reads, what a member sends, what staff press."""

import datetime as dt
import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from members.roles import MARKETER
from members.services.logins import create_login
from members.services.roles import sync_roles
from purchases.enums import Scope
from purchases.services.tokens import create_token
from surveys.models import Review, ReviewImport
from surveys.services.reviews import reply_to_review, take_in_reviews
from surveys.services.reviews.incoming import IncomingReview
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import picture, publish, write

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
WORDS = {"stars": "4", "title": "Clear", "text": "Sweet.", "name_kind": "short", "edition": "0",
         "nickname": ""}  # fmt: skip


@pytest.fixture(autouse=True)
def _frozen(now):
    with time_machine.travel(now, tick=False):
        yield


def log_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def mei(people):
    return log_in(people["mei"].user)


@pytest.fixture
def marketer(db, now):
    sync_roles(by=None, now=now)
    user = create_login(
        email="m@example.com", password="harbor-lantern-42", is_staff=True, roles=(MARKETER,),
        by=None, now=now,
    )  # fmt: skip
    return log_in(user)


def page_of(honey):
    return reverse("product_page", args=[honey.pk])


def form_of(honey):
    return reverse("review_product", args=[honey.pk])


def test_everybody_reads_marks_and_data_and_no_script_runs(client, people, honey, staff, pays, now):
    first = write(people["mei"], honey, 1, f"{SCRIPT} عسل", now=now, title=SCRIPT,
                  name_kind="nickname", nickname=SCRIPT)  # fmt: skip
    publish(first, staff, now)
    reply_to_review(first, f"Sorry {SCRIPT}", by=staff, now=now)
    publish(write(people["ana"], honey, 4, now=now), staff, now)
    said = IncomingReview(id="1", written_at=now.isoformat(), stars=5, product="honey", text="Hm.")
    take_in_reviews([said], origin_name="Bay", is_shown=True, now=now)
    html = client.get(page_of(honey)).text
    assert "<script>alert" not in html
    assert html.count('itemprop="review"') == 2  # what came from elsewhere is no data of ours
    assert 'itemprop="ratingValue" content="2.50"' in html
    for words in ("Bought here", "Purchase not verified", "From Bay"):
        assert words in html
    assert html.count("Received points for reviewing") == 2
    assert f"/ja{page_of(honey)}" in html  # hreflang
    assert page_of(honey) in client.get("/sitemap.xml").text


def test_page_takes_the_same_queries_for_one_and_three(
    client, people, honey, staff, now, django_assert_num_queries
):
    for count, name in enumerate(("mei", "ken", "ana"), start=1):
        publish(write(people[name], honey, now=now), staff, now)
        client.get(page_of(honey))
        if count != 2:
            with django_assert_num_queries(7):
                client.get(page_of(honey))


def test_member_writes_with_photographs_that_forget_where_they_were_taken(mei, honey, media):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    files = [picture(exif=exif), SimpleUploadedFile("no.jpg", b"not a picture"),
             SimpleUploadedFile("big.jpg", b"\xff\xd8\xff" + b"0" * (40 * 2**20))]  # fmt: skip
    answer = mei.post(form_of(honey), {**WORDS, "photos": files})
    review = Review.objects.get()
    assert answer.url == form_of(honey)  # to choose other photographs
    assert (review.text, review.photos.count()) == ("Sweet.", 1)
    with review.photos.get().photo.open() as file:
        kept = Image.open(io.BytesIO(file.read()))
    assert (kept.format, dict(kept.getexif())) == ("WEBP", {})
    shown = mei.get(form_of(honey)).text
    assert "no.jpg" in shown
    assert "big.jpg" in shown


@pytest.mark.parametrize("bad", [{"stars": ""}, {"text": "a" * 1_000_000}, {"name_kind": "?"}])
def test_what_was_typed_stays_on_the_page(mei, honey, bad):
    answer = mei.post(form_of(honey), {**WORDS, "title": "Kept words", **bad})
    assert answer.status_code == 422
    assert "Kept words" in answer.text
    assert not Review.objects.exists()


def test_second_window_keeps_its_words_and_may_send_them_again(mei, honey):
    mei.post(form_of(honey), WORDS)
    answer = mei.post(form_of(honey), {**WORDS, "text": "From the other window."})
    assert answer.status_code == 409
    assert "From the other window." in answer.text
    assert 'name="edition" value="1"' in answer.text
    mei.post(form_of(honey), {**WORDS, "text": "From the other window.", "edition": "1"})
    assert Review.objects.get().text == "From the other window."


def test_own_page_tells_state_and_reason_and_deletes(mei, people, honey, staff, now):
    review = write(people["mei"], honey, now=now)
    Review.objects.filter(pk=review.pk).update(
        state="refused", refusal="private", refusal_note="The name, please.", judged_at=now
    )
    html = mei.get(reverse("review_mine")).text
    assert "It names or shows somebody" in html
    assert "The name, please." in html
    removal = reverse("review_removal", args=[review.pk])
    assert mei.get(removal).status_code == 200
    assert log_in(people["ken"].user).post(removal).status_code == 404
    mei.post(removal)
    assert not Review.objects.exists()


def test_landing_quotes_what_may_be_quoted(client, people, honey, staff, now):
    text = "It melts into tea without a trace of bitterness."
    publish(write(people["mei"], honey, 5, text, now=now, may_quote=True), staff, now)
    html = client.get("/").text
    assert "What members say" in html
    assert text in html


def test_staff_judge_many_after_a_second_look(marketer, people, honey, pays, now):
    ids = [write(people[name], honey, now=now).pk for name in ("mei", "ken")]
    queue = reverse("admin:surveys_review_queue")
    assert marketer.get(queue).status_code == 200
    assert "40" in marketer.post(queue, {"review": ids, "decision": "publish"}).text
    assert Review.objects.filter(state="waiting").count() == 2
    marketer.post(queue, {"review": ids, "decision": "publish", "sure": "1"})
    assert Review.objects.filter(state="published", points=20).count() == 2
    assert marketer.post(queue, {"review": ids, "decision": "refuse"}).status_code == 422
    page = reverse("admin:surveys_review_change", args=[ids[0]])
    assert marketer.get(page).status_code == 200
    decide = reverse("admin:surveys_review_decide", args=[ids[0]])
    assert marketer.post(decide, {"decision": "refuse"}).status_code == 422
    marketer.post(decide, {"decision": "refuse", "refusal": "insult"})
    reply = reverse("admin:surveys_review_reply", args=[ids[1]])
    marketer.post(reply, {"text": "Thank you."})
    assert Review.objects.get(pk=ids[1]).reply.text == "Thank you."
    assert Review.objects.get(pk=ids[0]).state == "hidden"
    assert marketer.get(reverse("admin:surveys_review_trend")).status_code == 200
    listed = marketer.get(reverse("admin:surveys_review_changelist")).context["cl"]
    replied = {row.pk: listed.model_admin.show_reply(row) for row in listed.result_list}
    assert replied == {ids[0]: None, ids[1]: "March 10, 2026"}


def test_staff_bring_in_a_file(marketer, honey):
    upload = reverse("admin:surveys_reviewimport_upload")
    file = SimpleUploadedFile("f.csv", b"id,date,stars\n1,2026-02-01,5\n2,soon,1\n")
    answer = marketer.post(upload, {"origin_name": "Bay", "file": file})
    job = ReviewImport.objects.get()
    assert "2026-11-21" in marketer.get(answer.url).text  # how a date is written
    confirm = reverse("admin:surveys_reviewimport_confirm", args=[job.pk])
    marketer.post(confirm, {"is_shown": "1"})
    assert Review.objects.get().state == "published"
    bad = SimpleUploadedFile("f.csv", b"stars\n1\n")
    assert marketer.post(upload, {"origin_name": "Bay", "file": bad}).status_code == 422


def test_shop_brings_in_reviews_once(client, honey, now):
    _token, text = create_token(
        source=honey.source, name="t", scopes=[Scope.WRITE_REVIEWS], by=None, now=now
    )

    def send(*reviews):
        return client.post(
            "/api/reviews", {"site": "Bay", "reviews": list(reviews)},
            content_type="application/json", headers={"Authorization": f"Bearer {text}"},
        )  # fmt: skip

    good = {"id": "1", "written_at": "2026-02-01", "stars": "5", "product": "honey"}
    answer = send(good, {**good, "id": "2", "stars": "9"})
    assert answer.status_code == 207
    assert [each["state"] for each in answer.json()["results"]] == ["created", "refused"]
    assert Review.objects.get().state == "internal"
    assert send(good).json()["results"][0]["state"] == "known"
    assert send().status_code == 422
    _token, text = create_token(
        source=honey.source, name="u", scopes=[Scope.READ_PURCHASES], by=None, now=now
    )
    assert send(good).status_code == 403


def test_happenings_stand_on_the_landing_page_only_with_a_day_to_come(client, make_rule, now):
    assert "What&#x27;s on" not in client.get("/").text
    make_rule("triple-week", kind="multiplier", multiplier_milli=3000,
              ends_at=now + dt.timedelta(days=6))  # fmt: skip
    from members import panels

    panels.kept.forget()
    html = client.get("/").text
    assert "triple-week" in html
    assert "until March 16" in html
