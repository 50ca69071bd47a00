"""Letters and cards: one file for the printer, one list of addresses, marked posted."""

import csv
import datetime as dt
import io
import subprocess
import sys
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from campaigns.channels.post.drawing import PangoMissing, Sheet, TooLongForPaper, draw_sheets
from campaigns.models import Message, PrintBatch
from campaigns.services.print_batches import (
    AlreadyPosted,
    BatchCancelled,
    NothingToPrint,
    cancel_print_batch,
    make_print_batch,
    mark_posted,
)
from core.models import AuditEntry
from members.models import Address, Member
from members.services.enrolment import create_member
from members.services.erasing import StillOpen, erase_member
from tests.campaigns.outbox import make_mailing, plan, states
from tests.rewards.desk import staff

__all__ = ["staff"]
pytestmark = pytest.mark.django_db
WORDS = {
    "subject": "A voucher for you",
    "subject_ja": "秋のお便り",
    "body": "Dear {{ member.full_name | default: 'member' }},\n\nSee [the shop](https://example.com/autumn).",
    "body_ja": "{{ member.full_name | default: 'お客さま' }} 様\n\n[お店](https://example.com/autumn)へどうぞ。",
}
SIZES = {
    "letter_a4": (595, 842), "letter_us": (612, 792), "card": (432, 288), "hagaki": (283, 420)
}  # fmt: skip


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": settings.STORAGES["private"]
        | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture
def people(club, now):
    """Anna in San Francisco, Yuki in Tokyo, and Ken, of whom no address is known."""
    made = [
        create_member(now=now, source="test", given_name="Anna", family_name="Bell", locale="en"),
        create_member(now=now, source="test", given_name="由紀", family_name="星野", locale="ja"),
        create_member(now=now, source="test", given_name="Ken"),
    ]
    Address.objects.create(
        member=made[0], country="US", postal_code="94105", region="CA", city="San Francisco",
        street="1 Pier St", building="=HYPERLINK(1)", is_default=True,
    )  # fmt: skip
    Address.objects.create(
        member=made[1], country="JP", postal_code="105-0011", region="東京都", city="港区",
        district="芝公園", street="4-2-8", building="タワー101", is_default=True,
    )  # fmt: skip
    return made


@pytest.fixture
def mailing(people, now):
    mailing = make_mailing(now=now, channels=("post",), words=WORDS)
    plan(mailing, now=now)
    return mailing


def read_pdf(batch, tmp_path, *options):
    path = tmp_path / "batch.pdf"
    with batch.file.open() as file:
        path.write_bytes(file.read())
    command = ["pdftotext", *options, str(path), "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_a_batch_is_one_file_and_one_list_and_is_sent_once_posted(
    mailing, people, staff, now, tmp_path, settings
):
    assert states(mailing) == {("waiting", ""): 2, ("not_sent", "no_address"): 1}
    owner = staff("owner")
    batch = make_print_batch(mailing, "letter_a4", by=owner, now=now)
    assert (batch.message_count, batch.page_count) == (2, 2)
    assert states(mailing) == {("sending", ""): 2, ("not_sent", "no_address"): 1}
    text = read_pdf(batch, tmp_path)
    for words in ("Dear Anna Bell", "SAN FRANCISCO, CA 94105", "由紀", "〒105-0011"):
        assert words in text
    with batch.addresses_file.open() as file:
        rows = list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))
    assert [row["country"] for row in rows] == ["US", "JP"]
    assert rows[1]["line_1"] == "〒105-0011"
    assert rows[1]["line_4"].endswith("由紀 様")
    assert rows[0]["building"] == "'=HYPERLINK(1)"
    with pytest.raises(NothingToPrint):
        make_print_batch(mailing, "letter_a4", by=owner, now=now)
    later = now + dt.timedelta(days=1)
    assert mark_posted(batch, by=owner, now=later) == 2
    assert set(Message.objects.filter(state="sent").values_list("sent_at", flat=True)) == {later}
    with pytest.raises(AlreadyPosted):
        mark_posted(batch, by=owner, now=later)
    acts = AuditEntry.objects.filter(action__startswith="print_batch.")
    assert sorted(acts.values_list("action", flat=True)) == [
        "print_batch.made", "print_batch.posted",
    ]  # fmt: skip


@pytest.mark.parametrize("print_format", SIZES)
def test_each_format_has_its_size_and_its_address_where_the_window_is(print_format, club, tmp_path):
    sheet = Sheet(1, ["Anna Bell", "1 Pier St"], "US", "en", "Hello", "<p>Words</p>", "https://x.y")
    printed = draw_sheets([sheet, sheet], print_format)
    is_card = print_format in ("card", "hagaki")
    assert printed.page_count == (4 if is_card else 2)
    path = tmp_path / "sheet.pdf"
    path.write_bytes(printed.pdf)
    info = subprocess.run(["pdfinfo", path], capture_output=True, check=True, text=True).stdout
    width, height = SIZES[print_format]
    size = next(line for line in info.splitlines() if line.startswith("Page size"))
    found = [float(part) for part in size.split()[2:5:2]]
    assert found == pytest.approx([width, height], abs=1)
    if print_format == "letter_a4":
        # 20-105 mm from the left, 45-90 mm from the top, as the window of DIN 5008 B.
        command = [
            "pdftotext",
            "-x",
            "57",
            "-y",
            "162",
            "-W",
            "241",
            "-H",
            "93",
            "-l",
            "1",
            path,
            "-",
        ]
        text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        assert "Anna Bell\n1 Pier St" in text
        assert "Words" not in text


