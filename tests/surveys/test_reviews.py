"""Reviews: written, judged, paid alike for any stars, answered, brought in, gone with a person."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile

from core.models import AuditEntry
from members.models import Notice
from members.registry import personal_data
from members.services.merging import merge_members, undo_merge
from purchases.models import Product
from rewards.models import Transfer
from surveys.engine.flags import find_flags
from surveys.engine.pen_names import build_pen_name
from surveys.models import Review, ReviewTerms, Theme
from surveys.selectors.review_figures import list_months, list_themes
from surveys.selectors.reviews import (
    get_summary,
    list_published,
    list_quotes,
    list_reviewable,
    list_to_review,
)
from surveys.services.reviews import (
    confirm_import,
    delete_review,
    draft_import,
    publish_reviews,
    reply_to_review,
    save_terms,
    set_themes,
    turn_down_reviews,
    withdraw_reply,
)
from surveys.services.reviews.importing import ImportDone, MissingColumns, NoSite, TooManyRows
from surveys.services.reviews.judging import OwnReview, ReasonNeeded
from surveys.services.reviews.replying import EmptyReply
from surveys.services.reviews.writing import (
    CannotReview,
    EmptyReview,
    NicknameNeeded,
    NotForReview,
    ReviewChanged,
    ReviewsClosed,
    TooLongReview,
    TooManyPhotos,
    TooManyWaiting,
)
from tests.rewards.conftest import assert_ledger_true, balances
from tests.surveys.spoken import *  # noqa: F403 (fixtures)
from tests.surveys.spoken import clean_photo, publish, write

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


# --- Written ---------------------------------------------------------------------------------


def test_review_waits_verified_and_shows_nowhere(people, honey, now):
    review = write(people["mei"], honey, 4, "  Clear.\r\nSweet. ", now=now, title=" So  good ")
    assert (review.state, review.is_verified, review.shown_name) == ("waiting", True, "Mei W.")
    assert (review.title, review.text) == ("So good", "Clear.\nSweet.")
    assert list(list_published(honey)) == []
    assert get_summary(honey).count == 0
    assert AuditEntry.objects.get(action="review.written").changes["product"] == honey.pk


def test_who_never_bought_it_may_write_unverified(people, honey, now):
    assert not write(people["ana"], honey, now=now).is_verified


def test_change_takes_it_down_until_it_is_judged_again(people, honey, staff, now):
    review = publish(write(people["mei"], honey, 5, now=now), staff, now)
    later = now + DAY
    changed = write(people["mei"], honey, 2, "It crystallised.", now=later, edition=1)
    assert (changed.pk, changed.state, changed.edition) == (review.pk, "waiting", 2)
    assert (changed.edited_at, changed.published_at) == (later, now)
    assert list(list_published(honey)) == []


def test_nothing_changed_stays_on_show(people, honey, staff, now):
    publish(write(people["mei"], honey, 5, now=now, language="en"), staff, now)
    again = write(people["mei"], honey, 5, now=now + DAY, language="ja", edition=1)
    assert (again.state, again.edition, again.language) == ("published", 1, "en")


def test_two_windows_do_not_overwrite_each_other(people, honey, now):
    write(people["mei"], honey, 5, now=now)
    with pytest.raises(ReviewChanged):
        write(people["mei"], honey, 1, "The other window.", now=now)
    assert Review.objects.get().text == "Sweet and clear."


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"stars": 0}, EmptyReview),
        ({"stars": 6}, EmptyReview),
        ({"text": " \n "}, EmptyReview),
        ({"text": "a" * 1_000_000}, TooLongReview),
        ({"title": "a" * 121}, TooLongReview),
        ({"name_kind": "nickname", "nickname": "  "}, NicknameNeeded),
    ],
)
def test_what_is_no_review_is_refused(people, honey, now, facts, refusal):
    with pytest.raises(refusal):
        write(people["mei"], honey, **{"stars": 5, **facts}, now=now)
    assert not Review.objects.exists()


def test_goods_that_nobody_could_buy_have_no_page(people, honey, now):
    secret = Product.objects.create(source=honey.source, external_id="next", name="Next year's")
    unnamed = Product.objects.get(external_id="soap")
    Product.objects.filter(pk=unnamed.pk).update(name="")
    assert list(list_reviewable()) == [honey]
    with pytest.raises(NotForReview):
        write(people["mei"], secret, now=now)


def test_closed_doors(people, honey, now):
    mei = people["mei"]
    save_terms(ReviewTerms(is_open=False), by=None, now=now)
    with pytest.raises(ReviewsClosed):
        write(mei, honey, now=now)
    save_terms(ReviewTerms(), by=None, now=now)
    mei.status = "closed"
    with pytest.raises(CannotReview):
        write(mei, honey, now=now)


def test_nobody_floods_the_queue(people, honey, now, monkeypatch):
    monkeypatch.setattr("surveys.services.reviews.writing.MOST_WAITING", 1)
    write(people["mei"], honey, now=now)
    with pytest.raises(TooManyWaiting):
        write(people["mei"], None, now=now)


def test_photographs_take_free_places_up_to_four(
    people, honey, now, media, django_capture_on_commit_callbacks
):
    four = [clean_photo() for _each in range(4)]
    review = write(people["mei"], honey, now=now, photos=four)
    second = review.photos.get(position=1)
    file = media / second.photo.name
    assert file.exists()
    with pytest.raises(TooManyPhotos):
        write(people["mei"], honey, now=now, edition=1, photos=[clean_photo()])
    with django_capture_on_commit_callbacks(execute=True):
        write(people["mei"], honey, now=now, edition=1, photos=[clean_photo()],
              removed_photos=[second.pk])  # fmt: skip
    assert not file.exists()
    assert [each.position for each in review.photos.all()] == [0, 1, 2, 3]
    with django_capture_on_commit_callbacks(execute=True):
        delete_review(review, by=people["mei"].user, now=now)
    assert list((media / "photos").rglob("*.webp")) == []


@pytest.mark.parametrize(
    ("names", "kind", "nickname", "shown"),
    [
        (("Mei", "Wong"), "short", "", "Mei W."),
        (("雪", "星野"), "short", "", "星*さん"),
        (("Mei", "Wong"), "nickname", "  Honey   bee ", "Honey bee"),
        (("Mei", "Wong"), "anonymous", "ignored", ""),
        (("", ""), "short", "", ""),
    ],
)
def test_pen_names(people, names, kind, nickname, shown):
    member = people["mei"]
    member.given_name, member.family_name = names
    member.locale = "ja" if shown.startswith("星") else "en"
    assert build_pen_name(member, kind, nickname) == shown


@pytest.mark.parametrize(
    ("said", "flags"),
    [
        ("Sweet, from 2019 on, for $12.50.", []),
        ("See https://example.com", ["link"]),
        ("cheap at honey-deals.shop", ["link"]),
        ("Write to me@example.com", ["contact"]),
        ("Ring +1 (510) 555-0144", ["contact"]),
        ("加我微信：lychee88", ["contact", "word"]),
        ("ＢＵＹ ＮＯＷ it is cheap", ["word"]),
        ("THIS IS THE BEST HONEY EVER", ["shouting"]),
        ("good" * 9, ["repeated"]),
        ("🍯🍯😍", ["no_words"]),
        ("عسل رائع جدا", []),
    ],
)
def test_flags(said, flags):
    assert find_flags(said, "", ["加我微信", "buy now"]) == flags


# --- Judged and paid -----------------------------------------------------------------------------


def test_points_are_the_same_for_any_stars_and_marked(people, honey, staff, pays, now):
    for name, stars in (("mei", 1), ("ken", 5)):
        review = publish(write(people[name], honey, stars, now=now), staff, now)
        assert (review.points, review.is_rewarded) == (20, True)
        assert Transfer.objects.get(member=people[name], cause_type="review").amount == 20
    assert Notice.objects.filter(code="review_published").count() == 2
    assert_ledger_true()


def test_points_come_once_for_each_thing_for_good(people, honey, staff, pays, now):
    mei = people["mei"]
    review = publish(write(mei, honey, now=now), staff, now)
    before = balances(mei)
    turn_down_reviews([review.pk], "insult", by=staff, now=now)
    publish_reviews([review.pk], by=staff, now=now)
    write(mei, honey, 1, now=now, edition=1)
    publish_reviews([review.pk], by=staff, now=now)
    delete_review(review, by=mei.user, now=now)
    again = publish(write(mei, honey, 2, now=now), staff, now)
    assert balances(mei) == before
    assert again.is_rewarded  # it was, and says so


def test_cap_of_the_month_trims_and_the_next_month_gives_again(people, honey, staff, pays, now):
    mei, soap = people["mei"], Product.objects.get(external_id="soap")
    given = []
    for product, moment in ((honey, now), (soap, now), (None, now + 30 * DAY)):
        given.append(publish(write(mei, product, now=moment), staff, moment).points)
    assert given == [20, 10, 20]


def test_several_are_published_in_one_press(people, honey, staff, pays, now):
    ids = [write(people[name], honey, now=now).pk for name in ("mei", "ken")]
    judged = publish_reviews(ids, by=staff, now=now)
    assert (judged.count, judged.points) == (2, 40)
    assert publish_reviews(ids, by=staff, now=now).count == 0


def test_nobody_judges_their_own(people, honey, pays, now):
    review = write(people["mei"], honey, now=now)
    with pytest.raises(OwnReview):
        publish_reviews([review.pk], by=people["mei"].user, now=now)
    with pytest.raises(OwnReview):
        turn_down_reviews([review.pk], "insult", by=people["mei"].user, now=now)


def test_author_reads_why_it_is_not_shown(people, honey, staff, now):
    review = write(people["mei"], honey, now=now)
    for refusal, note in (("", ""), ("stars", ""), ("other", " ")):
        with pytest.raises(ReasonNeeded):
            turn_down_reviews([review.pk], refusal, note=note, by=staff, now=now)
    turn_down_reviews([review.pk], "private", note="Leave the name out.", by=staff, now=now)
    review.refresh_from_db()
    assert (review.state, review.refusal_note) == ("refused", "Leave the name out.")
    assert Notice.objects.get(member=people["mei"], code="review_turned_down")
    publish(review, staff, now)
    turn_down_reviews([review.pk], "insult", by=staff, now=now)
    review.refresh_from_db()
    assert (review.state, review.refusal, review.refusal_note) == ("hidden", "insult", "")


def test_reply_takes_the_place_of_the_one_before(people, honey, staff, now):
    review = publish(write(people["mei"], honey, now=now, language="ja"), staff, now)
    with pytest.raises(EmptyReply):
        reply_to_review(review, " ", by=staff, now=now)
    first = reply_to_review(review, "Thank you.", by=staff, now=now)
    assert first.language == "ja"
    assert reply_to_review(review, "Thank you.", by=staff, now=now + DAY).changed_at is None
    second = reply_to_review(review, "Thank you, Mei.", by=staff, now=now + DAY)
    assert (second.pk, second.changed_at) == (first.pk, now + DAY)
    assert Notice.objects.filter(code="review_replied").count() == 1
    withdraw_reply(review, by=staff, now=now)
    withdraw_reply(review, by=staff, now=now)
    assert AuditEntry.objects.filter(action="review.reply_withdrawn").count() == 1


def test_quotes_ask_for_consent_and_vary(people, honey, staff, now):
    soap = Product.objects.get(external_id="soap")
    text = "Thirty characters and a few more."
    for name, product, stars, may in (
        ("mei", honey, 5, True), ("mei", soap, 5, True), ("ken", soap, 4, True),
        ("ana", None, 5, False),
    ):  # fmt: skip
        review = write(people[name], product, stars, text, now=now, may_quote=may)
        publish(review, staff, now)
    quotes = list_quotes()
    assert {(each.member_id, each.product_id) for each in quotes} == {
        (people["mei"].pk, honey.pk),
        (people["ken"].pk, soap.pk),
    }


def test_what_was_bought_and_not_reviewed_is_offered(people, honey, now):
    assert list_to_review(people["mei"]) == [honey]
    write(people["mei"], honey, now=now)
    assert list_to_review(people["mei"]) == []


def test_trend_by_month_source_and_theme(people, honey, staff, now):
    theme = Theme.objects.create(code="taste", name="Taste")
    old = publish(write(people["ken"], honey, 2, now=now - 150 * DAY), staff, now)
    new = publish(write(people["mei"], honey, 4, now=now), staff, now)
    gone = write(people["ana"], honey, 1, now=now)
    turn_down_reviews([gone.pk], "insult", by=staff, now=now)
    for review in (old, new):
        set_themes(review, [theme], by=staff, now=now)
        set_themes(review, [theme], by=staff, now=now)
    assert AuditEntry.objects.filter(action="review.themes_set").count() == 2
    months = list_months(now=now)
    assert len(months) == 12
    assert (months[-1].count, months[-1].average, months[-1].low_count) == (1, 4.0, 0)
    assert months[-2].average is None
    (figures,) = list_themes(now=now)
    assert (figures.count, figures.average, figures.low_count, figures.change) == (2, 3.0, 1, 2.0)


# --- Brought in ----------------------------------------------------------------------------------

FILE = """site,Review ID,Date,Rating,Text,Author,Link,Product
,1,2026-02-01,4/5,Good,Ana,https://baytable.example.com/1,honey
,2,2026/02/02,★★☆☆☆,Slow,,,
Other Place,1,2026-02-03,5,,Ben,,
,3,2026-02-03,4.5,Half a star,,,
,4,soon,4,,,,
,5,2026-02-03,4,,,javascript:alert(1),
,1,2026-02-03,4,Again,,,
,6,2026-02-03,4,,,,unheard-of
,7,2026-02-03,5,Visit www.example.com,,,
"""


def read(text, now, origin="Bay Table"):
    return draft_import(ContentFile(text.encode()), origin, file_name="f.csv", by=None, now=now)


def test_file_is_shown_first_and_taken_in_once(honey, now):
    job = read(FILE, now)
    assert [(number, column) for number, column, _words in job.errors] == [
        (5, "Rating"), (6, "Date"), (7, "Link"), (8, "Review ID"), (9, "Product"),
    ]  # fmt: skip
    assert (len(job.rows), Review.objects.count()) == (4, 0)
    job = confirm_import(job, is_shown=True, by=None, now=now)
    assert (job.taken_count, job.known_count, job.rows) == (4, 0, [])
    with pytest.raises(ImportDone):
        confirm_import(job, is_shown=True, by=None, now=now)
    found = {each.external_id + each.origin_name: each for each in Review.objects.all()}
    first = found["1Bay Table"]
    assert (first.product, first.stars, first.shown_name, first.state) == (
        honey, 4, "Ana", "published",
    )  # fmt: skip
    assert (first.is_verified, first.is_rewarded, first.member) == (False, False, None)
    assert found["7Bay Table"].state == "internal"  # something to look at
    assert found["1Other Place"].state == "published"
    again = confirm_import(read(FILE, now), is_shown=False, by=None, now=now)
    assert (again.taken_count, again.known_count) == (0, 4)


def test_every_row_that_is_wrong_counts(club, now):
    job = read("id,date,stars\n" + "1,2026-01-01,9\n" * 300, now)
    assert (len(job.errors), job.rows) == (300, [])


def test_no_average_knows_of_what_was_brought_in(people, honey, staff, now):
    confirm_import(read(FILE, now), is_shown=True, by=None, now=now)
    publish(write(people["mei"], honey, 2, now=now), staff, now)
    assert (get_summary(honey).count, get_summary(honey).average) == (1, 2.0)
    assert list_published(honey).count() == 2


def test_a_missing_column_is_told_by_the_name_it_should_have(club, now):
    with pytest.raises(MissingColumns, match="date, stars"):
        read("id\n1\n", now)


@pytest.mark.parametrize(
    ("text", "origin", "refusal"),
    [
        (FILE, " ", NoSite),
        ("id,stars\n1,5\n", "Bay", MissingColumns),
        ("id,date,stars\n" + "1,2026-01-01,5\n" * 5001, "Bay", TooManyRows),
    ],
)
def test_files_that_cannot_be_read(club, now, text, origin, refusal):
    with pytest.raises(refusal):
        read(text, now, origin)


# --- Gone with a person --------------------------------------------------------------------------


def test_export_and_erasure(people, honey, staff, now, media, django_capture_on_commit_callbacks):
    mei, entry = people["mei"], personal_data["surveys.review"]
    review = write(mei, honey, now=now, photos=[clean_photo()])
    publish(review, staff, now)
    reply_to_review(review, "Thank you.", by=staff, now=now)
    (row,) = entry.export(mei)
    assert (row["text"], row["reply__text"]) == ("Sweet and clear.", "Thank you.")
    with django_capture_on_commit_callbacks(execute=True):
        entry.erase(mei, now)
        entry.erase(mei, now)
    assert not Review.objects.exists()
    assert list((media / "photos").rglob("*.webp")) == []


def test_merge_keeps_one_review_of_each_thing_and_is_undone(people, honey, staff, now):
    mei, ana = people["mei"], people["ana"]
    theirs = publish(write(ana, honey, 1, now=now), staff, now)
    of_club = publish(write(ana, None, 3, now=now), staff, now)
    publish(write(mei, honey, 5, now=now), staff, now)
    ana.user.is_active = False  # one login stays
    ana.user.save(update_fields=["is_active"])
    merge = merge_members(ana, mei, by=None, reason="one person", now=now)
    theirs.refresh_from_db()
    of_club.refresh_from_db()
    assert (theirs.member_id, theirs.state, theirs.refusal) == (ana.pk, "hidden", "again")
    assert of_club.member_id == mei.pk
    assert get_summary(honey).count == 1
    undo_merge(merge, by=None, now=now)
    theirs.refresh_from_db()
    of_club.refresh_from_db()
    assert (theirs.state, theirs.refusal, of_club.member_id) == ("published", "", ana.pk)
