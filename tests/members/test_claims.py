import datetime as dt
import threading

import pytest
from django.db import connection

from members import registry
from members.models import Activity, ClaimAttempt, Member
from members.registry import ClaimFact
from members.services import claims
from members.services.claims import claim_member, issue_claim_code
from members.services.memberships import AlreadyMember, open_membership, welcome_login
from members.services.profiles import close_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def valued(registered):
    """Makes every record hold value from here on."""

    def switch_on():
        registry.register_value_holder("test.value", lambda member: True)
        registered(registry.value_holders, "test.value")

    return switch_on


@pytest.fixture
def record(make_member):
    """A record at the counter, older than its login."""
    return make_member(
        email="mei@example.com", family_name="Chen", birth_month=2, birth_day=29, birth_year=1980
    )


def test_first_login_makes_a_member(make_login, now):
    user = make_login(display_name="Mei")
    member = welcome_login(
        user, now=now, profile={"given_name": "Mei", "family_name": "", "locale": "en"}
    )
    assert member.user == user
    assert (member.given_name, member.email, member.source) == ("Mei", "mei@example.com", "signup")
    assert welcome_login(user, now=now) == member
    activity = Activity.objects.get(member=member)
    assert (activity.kind, activity.facts) == ("signup", {"via": "new"})


def test_staff_get_no_membership_by_logging_in(make_login, now):
    assert welcome_login(make_login(is_staff=True), now=now) is None


def test_first_login_takes_the_one_matching_record_without_value(record, make_login, now):
    user = make_login()
    member = welcome_login(user, now=now)
    assert member == record
    assert member.user == user
    assert Member.objects.count() == 1


def test_record_with_value_is_not_taken_silently(record, make_login, now, valued):
    valued()
    user = make_login()
    assert welcome_login(user, now=now) is None
    record.refresh_from_db()
    assert record.user is None


def test_shared_contact_never_claims_by_itself(record, make_member, make_login, now):
    other = make_member(email="mei@example.com")
    user = make_login()
    assert welcome_login(user, now=now) is None
    with pytest.raises(claims.ContactShared):
        claim_member(user, now=now)
    assert claim_member(user, now=now, number=other.number) == other


def test_unverified_contact_claims_nothing(record, make_login, now):
    user = make_login()
    user.emailaddress_set.update(verified=False)
    with pytest.raises(claims.NothingToClaim):
        claim_member(user, now=now)


def test_someone_elses_number_claims_nothing(record, make_login, now):
    user = make_login("stranger@example.com")
    with pytest.raises(claims.NothingToClaim):
        claim_member(user, now=now, number=record.number)


def test_value_needs_one_right_fact(record, make_login, now, valued):
    valued()
    user = make_login()
    with pytest.raises(claims.FactNeeded):
        claim_member(user, now=now)
    with pytest.raises(claims.WrongFact):
        claim_member(user, now=now, fact_code="birthday", fact_answer="3-1")
    with pytest.raises(claims.WrongFact):
        claim_member(user, now=now, fact_code="nonsense", fact_answer="2-29")
    member = claim_member(user, now=now, fact_code="birthday", fact_answer="1980年2月29日")
    assert member == record
    assert member.can_spend


def test_value_without_a_fact_on_record_needs_the_counter(make_member, make_login, now, valued):
    valued()
    member = make_member(email="mei@example.com")
    user = make_login()
    with pytest.raises(claims.CounterNeeded):
        claim_member(user, now=now)
    code = issue_claim_code(member, by=None, now=now)
    assert claim_member(user, now=now, number=member.number, claim_code=code) == member


def test_facts_of_other_apps_count(make_member, make_login, now, valued, registered):
    valued()
    registry.register_claim_fact(
        ClaimFact("test.day", "Day", lambda member: True, lambda member, answer, at: answer == "x")
    )
    registered(registry.claim_facts, "test.day")
    member = make_member(email="mei@example.com")
    assert claim_member(make_login(), now=now, fact_code="test.day", fact_answer=" x ") == member


def test_code_at_the_counter_replaces_the_contact_but_not_the_fact(record, make_login, now, valued):
    valued()
    user = make_login("stranger@example.com")
    code = issue_claim_code(record, by=None, now=now)
    with pytest.raises(claims.FactNeeded):
        claim_member(user, now=now, number=record.number, claim_code=code)
    member = claim_member(
        user,
        now=now,
        number=record.number,
        claim_code=f"{code[:3]} {code[3:]}",
        fact_code="birthday",
        fact_answer="02/29",
    )
    assert member.user == user


