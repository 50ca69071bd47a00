"""What an erasure leaves: hashes that keep a person away, a log for restored backups."""
# ruff: noqa: F811 (fixtures come as imports)

import datetime as dt
import json

import pytest
from allauth.account.models import EmailAddress
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from members.enums import MemberStatus
from members.models import (
    ErasedKey,
    Erasure,
    ErasureRequest,
    Member,
    MemberReference,
)
from members.services.enrolment import MemberKey, create_member, ensure_members
from members.services.erasing import (
    erase_member,
)
from members.services.erasure import (
    apply_erasures,
    cancel_erasure,
    process_due_erasures,
    request_erasure,
)
from members.services.erasure_log import read_log, write_log
from tests.members.test_erasure import holds_up, log, mei, refresh  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


# --- Hashes that keep them away -----------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        MemberKey(external_id="M-1"),
        MemberKey(email="Mei@Example.com "),
        MemberKey(phone="415 555 0123"),
        MemberKey(external_id="new", email="mei@example.com"),
        MemberKey(external_id="new", phone="+1 415 555 0123"),
    ],
)
def test_erased_person_is_not_brought_back(mei, now, key):
    erase_member(mei, by=None, now=now)
    before = Member.objects.count()
    enrolled = ensure_members([key], source="till", now=now)
    assert enrolled.ids == {key: None}
    assert enrolled.refused == {}
    assert enrolled.created_count == 0
    assert Member.objects.count() == before
    assert not MemberReference.objects.exists()


def test_number_of_an_erased_member_has_nobody(mei, now):
    key = MemberKey(number=mei.number)
    erase_member(mei, by=None, now=now)
    assert ensure_members([key], source="till", now=now).ids == {key: None}


def test_others_of_the_batch_are_made(mei, now):
    erase_member(mei, by=None, now=now)
    keys = [MemberKey(email="mei@example.com"), MemberKey(email="ken@example.com")]
    enrolled = ensure_members(keys, source="till", now=now)
    assert enrolled.created_count == 1
    assert enrolled.ids[keys[0]] is None
    assert enrolled.ids[keys[1]] is not None


def test_same_id_at_another_source_is_somebody_else(mei, now):
    erase_member(mei, by=None, now=now)
    assert ensure_members([MemberKey(external_id="M-1")], source="shop", now=now).created_count == 1


def test_who_comes_back_by_themselves_is_found(mei, now):
    erase_member(mei, by=None, now=now)
    back = create_member(now=now, source="signup", email="mei@example.com")
    keys = [
        MemberKey(email="mei@example.com"),
        MemberKey(external_id="M-1", email="mei@example.com"),
    ]
    enrolled = ensure_members(keys, source="till", now=now)
    assert enrolled.ids == dict.fromkeys(keys, back.pk)
    key = MemberKey(external_id="M-1")
    assert ensure_members([key], source="till", now=now).ids == {key: back.pk}


def test_hashes_are_keyed_and_old_keys_are_tried(mei, now, settings):
    import hashlib

    settings.ERASURE_KEYS = ["first"]
    erase_member(mei, by=None, now=now)
    hashes = set(ErasedKey.objects.values_list("key_hash", flat=True))
    assert len(hashes) == 3
    assert hashlib.sha256(b"mei@example.com").hexdigest() not in hashes
    key = MemberKey(email="mei@example.com")
    settings.ERASURE_KEYS = ["second", "first"]
    assert ensure_members([key], source="till", now=now).ids == {key: None}
    settings.ERASURE_KEYS = ["second"]
    assert ensure_members([key], source="till", now=now).created_count == 1


def test_check_tells_of_hashes_whose_key_is_gone(mei, now, settings):
    settings.ERASURE_KEYS = ["first"]
    erase_member(mei, by=None, now=now)

    def list_problems(**about):
        return [problem.id for problem in run_checks(tags=["database"], **about)]

    assert list_problems(databases=["default"]) == []
    settings.ERASURE_KEYS = ["second"]
    assert list_problems(databases=["default"]) == ["members.W008"]


def test_unverified_address_of_a_login_blocks_nobody(mei, now):
    EmailAddress.objects.create(user=mei.user, email="boss@example.com", verified=False)
    erase_member(mei, by=None, now=now)
    key = MemberKey(email="boss@example.com")
    assert ensure_members([key], source="till", now=now).created_count == 1


# --- The log ------------------------------------------------------------------------------------


def _restore(member, request=None):
    """As a backup of before would: the record is back, the erasure is not known."""
    Erasure.objects.all().delete()
    Member.objects.filter(pk=member.pk).update(
        status="active", given_name="Mei", email="mei@example.com"
    )


