# ruff: noqa: F811 (fixtures)
"""Follow-ups: what opens one and what doesn't, what staff do with it, what the member reads."""

import datetime as dt

import pytest

from core.actors import Agent
from core.models import AuditEntry
from members.models import Activity, Member, Notice
from members.registry import MessageFate, personal_data, promotion_holds
from members.services.erasing import erase_member
from members.services.merging import merge_members, undo_merge
from surveys.engine.presses import Press
from surveys.models import FollowUp, FollowUpEntry
from surveys.selectors.follow_ups import list_conversations, list_workers
from surveys.services.answering import answer_question
from surveys.services.follow_ups import (
    AlreadyClosed,
    NobodyToReplyTo,
    NotClosed,
    NothingSaid,
    NotTheirs,
    SomebodyElses,
    add_note,
    begin_follow_up,
    close_follow_up,
    hand_over,
    hear_reply_fates,
    reopen_follow_up,
    reply_to_member,
    take_follow_up,
    take_message,
)
from surveys.signals import follow_up_opened
from tests.rewards.desk import staff  # noqa: F401 (fixture)
from tests.surveys.asked import *  # noqa: F403 (fixtures)
from tests.surveys.asked import PRESS, question

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
TWO = (question("rating", "nps"), question("words", "text"))


@pytest.fixture
def heard():
    calls = []

    def listen(sender, follow_up, is_again, now, **more):
        calls.append((follow_up.pk, is_again))

    follow_up_opened.connect(listen)
    yield calls
    follow_up_opened.disconnect(listen)


@pytest.fixture
def low(ask, invite):
    """An invitation to a survey that follows up below five of ten within a day."""

    def make(**terms):
        number = FollowUp.objects.count()
        terms = {"low_line": 500, "follow_up_hours": 24, "code": f"low{number}"} | terms
        return invite(ask(*TWO, **terms))

    return make


@pytest.fixture
def complaint(low, now):
    def make():
        row = low()
        press(row, "2", now)
        return FollowUp.objects.get(response__invitation=row)

    return make


def press(row, number, at, *, by=PRESS, code="rating"):
    answer_question(row.pk, code, [number], press=by, now=at)


def story(follow_up):
    return list(follow_up.entries.order_by("pk").values_list("kind", flat=True))


# --- What opens one -------------------------------------------------------------------------------


def test_a_low_answer_opens_one_and_only_one(low, heard, now):
    row = low()
    press(row, "2", now)
    found = FollowUp.objects.get()
    assert (found.response.invitation_id, found.member_id) == (row.pk, row.member_id)
    assert (found.state, found.owner, found.score_permille) == ("open", None, 200)
    # Plain hours: 24 of them, nights and Sundays included.
    assert (found.opened_at, found.due_at) == (now, now + 24 * HOUR)
    press(row, "2", now + HOUR)
    press(row, "Cold soup", now + HOUR, code="words")
    press(row, "4", now + 2 * HOUR)
    assert FollowUp.objects.count() == 1
    assert (story(found), heard) == ([], [(found.pk, False)])


@pytest.mark.parametrize(
    ("number", "by", "terms"),
    [
        ("5", PRESS, {}),
        ("0", Press(Agent.BOT), {}),
        ("0", PRESS, {"low_line": None}),
        ("0", PRESS, {"low_line": None, "is_anonymous": True}),
    ],
)
def test_what_opens_none(low, heard, now, number, by, terms):
    press(low(**terms), number, now, by=by)
    assert (FollowUp.objects.count(), heard) == (0, [])


def test_unknown_opens_one_once_it_is_a_person(low, invite, now):
    row = invite(low().survey, sent_at=now - dt.timedelta(seconds=30))
    press(row, "1", now, by=Press(Agent.BROWSER))
    assert FollowUp.objects.count() == 0
    press(row, "1", now + HOUR)
    assert FollowUp.objects.get().opened_at == now + HOUR


def test_a_better_answer_closes_what_nobody_began_and_a_lower_one_opens_it_again(low, heard, now):
    row = low()
    press(row, "2", now)
    press(row, "9", now + HOUR)
    found = FollowUp.objects.get()
    assert (found.state, found.ending, found.closed_at, story(found)) == (
        "closed", "raised", now + HOUR, ["raised"],
    )  # fmt: skip
    press(row, "3", now + 2 * HOUR)
    found.refresh_from_db()
    assert (found.state, found.ending, found.due_at) == ("open", "", now + 26 * HOUR)
    assert (story(found), heard) == (["raised", "lowered"], [(found.pk, False), (found.pk, True)])


def test_a_better_answer_does_not_end_what_somebody_began(low, staff, now):
    row = low()
    press(row, "2", now)
    found = take_follow_up(FollowUp.objects.get().pk, by=staff("clerk"), now=now)
    press(row, "10", now + HOUR)
    found.refresh_from_db()
    assert (found.state, story(found)) == ("open", ["taken", "raised"])