def test_code_is_hashed_short_lived_and_for_one_use(record, make_login, now):
    user = make_login("stranger@example.com")
    code = issue_claim_code(record, by=None, now=now)
    kept = record.claim_codes.get()
    assert code not in kept.code_hash
    late = now + dt.timedelta(minutes=15)
    with pytest.raises(claims.WrongCode):
        claim_member(user, now=late, number=record.number, claim_code=code)
    newer = issue_claim_code(record, by=None, now=late)
    assert record.claim_codes.count() == 1
    claim_member(user, now=late, number=record.number, claim_code=newer)
    assert record.claim_codes.count() == 0
    with pytest.raises(claims.NotClaimable):
        claim_member(make_login("x@example.com"), now=late, number=record.number, claim_code=newer)
    with pytest.raises(claims.NotClaimable):
        issue_claim_code(record, by=None, now=late)


def test_tries_of_a_login_are_limited_and_survive_refusal(record, make_login, now):
    user = make_login("stranger@example.com")
    code = issue_claim_code(record, by=None, now=now)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(claims.TRIES_PER_LOGIN):
        with pytest.raises(claims.WrongCode):
            claim_member(user, now=now, number=record.number, claim_code=wrong)
    with pytest.raises(claims.TooManyTries):
        claim_member(user, now=now, number=record.number, claim_code=code)
    assert ClaimAttempt.objects.filter(refusal="wrong_code").count() == claims.TRIES_PER_LOGIN
    later = now + dt.timedelta(hours=1, seconds=1)
    fresh = issue_claim_code(record, by=None, now=later)
    assert claim_member(user, now=later, number=record.number, claim_code=fresh) == record


def test_a_code_dies_of_wrong_tries_by_several_logins(record, make_login, now):
    code = issue_claim_code(record, by=None, now=now)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for n in range(claims.TRIES_PER_CODE):
        with pytest.raises(claims.WrongCode):
            claim_member(
                make_login(f"s{n}@example.com"), now=now, number=record.number, claim_code=wrong
            )
    with pytest.raises(claims.WrongCode):
        claim_member(make_login(), now=now, number=record.number, claim_code=code)


def test_a_record_is_guarded_against_many_logins(record, make_login, now, valued):
    valued()
    for n in range(claims.TRIES_PER_MEMBER):
        user = make_login(f"s{n}@example.com")
        code = issue_claim_code(record, by=None, now=now)
        with pytest.raises(claims.WrongFact):
            claim_member(
                user,
                now=now,
                number=record.number,
                claim_code=code,
                fact_code="birthday",
                fact_answer="1-1",
            )
    with pytest.raises(claims.TooManyTries):
        claim_member(make_login(), now=now, fact_code="birthday", fact_answer="2-29")


def test_who_has_a_membership_claims_no_second(record, make_login, now):
    user = make_login("other@example.com")
    open_membership(user, now=now)
    with pytest.raises(AlreadyMember):
        claim_member(user, now=now, number=record.number)
    with pytest.raises(AlreadyMember):
        open_membership(user, now=now)


def test_closed_record_is_not_claimable(record, make_login, now):
    close_member(record, by=None, now=now)
    with pytest.raises(claims.NothingToClaim):
        claim_member(make_login(), now=now)


def test_claim_fills_in_what_the_record_lacks(make_member, make_login, now):
    member = make_member(phone="415 555 0123")
    user = make_login(phone="+14155550123")
    claimed = claim_member(user, now=now)
    assert claimed == member
    assert claimed.email == "mei@example.com"


@pytest.mark.parametrize(
    ("is_claimed", "is_closed", "expected"),
    [(True, False, True), (False, False, False), (True, True, False), (False, True, False)],
)
def test_spending_and_messages_in_python_and_sql_agree(
    make_member, make_login, now, is_claimed, is_closed, expected
):
    member = make_member(user=make_login() if is_claimed else None)
    if is_closed:
        close_member(member, by=None, now=now)
    member.refresh_from_db()
    assert member.can_spend is expected
    assert member.can_be_messaged is expected
    assert Member.objects.able_to_spend().contains(member) is expected
    assert Member.objects.able_to_be_messaged().contains(member) is expected


@pytest.mark.django_db(transaction=True)
def test_two_logins_at_once_claim_one_record_once(record, make_login, now):
    users = [make_login(f"s{n}@example.com") for n in range(2)]
    code = issue_claim_code(record, by=None, now=now)
    barrier = threading.Barrier(2)
    outcomes = []

    def run(user):
        try:
            barrier.wait()
            claim_member(user, now=now, number=record.number, claim_code=code)
            outcomes.append("claimed")
        except (claims.NotClaimable, claims.WrongCode) as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[user]) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[0] == "claimed"
    assert len(outcomes) == 2
    assert outcomes.count("claimed") == 1
