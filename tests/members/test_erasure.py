import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail

from core.errors import DomainError
from core.models import AuditEntry, AuditNote
from core.services.audit import record_audit
from members import registry
from members.enums import ErasureState, MemberStatus, RequestSource
from members.models import (
    AudienceMember,
    ErasedKey,
    Erasure,
    ErasureRequest,
    Member,
    MemberReference,
    User,
)
from members.registry import PersonalData
from members.services.enrolment import create_member
from members.services.erasing import (
    AlreadyErased,
    MergedAway,
    StillOpen,
    erase_member,
    recheck_erasures,
)
from members.services.erasure import (
    NotWaiting,
    ReasonMissing,
    cancel_erasure,
    process_due_erasures,
    request_erasure,
    tell_about_requests,
)
from members.services.household_invitations import (
    accept_invitation,
    cancel_invitation,
    invite_to_household,
)
from members.services.households import open_household
from members.services.logins import create_login
from members.services.profiles import attach_login
from tests.races import together

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def log(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.jsonl"
    return settings.ERASURE_LOG


@pytest.fixture
def mei(make_member, make_login, now):
    member = make_member(given_name="Mei", email="mei@example.com", phone="+14155550123")
    MemberReference.objects.create(source_code="till", external_id="M-1", member=member)
    return attach_login(member, make_login(), by=None, now=now)


@pytest.fixture
def holds_up(registered):
    """``holds_up(blocks=…)``: an app with something of its own to say about an erasure."""

    def register(**hooks):
        registry.register_personal_data(PersonalData("tests.Order", **hooks))
        registered(registry.personal_data, "tests.order")

    return register


def refresh(row):
    return type(row).objects.get(pk=row.pk)


# --- Asking -------------------------------------------------------------------------------------


def test_request_waits_a_week_and_is_one(mei, now):
    request = request_erasure(mei, by=mei.user, now=now)
    assert request.due_at == now + WEEK
    assert request_erasure(mei, by=mei.user, now=now + DAY) == request
    assert process_due_erasures(now=now + WEEK - dt.timedelta(seconds=1)) == 0
    assert process_due_erasures(now=now + WEEK) == 1
    assert refresh(request).state == ErasureState.DONE
    assert refresh(mei).status == MemberStatus.ERASED


def test_request_can_be_taken_back_until_it_is_done(mei, now):
    request = request_erasure(mei, by=mei.user, now=now)
    cancel_erasure(request, by=mei.user, now=now + DAY)
    assert process_due_erasures(now=now + WEEK) == 0
    assert refresh(mei).given_name == "Mei"
    with pytest.raises(NotWaiting):
        cancel_erasure(request, by=mei.user, now=now + DAY)
    again = request_erasure(mei, by=mei.user, now=now + 2 * DAY)
    process_due_erasures(now=now + 2 * DAY + WEEK)
    with pytest.raises(NotWaiting):
        cancel_erasure(again, by=None, now=now + 2 * DAY + WEEK)


def test_staff_say_why(mei, make_login, now):
    clerk = make_login("clerk@example.com", is_staff=True)
    with pytest.raises(ReasonMissing):
        request_erasure(mei, by=clerk, now=now, source=RequestSource.STAFF, reason=" ")
    request = request_erasure(
        mei, by=clerk, now=now, source=RequestSource.STAFF, reason="A letter of Mei Chen"
    )
    assert (request.requested_by, request.reason) == (clerk, "A letter of Mei Chen")
    process_due_erasures(now=now + WEEK)
    assert refresh(request).reason == ""


def test_member_is_told_once_with_a_link(mei, now):
    now = now.replace(hour=3)  # still the evening before where the club is
    request = request_erasure(mei, by=None, now=now)
    assert [tell_about_requests(now=now), tell_about_requests(now=now)] == [1, 0]
    (letter,) = mail.outbox
    assert letter.to == ["mei@example.com"]
    assert "/privacy/erasure/" in letter.body
    assert "March 16, 2026" in letter.body
    assert refresh(request).told_at == now
    process_due_erasures(now=now + WEEK)
    assert len(mail.outbox) == 2
    assert mail.outbox[1].to == ["mei@example.com"]


def test_member_with_a_phone_alone_is_told_there(make_member, sms, now):
    request_erasure(make_member(phone="+14155550123"), by=None, now=now)
    assert tell_about_requests(now=now) == 1
    (message,) = sms()
    assert message["to"] == "+14155550123"
    assert "/privacy/erasure/" in message["text"]


def test_who_is_gone_can_not_ask_again(mei, make_member, now):
    absorbed = make_member()
    Member.objects.filter(pk=absorbed.pk).update(status="merged", merged_into=mei)
    with pytest.raises(MergedAway):
        request_erasure(absorbed, by=None, now=now)
    with pytest.raises(MergedAway):
        erase_member(absorbed, by=None, now=now)
    erase_member(mei, by=None, now=now)
    with pytest.raises(AlreadyErased):
        request_erasure(mei, by=None, now=now)
    with pytest.raises(AlreadyErased):
        erase_member(mei, by=None, now=now)


# --- What is open -------------------------------------------------------------------------------


def test_open_order_makes_the_erasure_wait_and_is_said(mei, holds_up, now):
    open_orders = ["Your parcel is on its way."]
    holds_up(blocks=lambda member, now: open_orders)
    with pytest.raises(StillOpen, match="Your parcel is on its way"):
        erase_member(mei, by=None, now=now)
    request = request_erasure(mei, by=None, now=now)
    assert process_due_erasures(now=now + WEEK) == 0
    request = refresh(request)
    assert (request.held_up_by, request.attempt_count) == ("still_open", 1)
    assert refresh(mei).given_name == "Mei"
    open_orders.clear()
    assert process_due_erasures(now=now + WEEK) == 0  # not before half a day has passed
    assert process_due_erasures(now=now + WEEK + DAY) == 1


def test_what_can_be_closed_is_closed_before_anything_goes(mei, holds_up, now):
    seen = []
    holds_up(
        before_erase=lambda member, now: seen.append(("close", refresh(member).given_name)),
        erase=lambda member, now: seen.append(("erase", refresh(member).given_name)),
    )
    erase_member(mei, by=None, now=now)
    assert seen == [("close", "Mei"), ("erase", "Mei")]


def test_refusal_of_an_app_undoes_all_and_blocks_no_other(mei, make_member, holds_up, now):
    class StillReserved(DomainError):
        code = "reserved"

    def refuse(member, now):
        if member.pk == mei.pk:
            raise StillReserved

    holds_up(erase=refuse)
    other = make_member(given_name="Ken")
    request = request_erasure(mei, by=None, now=now)
    request_erasure(other, by=None, now=now)
    assert process_due_erasures(now=now + WEEK) == 1
    assert refresh(request).held_up_by == "reserved"
    assert refresh(mei).email == "mei@example.com"
    assert mei.references.count() == 1
    assert refresh(other).status == MemberStatus.ERASED


def test_bug_in_an_app_holds_up_one_erasure(mei, make_member, holds_up, now, caplog):
    holds_up(erase=lambda member, now: {}["x"] if member.pk == mei.pk else None)
    request = request_erasure(mei, by=None, now=now)
    request_erasure(make_member(), by=None, now=now)
    assert process_due_erasures(now=now + WEEK) == 1
    assert refresh(request).held_up_by == "KeyError"


# --- What goes and what stays -------------------------------------------------------------------


def test_record_is_blank_and_its_number_stays(mei, now):
    number = mei.number
    erase_member(mei, by=None, now=now)
    gone = refresh(mei)
    assert (gone.number, gone.status, gone.user) == (number, MemberStatus.ERASED, None)
    assert (gone.given_name, gone.email, gone.phone) == ("", None, None)
    assert not MemberReference.objects.exists()
    assert not AudienceMember.objects.exists()


def test_login_goes_with_its_sessions_and_accounts(mei, client, now):
    client.force_login(mei.user)
    SocialAccount.objects.create(user=mei.user, provider="line", uid="U1", extra_data={"n": "Mei"})
    assert client.get("/home/").status_code == 200
    erase_member(mei, by=None, now=now)
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    assert not SocialAccount.objects.exists()
    assert client.get("/home/").status_code == 302


def test_login_of_staff_stays(make_member, make_login, now):
    clerk = make_login("clerk@example.com", is_staff=True)
    member = attach_login(make_member(given_name="Jo"), clerk, by=None, now=now)
    erase_member(member, by=None, now=now)
    assert User.objects.get().email == "clerk@example.com"
    assert not ErasedKey.objects.filter(kind="email").exists()


def test_login_that_rows_refer_to_is_emptied(mei, make_member, now):
    from members.models import ClaimCode

    ClaimCode.objects.create(
        member=make_member(), code_hash="x", issued_at=now, issued_by=mei.user,
        expires_at=now + DAY,
    )  # fmt: skip
    erase_member(mei, by=None, now=now)
    login = User.objects.get()
    assert (login.email, login.phone, login.display_name, login.is_active) == (
        None, None, "", False
    )  # fmt: skip
    assert not EmailAddress.objects.exists()


def test_notes_of_staff_about_the_member_go_and_others_stay(mei, make_member, now):
    other = make_member()
    record_audit("member.warned", mei, by=None, note="Mei shouted at Jo", now=now)
    record_audit("x", mei.references.get(), by=None, note="Mei's card", now=now)
    record_audit("login.helped", mei.user, by=None, note="Mei's phone", now=now)
    record_audit("member.warned", other, by=None, note="about another", now=now)
    erase_member(mei, by=None, now=now)
    assert AuditNote.objects.get().text == "about another"
    assert AuditEntry.objects.filter(action="member.warned").count() == 2


def test_records_that_went_up_in_it_go_too(mei, make_member, now):
    absorbed = make_member(given_name="May", email="may@example.com")
    older = make_member(given_name="Maye")
    Member.objects.filter(pk=absorbed.pk).update(status="merged", merged_into=mei)
    Member.objects.filter(pk=older.pk).update(status="merged", merged_into=absorbed)
    erasure = erase_member(mei, by=None, now=now)
    assert [pk for pk, _made in erasure.members] == [mei.pk, absorbed.pk, older.pk]
    for member in (absorbed, older):
        gone = refresh(member)
        assert (gone.status, gone.given_name, gone.merged_into) == ("erased", "", None)


def test_audit_names_nobody(mei, make_login, now):
    owner = make_login("owner@example.com", is_staff=True)
    erase_member(mei, by=owner, now=now)
    entry = AuditEntry.objects.get(action="member.erased")
    assert (entry.actor, entry.subject_id) == (owner, str(mei.pk))
    assert entry.changes == {"source": "staff", "records": [mei.pk]}


# --- What was under way -------------------------------------------------------------------------


def test_a_day_later_what_came_after_all_goes_too(mei, now):
    erasure = erase_member(mei, by=None, now=now)
    MemberReference.objects.create(source_code="shop", external_id="late", member=mei)
    assert recheck_erasures(now=now + DAY - dt.timedelta(seconds=1)) == 0
    assert recheck_erasures(now=now + DAY) == 1
    assert not MemberReference.objects.exists()
    assert recheck_erasures(now=now + 2 * DAY) == 0
    assert refresh(erasure).rechecked_at == now + DAY


def test_bug_in_an_app_holds_up_one_recheck(mei, make_member, holds_up, now, caplog):
    first, second = (erase_member(each, by=None, now=now) for each in (mei, make_member()))
    holds_up(erase=lambda member, now: {}["x"] if member.pk == mei.pk else None)
    assert recheck_erasures(now=now + DAY) == 1
    assert [refresh(each).rechecked_at for each in (first, second)] == [None, now + DAY]
    assert f"Erasure {first.pk} could not be checked again" in caplog.text


# --- At once ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_erase_each_once(club, now):
    """Lock: the member's row."""
    for index in range(12):
        request_erasure(
            create_member(now=now, source="test", given_name=str(index)), by=None, now=now
        )
    later = now + WEEK
    counts = together(*(lambda: process_due_erasures(now=later) for _worker in range(4)))
    process_due_erasures(now=later)  # who found every row taken has gone home
    assert all(isinstance(count, int) for count in counts)
    assert (
        Erasure.objects.count() == AuditEntry.objects.filter(action="member.erased").count() == 12
    )
    assert not ErasureRequest.objects.waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_one_record_is_erased_once_by_two(club, now):
    member = create_member(now=now, source="test", given_name="Mei")
    results = together(*(lambda: erase_member(member, by=None, now=now) for _worker in range(4)))
    assert sum(isinstance(result, AlreadyErased) for result in results) == 3
    assert Erasure.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_erasing_at_once_end_one_way(club, now):
    """Lock: the member's row."""
    for index in range(6):
        user = create_login(email=f"m{index}@example.com", by=None, now=now)
        member = create_member(now=now, source="test", given_name="Mei", user=user)
        request = request_erasure(member, by=None, now=now)
        together(
            lambda: process_due_erasures(now=now + WEEK),
            lambda request=request: cancel_erasure(request, by=None, now=now + WEEK),
        )
        state = refresh(request).state
        blank = refresh(member).given_name == ""
        assert (state, blank) in {(ErasureState.DONE, True), (ErasureState.CANCELLED, False)}


# --- Invitations of others ----------------------------------------------------------------------


def test_address_goes_from_invitations_that_others_sent(mei, make_member, now):
    """A verified address of theirs, and whatever address they were invited at and answered."""
    EmailAddress.objects.create(user=mei.user, email="mei.two@example.com", verified=True)
    EmailAddress.objects.create(user=mei.user, email="not.mine@example.com", verified=False)
    ken = make_member(given_name="Ken")
    open_household(ken, by=None, now=now)

    def invite(email):
        return invite_to_household(ken, email=email, by=None, now=now)

    first, other = invite("Mei.Two@Example.com"), invite("mei@example.com")
    answered, unproved = invite("old.mei@example.com"), invite("not.mine@example.com")
    cancel_invitation(ken, other.pk, by=None, now=now)
    accept_invitation(answered, mei, by=mei.user, now=now)
    erase_member(mei, by=None, now=now + DAY)
    assert [refresh(row).email for row in (first, other, answered)] == ["", "", ""]
    assert [refresh(row).answered_at for row in (first, other, answered)] == [now + DAY, now, now]
    assert (refresh(unproved).email, refresh(unproved).answered_at) == (
        "not.mine@example.com",
        None,
    )