def test_words_that_do_not_fit_a_card_stop_the_batch_and_change_nothing(mailing, staff, now):
    mailing = make_mailing(
        now=now, channels=("post",), words={"subject": "Long", "body": "Word. " * 800}
    )
    plan(mailing, now=now)
    with pytest.raises(TooLongForPaper, match="Anna Bell"):
        make_print_batch(mailing, "card", by=None, now=now)
    assert states(mailing) == {("waiting", ""): 2, ("not_sent", "no_address"): 1}
    assert not PrintBatch.objects.exists()


def test_a_household_in_mourning_gets_no_new_year_card(people, now):
    mailing = make_mailing(now=now, channels=("post",), words=WORDS, is_festive=True)
    plan(mailing, now=now)
    Member.objects.filter(pk=people[1].pk).update(mourning_ends_on=now.date())
    batch = make_print_batch(mailing, "hagaki", by=None, now=now)
    assert batch.message_count == 1
    assert states(mailing)["not_sent", "mourning"] == 1


def test_without_pango_it_is_said_what_to_install(club, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if it could not be loaded
    sheet = Sheet(1, ["Anna"], "US", "en", "Hello", "<p>Words</p>", "")
    with pytest.raises(PangoMissing, match="libpango"):
        draw_sheets([sheet], "card")


def test_nothing_is_fetched_for_a_letter(club, tmp_path):
    sheet = Sheet(
        1, ["Anna"], "US", "en", "Hello",
        '<p>Words</p><img src="file:///etc/passwd"><img src="http://127.0.0.1:9/x.png">', "",
    )  # fmt: skip
    assert draw_sheets([sheet], "letter_a4").page_count == 1


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"message_ids": []}, "print_batch_has_messages"),
        ({"format": "a5"}, "print_batch_format_is_known"),
    ],
)
def test_a_batch_has_messages_and_a_format(mailing, now, values, name):
    usual = {"mailing": mailing, "format": "card", "message_ids": [1], "made_at": now}
    PrintBatch.objects.create(**usual)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PrintBatch.objects.create(**usual | values)


@pytest.mark.parametrize(
    ("waits_again", "state"), [(True, ("waiting", "")), (False, ("not_sent", "left_out"))]
)
def test_a_batch_that_is_not_posted_is_cancelled(
    mailing, staff, now, waits_again, state, django_capture_on_commit_callbacks
):
    owner = staff("owner")
    batch = make_print_batch(mailing, "letter_a4", by=owner, now=now)
    kept = batch.file.storage
    names = [batch.file.name, batch.addresses_file.name]
    with django_capture_on_commit_callbacks(execute=True):
        assert cancel_print_batch(batch, waits_again=waits_again, by=owner, now=now) == 2
    assert states(mailing) == {state: 2, ("not_sent", "no_address"): 1}
    assert not any(kept.exists(name) for name in names)
    for act in (mark_posted, partial(cancel_print_batch, waits_again=True)):
        with pytest.raises(BatchCancelled):
            act(batch, by=owner, now=now)
    batch.refresh_from_db()
    assert (batch.cancelled_by, batch.file.name) == (owner, "")
    assert AuditEntry.objects.filter(action="print_batch.cancelled").count() == 1
    if waits_again:
        again = make_print_batch(mailing, "letter_a4", by=owner, now=now)
        mark_posted(again, by=owner, now=now)
        with pytest.raises(AlreadyPosted):
            cancel_print_batch(again, waits_again=True, by=owner, now=now)
        batch.posted_at = now
        with (
            pytest.raises(IntegrityError, match="print_batch_posted_or_cancelled"),
            transaction.atomic(),
        ):
            batch.save()


def test_who_is_being_written_to_is_erased_once_the_letters_are_posted(
    mailing, people, staff, now, django_capture_on_commit_callbacks
):
    by = staff("owner")
    batch = make_print_batch(mailing, print_format="letter_a4", by=by, now=now)
    with pytest.raises(StillOpen):
        erase_member(people[0], by=by, now=now)
    mark_posted(batch, by=by, now=now)
    storage, names = batch.file.storage, [batch.file.name, batch.addresses_file.name]
    with django_capture_on_commit_callbacks(execute=True):
        erase_member(people[0], by=by, now=now)
    assert not any(storage.exists(name) for name in names)
    batch.refresh_from_db()
    assert (batch.file.name, batch.addresses_file.name) == ("", "")