def test_log_is_written_after_the_commit_and_holds_no_name(
    mei, now, log, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        erasure = erase_member(mei, by=None, now=now)
        assert not log.exists()
    (line,) = read_log(log)
    assert line["erased"] == str(erasure.uid)
    assert line["members"] == [[mei.pk, mei.created_at.isoformat()]]
    assert sorted(kind for kind, _key, _hash in line["keys"]) == ["email", "phone", "reference"]
    assert "mei" not in log.read_text().lower()
    assert log.stat().st_mode & 0o077 == 0
    assert write_log(now=now) == 0


def test_what_the_log_lacks_is_written_by_the_sweep(mei, now, log):
    erase_member(mei, by=None, now=now)
    log.parent.mkdir(exist_ok=True)
    log.write_text('{"erased": "cut off in the mid')
    assert write_log(now=now) == 1
    assert len(read_log(log)) == 1


def test_log_that_can_not_be_written_waits(mei, now, log, sent_tasks, caplog,
                                           django_capture_on_commit_callbacks):  # fmt: skip
    log.mkdir()
    with django_capture_on_commit_callbacks(execute=True):
        erase_member(mei, by=None, now=now)
    assert ("members.tasks.sweep_erasures", []) in sent_tasks
    log.rmdir()
    assert write_log(now=now) == 1


def test_restored_backup_learns_what_was_erased(mei, now, log):
    erase_member(mei, by=None, now=now)
    write_log(now=now)
    _restore(mei)
    result = apply_erasures(log, now=now + DAY)
    assert (result.erased_count, result.known_count, result.waiting_count) == (1, 0, 0)
    assert refresh(mei).status == MemberStatus.ERASED
    assert ensure_members([MemberKey(phone="+14155550123")], source="x", now=now).created_count == 0
    again = apply_erasures(log, now=now + DAY)
    assert (again.erased_count, again.known_count) == (0, 1)
    assert Erasure.objects.count() == 1


def test_somebody_else_under_the_same_id_is_left_alone(mei, make_member, now, log):
    """A backup from before the member was made gives their id to the next one."""
    erase_member(mei, by=None, now=now)
    write_log(now=now)
    Erasure.objects.all().delete()
    Member.objects.filter(pk=mei.pk).update(status="active", given_name="Ken", created_at=now + DAY)
    result = apply_erasures(log, now=now + DAY)
    assert (result.erased_count, result.absent_count) == (0, 1)
    assert refresh(mei).given_name == "Ken"
    key = MemberKey(email="mei@example.com")
    assert ensure_members([key], source="till", now=now).ids == {key: None}


def test_erasure_of_the_log_waits_for_what_is_open_in_the_backup(mei, now, log, holds_up):
    open_orders = []
    holds_up(blocks=lambda member, now: open_orders)
    erase_member(mei, by=None, now=now)
    write_log(now=now)
    _restore(mei)
    open_orders.append("Your parcel is on its way.")
    result = apply_erasures(log, now=now + DAY)
    assert (result.erased_count, result.waiting_count) == (0, 1)
    assert ErasureRequest.objects.get().held_up_by == "still_open"
    open_orders.clear()
    assert process_due_erasures(now=now + 2 * DAY) == 1


def test_cancellation_reaches_a_restored_backup_too(mei, now, log):
    request = request_erasure(mei, by=None, now=now)
    cancel_erasure(request, by=None, now=now + DAY)
    write_log(now=now + DAY)
    ErasureRequest.objects.update(state="waiting", closed_at=None, logged_at=None)
    assert apply_erasures(log, now=now + 2 * DAY).cancelled_count == 1
    assert process_due_erasures(now=now + WEEK) == 0
    assert refresh(mei).given_name == "Mei"


def test_command_applies_the_log_and_writes_a_whole_one(mei, now, log, tmp_path, capsys):
    call_command("apply_erasures")
    assert "nothing was ever erased here" in capsys.readouterr().out
    erase_member(mei, by=None, now=now)
    whole = tmp_path / "whole.jsonl"
    call_command("apply_erasures", "--write", str(whole))
    assert "1 lines written" in capsys.readouterr().out
    _restore(mei)
    call_command("apply_erasures", "--log", str(whole))
    assert "Erased 1 records again" in capsys.readouterr().out
    with pytest.raises(CommandError, match="exists already"):
        call_command("apply_erasures", "--write", str(whole))
    whole.write_text("nonsense\n")
    with pytest.raises(CommandError, match="Line 1"):
        call_command("apply_erasures", "--log", str(whole))
    whole.write_text(json.dumps([1]) + "\n")
    with pytest.raises(CommandError, match="Line 1"):
        call_command("apply_erasures", "--log", str(whole))
    with pytest.raises(CommandError, match="No such file"):
        call_command("apply_erasures", "--log", str(tmp_path / "none"))
