import datetime as dt

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.core.files.base import ContentFile

from core.models import AuditEntry, AuditNote
from core.services.audit import record_audit
from members import registry
from members.checks import check_retention_policy
from members.enums import MemberStatus
from members.models import ClaimAttempt, DataExport, Guardian, Member, Notice
from members.registry import PersonalData
from members.retention import AtErasure, Line, Policy, Then, get_policy
from members.selectors.privacy import write_keeping
from members.services.notices import NoticeRow, add_notices
from members.services.profiles import close_member
from members.services.retention import apply_retention, list_due

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
YEAR = dt.timedelta(days=365)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _log(settings, tmp_path):
    settings.ERASURE_LOG = tmp_path / "erasures.jsonl"


@pytest.fixture
def policy(settings, monkeypatch):
    """``policy(Line(…))`` is the whole policy."""
    import tests.members.test_retention as here

    def put(*lines):
        monkeypatch.setattr(here, "OWN", Policy(lines), raising=False)
        settings.RETENTION_POLICY = "tests.members.test_retention.OWN"

    return put


# --- The policy itself --------------------------------------------------------------------------


def test_policy_is_whole_and_can_be_executed():
    assert check_retention_policy(None) == []


def test_every_line_can_be_asked_for(now):
    for line in get_policy().lines:
        if line.is_executed:
            assert list_due(line, now).count() == 0


def test_what_the_policy_says_of_an_erasure_is_what_the_registry_does():
    """A line that promises deletion needs somebody who deletes."""
    by_login = {"members.user", "account.emailaddress", "socialaccount.socialaccount",
                "usersessions.usersession", "mfa.authenticator", "sessions.session",
                "core.auditnote"}  # fmt: skip
    for line in get_policy().lines:
        if line.erased == AtErasure.DELETED and line.model.lower() not in by_login:
            entry = registry.personal_data.get(line.model.lower())
            assert entry.erase if entry else line.days, line.model


def test_model_without_a_line_fails_the_check(registered):
    registry.register_personal_data(PersonalData("members.Audience"))
    registered(registry.personal_data, "members.audience")
    (problem,) = check_retention_policy(None)
    assert problem.id == "members.E005"
    assert problem in run_checks()


LINE = {
    "model": "members.Notice", "category": "did", "what": "x", "why": "x",
    "erased": AtErasure.DELETED, "days": 1, "since": "effective_at", "then": Then.DELETE,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"model": "members.Dream"}, "there is no such model"),
        ({"category": "dreams"}, "there is no category"),
        ({"since": ""}, "no column to count them from"),
        ({"since": "dreamt_at"}, "there is no column dreamt_at"),
        ({"only": {"dream": 1}}, "there is no column dream"),
        ({"then": Then.BLANK}, "it names no columns"),
    ],
)
def test_line_that_can_not_be_executed_fails_the_check(policy, changes, fault):
    policy(Line(**LINE | changes))
    problems = [each.msg for each in check_retention_policy(None) if each.id == "members.E006"]
    assert len(problems) == 1
    assert fault in problems[0]


def test_line_that_stands_there_twice_fails_the_check(policy):
    policy(Line(**LINE), Line(**LINE | {"days": 2}))
    problems = [each.msg for each in check_retention_policy(None) if each.id == "members.E006"]
    assert len(problems) == 2
    assert "twice" in problems[0]


def test_policy_that_is_not_there_fails_the_check(settings):
    settings.RETENTION_POLICY = "nowhere.POLICY"
    assert [problem.id for problem in check_retention_policy(None)] == ["members.E007"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"days": 730}, "2 years."),
        ({"days": 365}, "1 year."),
        ({"days": 90}, "3 months."),
        ({"days": 1}, "1 day."),
        ({"days": None}, "As long as you are a member."),
        ({"days": None, "erased": AtErasure.KEPT}, "As long as the books must be kept."),
        ({"days": 1095, "then": Then.ERASE}, "As long as you are a member, and 3 years after."),
    ],
)
def test_time_is_said_in_words(changes, words):
    assert write_keeping(Line(**LINE | changes)) == words


# --- Executing it -------------------------------------------------------------------------------


def test_notices_go_after_two_years_and_not_before(make_member, now):
    member = make_member()
    add_notices(
        [
            NoticeRow(member.pk, "x", now - 2 * YEAR - SECOND, "old"),
            NoticeRow(member.pk, "x", now - 2 * YEAR + SECOND, "young"),
        ],
        now=now,
    )
    assert apply_retention(now=now) == {"members.Notice": 1}
    assert Notice.objects.get().key == "young"
    entry = AuditEntry.objects.get(action="retention.applied")
    assert (entry.actor, entry.changes) == (None, {"members.Notice": 1})
    assert apply_retention(now=now) == {}
    assert AuditEntry.objects.filter(action="retention.applied").count() == 1


