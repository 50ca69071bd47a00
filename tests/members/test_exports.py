import csv
import datetime as dt
import io
import json
import threading
import zipfile

import pytest
from django.db import connection
from django.utils import translation

from core.models import AuditEntry
from members import registry
from members.enums import ExportState
from members.models import Activity, ActivityBatch, DataExport, Member, MemberReference, Notice
from members.registry import PersonalData
from members.services.enrolment import create_member
from members.services.erasing import erase_member
from members.services.exports import (
    ExportGone,
    NothingHeld,
    TooManyExports,
    delete_past_exports,
    open_export,
    process_waiting_exports,
    request_export,
    write_archive,
)
from members.services.profiles import attach_login

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, monkeypatch):
    """Private files of this test alone."""
    settings.ERASURE_LOG = tmp_path / "erasures.jsonl"
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path / "private"))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    yield tmp_path / "private"
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)


@pytest.fixture
def mei(make_member, make_login, now):
    member = make_member(given_name="Mei", family_name="=cmd()", email="mei@example.com")
    MemberReference.objects.create(source_code="till", external_id="M-1", member=member)
    return attach_login(member, make_login(), by=None, now=now)


def list_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def read_archive(export, now):
    with open_export(export, by=None, now=now) as file:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
    return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def make(member, now):
    export = request_export(member, by=None, now=now)
    assert process_waiting_exports(now=now) == 1
    return DataExport.objects.get(pk=export.pk)


