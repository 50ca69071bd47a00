"""What is kept of a record that went up in another: all of it while the merge can be undone."""

import datetime as dt
import io
import json
import zipfile

import pytest

from core.models import AuditEntry
from members.enums import Channel, ConsentSource, MemberStatus
from members.erased_keys import EMAIL, PHONE, hash_key
from members.models import ErasedKey, Member
from members.models.member import PERSONAL_BLANKS
from members.purposes import SENSITIVE
from members.selectors.consents import has_agreed
from members.selectors.search import list_member_ids
from members.services.consents import Answer, record_answers
from members.services.enrolment import create_member
from members.services.erasing import erase_member
from members.services.exports import write_archive
from members.services.merging import UndoTooLate, merge_members, undo_merge
from members.services.profiles import update_member
from members.services.retention import apply_retention

pytestmark = pytest.mark.django_db
HOUR, MONTH = dt.timedelta(hours=1), dt.timedelta(days=30)
TOLD = {"given_name": "Ann", "email": "ann@example.com", "phone": "+14155550123",
        "birth_month": 4, "birth_day": 30, "interests": ["wine"], "locale": "ja"}  # fmt: skip


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.jsonl"


@pytest.fixture
def make(rules, now):
    return lambda **fields: create_member(now=now, source="test", **fields)


@pytest.fixture
def merge(now):
    def act(source, target):
        return merge_members(source, target, by=None, reason="One card", now=now)

    return act


@pytest.fixture
def pair(make, merge):
    """Ann went up in Bob, who has contacts of his own."""
    ann = make(**TOLD)
    bob = make(given_name="Bob", email="bob@example.com", phone="+14155550199")
    return ann, bob, merge(ann, bob)


@pytest.fixture
def say(now):
    def act(member, is_given, after=HOUR, source=ConsentSource.COUNTER):
        answers = [Answer(SENSITIVE, Channel.ANY, is_given)]
        record_answers(member, answers, source=source, by=None, now=now + after)

    return act


def fresh(member):
    return Member.objects.get(pk=member.pk)


def tells(member):
    """What is left of the person, by field."""
    member = fresh(member)
    blanks = PERSONAL_BLANKS | {"locale": ""}
    return {name for name, blank in blanks.items() if getattr(member, name) != blank}


# --- After thirty days --------------------------------------------------------------------------


def test_absorbed_record_is_whole_while_its_merge_can_be_undone(pair, now):
    ann, _bob, merge = pair
    assert apply_retention(now=now + MONTH) == {}
    assert tells(ann) == set(TOLD)
    undo_merge(merge, by=None, now=now + MONTH)
    assert apply_retention(now=now + MONTH + HOUR) == {}
    assert (tells(ann), fresh(ann).status) == (set(TOLD), MemberStatus.ACTIVE)


def test_afterwards_only_its_number_is_left(pair, now):
    ann, bob, merge = pair
    assert apply_retention(now=now + MONTH + HOUR) == {"members.MemberMerge": 1}
    assert tells(ann) == set()
    assert (fresh(ann).status, fresh(ann).merged_into) == (MemberStatus.MERGED, bob)
    assert list_member_ids(ann.number) == [bob.pk]
    assert fresh(bob).given_name == "Bob"
    with pytest.raises(UndoTooLate):
        undo_merge(merge, by=None, now=now + MONTH + HOUR)
    entry = AuditEntry.objects.get(action="member.absorbed_emptied")
    assert entry.subject_id == str(ann.pk)
    assert "ann@example.com" not in json.dumps(entry.changes)
    assert apply_retention(now=now + MONTH + 2 * HOUR) == {}


def test_each_record_of_a_chain_has_its_own_time(pair, make, now):
    ann, bob, _merge = pair
    cid = make(given_name="Cid", email="cid@example.com")
    later = now + MONTH / 2
    second = merge_members(bob, cid, by=None, reason="One card", now=later)
    assert apply_retention(now=now + MONTH + HOUR) == {"members.MemberMerge": 1}
    assert (tells(ann), fresh(bob).given_name) == (set(), "Bob")
    undo_merge(second, by=None, now=now + MONTH + 2 * HOUR)
    assert (fresh(bob).status, fresh(ann).merged_into) == (MemberStatus.ACTIVE, bob)


# --- The survivor's erasure and download --------------------------------------------------------


def test_download_holds_the_absorbed_record(pair, now):
    _ann, bob, _merge = pair
    with io.BytesIO() as file:
        write_archive(bob, file, locale="en", now=now)
        rows = json.loads(zipfile.ZipFile(file).read("members-member.json"))
    assert [row["email"] for row in rows] == ["bob@example.com", "ann@example.com"]


def test_erasure_empties_the_absorbed_record(pair, now):
    ann, bob, _merge = pair
    erase_member(bob, by=None, now=now + HOUR)
    assert (tells(ann), tells(bob)) == (set(), set())
    assert fresh(ann).status == MemberStatus.ERASED


@pytest.mark.parametrize("is_emptied", [False, True])
def test_erasure_keeps_the_absorbed_contacts_away(pair, now, is_emptied):
    _ann, bob, _merge = pair
    if is_emptied:
        apply_retention(now=now + MONTH + HOUR)
    erase_member(bob, by=None, now=now + 2 * MONTH)
    for key in (hash_key(EMAIL, "ann@example.com"), hash_key(PHONE, "+14155550123")):
        assert ErasedKey.objects.filter(kind=key.kind, key_hash=key.key_hash).exists()


# --- Sensitive details --------------------------------------------------------------------------


def test_details_go_from_absorbed_records_too(make, merge, say):
    other, mei = make(), make()
    say(mei, True)
    say(other, True)
    update_member(other, {"traits": "left-handed"}, by=None, now=other.joined_at)
    update_member(mei, {"traits": "no nuts"}, by=None, now=mei.joined_at)
    merge(other, mei)
    say(mei, False, 2 * HOUR)
    assert (fresh(mei).traits, fresh(other).traits) == ("", "")


def test_merge_with_who_took_it_back_ends_the_details(make, say, now):
    other, mei = make(), make()
    say(mei, True)
    say(other, False)
    update_member(mei, {"traits": "no nuts"}, by=None, now=now)
    merge = merge_members(other, mei, by=None, reason="One card", now=now + 2 * HOUR)
    assert fresh(mei).traits == ""
    undo_merge(merge, by=None, now=now + 3 * HOUR)
    assert (fresh(mei).traits, has_agreed(mei, SENSITIVE)) == ("", True)


def test_survivor_who_took_it_back_takes_no_details_over(make, merge, say, now):
    mei, survivor = make(traits="no nuts", interests=["wine"]), make()
    say(survivor, False)
    done = merge(mei, survivor)
    assert (fresh(survivor).traits, fresh(survivor).interests) == ("", ["wine"])
    undo_merge(done, by=None, now=now + HOUR)
    assert fresh(mei).traits == "no nuts"