def test_traces_of_each_kind_go_in_their_time(make_member, make_login, now):
    member, user = make_member(), make_login()
    ClaimAttempt.objects.create(user=user, attempted_at=now - 91 * DAY)
    Guardian.objects.create(member=member, name="Lin", named_at=now, ended_at=now - 3 * YEAR)
    Guardian.objects.create(member=member, name="Wu", named_at=now - 9 * YEAR)
    record_audit("x", member, by=None, note="old words", now=now - 6 * YEAR)
    record_audit("x", member, by=None, note="new words", now=now)
    Session.objects.create(session_key="a", session_data="", expire_date=now - 2 * DAY)
    Session.objects.create(session_key="b", session_data="", expire_date=now)
    for state, age in (("expired", 2), ("ready", 2), ("expired", 0)):
        DataExport.objects.create(
            member=member, state=state, requested_at=now - age * YEAR, due_at=now, expires_at=now,
            file="x" if state == "ready" else "",
        )  # fmt: skip
    assert apply_retention(now=now) == {
        "members.Guardian": 1,
        "members.ClaimAttempt": 1,
        "members.DataExport": 1,
        "core.AuditNote": 1,
        "sessions.Session": 1,
    }
    assert Guardian.objects.get().name == "Wu"
    assert AuditNote.objects.get().text == "new words"
    assert Session.objects.get().session_key == "b"
    assert AuditEntry.objects.filter(action="x").count() == 2


def test_ended_membership_is_emptied_after_three_years(make_member, now):
    gone, late, back = (make_member(given_name=name) for name in "abc")
    for member, moment in ((gone, now - 3 * YEAR - DAY), (late, now - 3 * YEAR + DAY)):
        close_member(member, by=None, now=moment)
    close_member(back, by=None, now=now - 4 * YEAR)
    Member.objects.filter(pk=back.pk).update(status="active")
    assert apply_retention(now=now) == {"members.Member": 1}
    found = dict(Member.objects.values_list("given_name", "status"))
    assert found == {"": MemberStatus.ERASED, "b": MemberStatus.CLOSED, "c": MemberStatus.ACTIVE}


def test_ended_membership_that_is_held_up_comes_up_again(make_member, now, registered):
    registry.register_personal_data(
        PersonalData("tests.Order", blocks=lambda member, now: ["Your parcel is on its way."])
    )
    registered(registry.personal_data, "tests.order")
    member = make_member(given_name="Mei")
    close_member(member, by=None, now=now - 4 * YEAR)
    assert apply_retention(now=now) == {}
    assert Member.objects.get().given_name == "Mei"


def test_address_of_an_invitation_is_blanked(make_member, now):
    invitation = apps.get_model("members.HouseholdInvitation").objects.create(
        household=apps.get_model("members.Household").objects.create(created_at=now - YEAR),
        invited_by_member=make_member(),
        email="ken@example.com",
        created_at=now - YEAR,
        expires_at=now - 91 * DAY,
    )
    assert apply_retention(now=now) == {"members.HouseholdInvitation": 1}
    invitation.refresh_from_db()
    assert invitation.email == ""
    assert apply_retention(now=now) == {}


def test_files_of_a_line_are_deleted_and_its_row_stays(
    policy, make_member, now, django_capture_on_commit_callbacks
):
    policy(
        Line("members.DataExport", "agreed", "x", "x", AtErasure.DELETED, 1, "requested_at",
             Then.FILE, columns=("file",))
    )  # fmt: skip
    export = DataExport(
        member=make_member(), state="expired", requested_at=now - 2 * DAY, due_at=now
    )
    export.file.save("x.zip", ContentFile(b"x"))
    storage, name = export.file.storage, export.file.name
    with django_capture_on_commit_callbacks(execute=True):
        assert apply_retention(now=now) == {"members.DataExport": 1}
    assert not storage.exists(name)
    assert DataExport.objects.get().file.name == ""
    assert apply_retention(now=now) == {}


def test_one_line_that_fails_keeps_no_other_from_being_done(policy, make_member, now, caplog):
    policy(
        Line("members.Member", "you", "x", "x", AtErasure.BLANKED, 1, then=Then.ERASE,
             rows=lambda before: {}["x"]),
        Line(**LINE),
    )  # fmt: skip
    add_notices([NoticeRow(make_member().pk, "x", now - 2 * DAY, "old")], now=now)
    assert apply_retention(now=now) == {"members.Notice": 1}
    assert "The retention of members.Member failed" in caplog.text


def test_a_day_has_its_measure(policy, make_member, now):
    policy(Line(**LINE))
    member = make_member()
    add_notices([NoticeRow(member.pk, "x", now - 2 * DAY, str(n)) for n in range(1200)], now=now)
    assert apply_retention(now=now, most=1000) == {"members.Notice": 1000}
    assert apply_retention(now=now) == {"members.Notice": 200}