def test_after_it_is_done_only_a_lower_answer_opens_it(low, staff, now):
    row = low()
    press(row, "2", now)
    pk = FollowUp.objects.get().pk
    close_follow_up(pk, "Rang them", by=staff("clerk"), now=now)
    press(row, "Thanks anyway", now + HOUR, code="words")
    press(row, "3", now + HOUR)
    assert FollowUp.objects.get().state == "closed"
    press(row, "1", now + HOUR)
    found = FollowUp.objects.get()
    assert (found.state, found.outcome, found.score_permille) == ("open", "", 100)
    assert FollowUpEntry.objects.get(kind="closed").text == "Rang them"


@pytest.mark.parametrize("is_done", [False, True])
def test_a_complaint_that_comes_back_is_one(low, staff, heard, now, is_done):
    """Low, content, and as low as before: whoever works on it reads both, whoever closed it has it
    again.
    """
    row, clerk = low(), staff("clerk")
    press(row, "2", now)
    pk = take_follow_up(FollowUp.objects.get().pk, by=clerk, now=now).pk
    if is_done:
        close_follow_up(pk, "Rang them", by=clerk, now=now)
    press(row, "9", now + HOUR)
    press(row, "10", now + HOUR)
    press(row, "2", now + 2 * HOUR)
    press(row, "2", now + 3 * HOUR)
    found = FollowUp.objects.get()
    assert story(found)[-2:] == ["raised", "lowered"]
    assert (found.state, found.owner, len(heard)) == ("open", clerk, 1 + is_done)


# --- What staff do --------------------------------------------------------------------------------


def test_the_whole_way_is_on_record_with_names(complaint, staff, now):
    pk, one, two = complaint().pk, staff("clerk"), staff("clerk", 2)
    take_follow_up(pk, by=one, now=now)
    take_follow_up(pk, by=one, now=now)
    begin_follow_up(pk, by=one, now=now)
    add_note(pk, " Soup was cold. ", by=one, now=now)
    hand_over(pk, two, note="Yours?", by=one, now=now)
    reply_to_member(pk, "We are sorry.", by=two, now=now)
    closed = close_follow_up(pk, "New soup", by=two, now=now + HOUR)
    assert (closed.state, closed.ending, closed.outcome) == ("closed", "done", "New soup")
    assert (closed.closed_at, closed.owner) == (now + HOUR, two)
    again = reopen_follow_up(pk, by=two, now=now + HOUR)
    assert (again.state, again.outcome, again.closed_at) == ("open", "", None)
    kinds = ["taken", "begun", "note", "handed_over", "reply", "closed", "reopened"]
    assert story(again) == kinds
    entry = FollowUpEntry.objects.get(kind="handed_over")
    assert (entry.by, entry.to, entry.text) == (one, two, "Yours?")
    acts = AuditEntry.objects.filter(action__startswith="follow_up.").order_by("pk")
    assert [(act.action.partition(".")[2], act.actor) for act in acts] == [
        ("taken", one), ("begun", one), ("noted", one), ("handed_over", one), ("replied", two),
        ("closed", two), ("reopened", two),
    ]  # fmt: skip


def test_clerks_leave_alone_what_is_anothers_and_managers_do_not(complaint, staff, now):
    pk, other = complaint().pk, staff("clerk", 2)
    take_follow_up(pk, by=staff("clerk"), now=now)
    for act in (
        lambda: take_follow_up(pk, by=other, now=now),
        lambda: close_follow_up(pk, "Done", by=other, now=now),
        lambda: add_note(pk, "Hm", by=other, now=now),
        lambda: reply_to_member(pk, "Hi", by=other, now=now),
        lambda: begin_follow_up(pk, by=staff("marketer"), now=now),
    ):
        with pytest.raises(SomebodyElses):
            act()
    assert take_follow_up(pk, by=staff("manager"), now=now).owner == staff("manager")
    with pytest.raises(NotTheirs):
        hand_over(pk, staff("marketer"), by=staff("manager"), now=now)
    assert set(list_workers()) >= {staff("clerk"), other, staff("manager")}
    assert staff("marketer") not in list_workers()


def test_what_can_not_be_done(complaint, staff, now):
    pk, by = complaint().pk, staff("clerk")
    for text in ("", "  \n", "x" * 4001):
        with pytest.raises(NothingSaid):
            close_follow_up(pk, text, by=by, now=now)
    with pytest.raises(NotClosed):
        reopen_follow_up(pk, by=by, now=now)
    close_follow_up(pk, "x" * 4000, by=by, now=now)
    with pytest.raises(AlreadyClosed):
        close_follow_up(pk, "Again", by=by, now=now)
    with pytest.raises(AlreadyClosed):
        reply_to_member(pk, "Late", by=by, now=now)


def test_a_reply_is_told_once_and_stands_on_their_pages(complaint, staff, now):
    follow_up, by = complaint(), staff("clerk")
    assert list_conversations(follow_up.member) == []
    entry = reply_to_member(follow_up.pk, "Sorry!\r\nCome by.", by=by, now=now)
    assert reply_to_member(follow_up.pk, "Sorry!\nCome by.", by=by, now=now) == entry
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.owner) == ("working", by)
    told = Activity.objects.get(kind="followup_replied")
    assert (told.member_id, told.subject_type, told.subject_id) == (
        follow_up.member_id, "surveys.followupentry", entry.pk,
    )  # fmt: skip
    assert Notice.objects.get(member=follow_up.member).code == "followup_replied"
    (talk,) = list_conversations(follow_up.member)
    assert [each.text for each in talk.replies] == ["Sorry!\nCome by."]