def test_download_is_made_and_open_for_a_day(mei, now, folder, sent_tasks,
                                             django_capture_on_commit_callbacks):  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        request_export(mei, by=mei.user, now=now)
    assert sent_tasks == [("members.tasks.sweep_exports", [])]
    assert process_waiting_exports(now=now) == 1
    export = DataExport.objects.get()
    assert (export.state, export.expires_at) == (ExportState.READY, now + DAY)
    assert len(list_files(folder)) == 1
    assert Notice.objects.get().code == "export_ready"
    open_export(export, by=mei.user, now=now + DAY - dt.timedelta(seconds=1)).close()
    with pytest.raises(ExportGone):
        open_export(export, by=mei.user, now=now + DAY)
    actions = list(AuditEntry.objects.about(mei).order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["export.requested", "member.exported"]


def test_file_goes_when_its_day_is_over(mei, now, folder, django_capture_on_commit_callbacks):
    export = make(mei, now)
    assert delete_past_exports(now=now + DAY - dt.timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_past_exports(now=now + DAY) == 1
    export = DataExport.objects.get(pk=export.pk)
    assert (export.state, export.file.name) == (ExportState.EXPIRED, "")
    assert list_files(folder) == []
    assert delete_past_exports(now=now + DAY) == 0


def test_name_of_the_file_tells_nothing(mei, now, folder):
    make(mei, now)
    (path,) = list_files(folder)
    assert mei.number not in path.name
    assert "mei" not in str(path.relative_to(folder)).lower()
    assert len(path.stem) == 32


def test_archive_holds_every_kind_as_json_and_csv(mei, now):
    files = read_archive(make(mei, now), now)
    (record,) = json.loads(files["members-member.json"])
    assert (record["given_name"], record["email"]) == ("Mei", "mei@example.com")
    (reference,) = json.loads(files["members-memberreference.json"])
    assert reference["external_id"] == "M-1"
    head, row = list(csv.reader(io.StringIO(files["members-memberreference.csv"])))
    assert head == ["source", "external id", "created at"]
    assert row[:2] == ["till", "M-1"]
    login = json.loads(files["members-user.json"])[0]
    assert login["email"] == "mei@example.com"
    for name in files:
        assert name == "README.txt" or name.replace(".csv", ".json") in files
    assert "members-member.csv, members-member.json: Your record" in files["README.txt"]


def test_every_registered_export_can_be_read(mei, now):
    """A kind whose export fails would fail the whole download."""
    with io.BytesIO() as file:
        assert write_archive(mei, file, locale="en", now=now) > 0
    for entry in registry.personal_data:
        if entry.export:
            for row in entry.export(mei):
                json.dumps(row, default=str)


def test_cells_are_escaped_and_times_are_the_club_s(mei, now):
    files = read_archive(make(mei, now), now)
    head, row = list(csv.reader(io.StringIO(files["members-member.csv"])))
    cells = dict(zip(head, row, strict=True))
    assert cells["family name"] == "'=cmd()"
    assert cells["joined at"] == "2026-03-10 12:00:00"
    assert cells["status"] == "Active"
    assert json.loads(files["members-member.json"])[0]["status"] == "active"
    assert json.loads(files["members-member.json"])[0]["family_name"] == "=cmd()"


def test_words_are_of_the_language_in_which_it_was_asked_for(mei, now):
    with translation.override("ja"):
        request_export(mei, by=None, now=now)
    process_waiting_exports(now=now)
    assert DataExport.objects.get().locale == "ja"


def test_one_at_a_time_and_five_a_day(mei, now):
    first = request_export(mei, by=None, now=now)
    assert request_export(mei, by=None, now=now) == first
    process_waiting_exports(now=now)
    for hour in range(1, 5):
        make(mei, now + hour * HOUR)
    with pytest.raises(TooManyExports):
        request_export(mei, by=None, now=now + 5 * HOUR)
    assert request_export(mei, by=None, now=now + DAY + HOUR)


def test_erased_record_has_no_download(mei, now, folder, django_capture_on_commit_callbacks):
    export = make(mei, now)
    with django_capture_on_commit_callbacks(execute=True):
        erase_member(mei, by=None, now=now)
    assert list_files(folder) == []
    with pytest.raises(ExportGone):
        open_export(export, by=None, now=now)
    with pytest.raises(NothingHeld):
        request_export(mei, by=None, now=now)


def test_record_erased_meanwhile_leaves_no_file(mei, now, folder, registered):
    def erase_now(member):
        Member.objects.filter(pk=member.pk).update(
            status="erased", given_name="", family_name="", email=None, user=None
        )
        return []

    request_export(mei, by=None, now=now)
    registry.register_personal_data(PersonalData("tests.Thing", export=erase_now))
    registered(registry.personal_data, "tests.thing")
    assert process_waiting_exports(now=now) == 0
    assert DataExport.objects.get().state == ExportState.FAILED
    assert list_files(folder) == []


def test_failing_export_is_tried_three_times(mei, now, folder, registered, caplog):
    def fail(member):
        raise OSError("disk full")

    registry.register_personal_data(PersonalData("tests.Thing", export=fail))
    registered(registry.personal_data, "tests.thing")
    request_export(mei, by=None, now=now)
    for attempt in range(5):
        assert process_waiting_exports(now=now + attempt * HOUR) == 0
    export = DataExport.objects.get()
    assert (export.state, export.attempt_count) == (ExportState.FAILED, 4)
    assert list_files(folder) == []


def test_records_that_went_up_in_it_are_in_the_download(mei, make_member, now):
    absorbed = make_member(given_name="May")
    Member.objects.filter(pk=absorbed.pk).update(status="merged", merged_into=mei)
    files = read_archive(make(mei, now), now)
    assert [row["given_name"] for row in json.loads(files["members-member.json"])] == ["Mei", "May"]


def test_member_of_ten_thousand_entries_is_exported(mei, now, django_assert_max_num_queries):
    batch = ActivityBatch.objects.create(kind="view", recorded_at=now, activity_count=10_000)
    Activity.objects.bulk_create(
        [
            Activity(batch=batch, member=mei, kind="view", effective_at=now, recorded_at=now,
                     facts={"n": number})
            for number in range(10_000)
        ]
    )  # fmt: skip
    with django_assert_max_num_queries(120):
        files = read_archive(make(mei, now), now)
    assert len(json.loads(files["members-activity.json"])) == 10_000
    assert files["members-activity.csv"].count("\n") == 10_001


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_each_once(club, now, folder):
    for index in range(6):
        member = create_member(now=now, source="test", given_name=str(index))
        request_export(member, by=None, now=now)
    made = []

    def run():
        made.append(process_waiting_exports(now=now))
        connection.close()

    threads = [threading.Thread(target=run) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 6
    assert len(list_files(folder)) == 6
    assert set(DataExport.objects.values_list("state", "attempt_count")) == {("ready", 1)}