def test_what_became_of_the_message_is_on_the_reply(complaint, staff, now):
    follow_up = complaint()
    entry = reply_to_member(follow_up.pk, "Sorry", by=staff("clerk"), now=now)
    for is_sent, fate in ((False, "not_sent"), (True, "sent"), (False, "sent")):
        hear_reply_fates([MessageFate(follow_up.member_id, entry.pk, is_sent, "", now)], now)
        entry.refresh_from_db()
        assert entry.fate == fate


# --- The contact form -----------------------------------------------------------------------------


def test_messages_wait_among_them(person, staff, heard, now):
    mei = person(email="mei@example.com")
    own = take_message("Where are\r\nmy points?\0", member=mei, name="x", email="e@x.com", now=now)
    assert (own.member, own.subject, own.sender_name, own.sender_email) == (
        mei, "Where are\nmy points?", "", "",
    )  # fmt: skip
    # Whoever types her address is not her.
    other = take_message("Hi", member=None, name=" A\r\nBcc: b\u202e ", email="mei@example.com",
                         locale="ja", now=now)  # fmt: skip
    assert (other.member, other.sender_name, other.locale) == (None, "A Bcc: b", "ja")
    assert take_message("Hi", member=None, email="mei@example.com", now=now) == other
    assert take_message("Hi", member=None, email="ken@example.com", now=now) != other
    assert len(heard) == 3
    with pytest.raises(NothingSaid):
        take_message("x" * 1_000_000, member=None, email="a@example.com", now=now)
    with pytest.raises(NobodyToReplyTo):
        reply_to_member(other.pk, "Hello", by=staff("clerk"), now=now)
    assert list_conversations(mei) == [own]


# --- Promotions, privacy --------------------------------------------------------------------------


def held(member):
    return Member.objects.raw(
        f"SELECT id FROM members_member WHERE id IN ({promotion_holds['follow_ups']}) AND id = %s",
        [member.pk],
    )


def test_promotions_pause_while_it_is_not_closed(complaint, staff, now):
    follow_up, by = complaint(), staff("clerk")
    assert len(list(held(follow_up.member))) == 1
    begin_follow_up(follow_up.pk, by=by, now=now)
    assert len(list(held(follow_up.member))) == 1
    close_follow_up(follow_up.pk, "Done", by=by, now=now)
    assert len(list(held(follow_up.member))) == 0


def test_erasure_takes_the_words_and_ends_it(complaint, person, staff, now):
    follow_up, by = complaint(), staff("clerk")
    add_note(follow_up.pk, "Mei is cross", by=by, now=now)
    reply_to_member(follow_up.pk, "Dear Mei", by=by, now=now)
    member = follow_up.member
    take_message("I am Mei", member=member, now=now)
    entry = personal_data["surveys.followup"]
    shown = entry.export(member)
    assert [(row["subject"], row["replies"]) for row in shown] == [
        ("", ["Dear Mei"]), ("I am Mei", []),
    ]  # fmt: skip
    assert "cross" not in str(shown)
    entry.erase(member, now)
    entry.erase(member, now)
    rows = FollowUp.objects.filter(member=member)
    assert set(rows.values_list("state", "ending", "subject")) == {
        ("closed", "left", ""), ("closed", "left", "…"),
    }  # fmt: skip
    assert set(FollowUpEntry.objects.exclude(text="").values_list("text", flat=True)) == {"…"}
    with pytest.raises(NobodyToReplyTo):
        reopen_follow_up(follow_up.pk, by=by, now=now)


def test_what_was_answered_while_two_were_one_goes_back_too(low, person, programme, now):
    row, other = low(), person()
    first = row.member
    merge = merge_members(first, other, by=None, reason="One person", now=now)
    press(row, "2", now)
    assert FollowUp.objects.get().member == other
    undo_merge(merge, by=None, now=now)
    for found in (FollowUp.objects.get(), FollowUp.objects.get().response.invitation):
        assert found.member == first
    assert FollowUp.objects.get().response.member == first


def test_what_was_done_for_somebody_erased_stays_done(complaint, staff, now):
    found, manager = complaint(), staff("manager")
    close_follow_up(found.pk, "Rang them", by=manager, now=now)
    erase_member(found.member, by=None, now=now)
    with pytest.raises(NobodyToReplyTo):
        reopen_follow_up(found.pk, by=manager, now=now)


def test_a_merge_takes_them_along_and_back(complaint, person, now):
    follow_up, target = complaint(), person()
    entry = personal_data["surveys.followup"]
    source = follow_up.member
    moved = entry.merge(source, target, now)
    assert FollowUp.objects.get().member == target
    entry.undo(source, target, moved, now)
    assert FollowUp.objects.get().member == source
