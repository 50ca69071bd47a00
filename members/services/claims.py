"""Claiming a record that was there before the login.

The way in is a verified contact that matches the record, or a code read out at the counter;
where the record holds value, one fact from it as well. Tries are counted and limited.
"""

import datetime as dt
import secrets

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members import registry
from members.models import ClaimAttempt, ClaimCode, Member, User
from members.numbers import clean_number
from members.selectors.claims import list_claimable
from members.services.memberships import AlreadyMember, give_member

CODE_LIFE = dt.timedelta(minutes=15)
CODE_DIGITS = 6
TRIES_PER_LOGIN = 5  # failures an hour, over all records
TRIES_PER_MEMBER = 10  # failures a day, over all logins
TRIES_PER_CODE = 5
_UNDECIDED = "undecided"


class TooManyTries(DomainError):
    code = "too_many_tries"
    status = 429
    message = _("Too many tries. Wait an hour, or ask at the counter.")


class NothingToClaim(DomainError):
    code = "nothing_to_claim"
    status = 404
    message = _("We found no membership with your verified e-mail address or phone number.")


class ContactShared(DomainError):
    code = "contact_shared"
    message = _("Several memberships share this contact. Give the number of yours.")


class WrongCode(DomainError):
    code = "wrong_code"
    message = _("This number and code don't belong together, or the code is too old.")


class FactNeeded(DomainError):
    code = "fact_needed"
    message = _("This membership holds points. Answer one question about it to make it yours.")


class WrongFact(DomainError):
    code = "wrong_fact"
    message = _("That doesn't match our record.")


class CounterNeeded(DomainError):
    code = "counter_needed"
    message = _("We can't check online that this is yours. Ask for a code at the counter.")


class NotClaimable(DomainError):
    code = "not_claimable"
    status = 409
    message = _("This membership has a login already, or has ended.")


def _hash_code(member_id: int, code: str) -> str:
    return salted_hmac("members.claim_code", f"{member_id}:{code}", algorithm="sha256").hexdigest()


@transaction.atomic
def issue_claim_code(member: Member, *, by: User | None, now: dt.datetime) -> str:
    """A six-digit code for the person at the counter, shown once and good for 15 minutes.

    An earlier code of the member dies. Raises NotClaimable.
    """
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not member.is_active or member.is_claimed:
        raise NotClaimable
    member.claim_codes.all().delete()
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    ClaimCode.objects.create(
        member=member,
        code_hash=_hash_code(member.pk, code),
        issued_at=now,
        issued_by=by,
        expires_at=now + CODE_LIFE,
    )
    record_audit("member.claim_code_issued", member, by=by, now=now)
    return code


def claim_member(
    user: User,
    *,
    now: dt.datetime,
    number: str = "",
    claim_code: str = "",
    fact_code: str = "",
    fact_answer: str = "",
) -> Member:
    """Make an unclaimed record the login's own.

    With ``number`` and ``claim_code`` the counter vouches for the person; else a verified
    contact of the login must match, and ``number`` only chooses where several do. Where the
    record holds value, ``fact_code`` and ``fact_answer`` must name one fact of it that is
    known (with a code, and no fact on record, the counter's word is enough).

    Raises AlreadyMember, TooManyTries, NothingToClaim, ContactShared, WrongCode, FactNeeded,
    WrongFact, CounterNeeded or NotClaimable. Two transactions on purpose: a refused try stays
    counted. Call it outside of any other.
    """
    with transaction.atomic(durable=True):
        attempt = _open_attempt(user, now)
    try:
        with transaction.atomic(durable=True):
            member = _claim(user, attempt, number, claim_code, fact_code, fact_answer, now)
    except DomainError as refusal:
        attempt.refusal = refusal.code
        attempt.save(update_fields=["refusal", "member"])
        raise
    return member


def _open_attempt(user, now):
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    tries = ClaimAttempt.objects.filter(user=user, attempted_at__gt=now - dt.timedelta(hours=1))
    if tries.exclude(refusal="").count() >= TRIES_PER_LOGIN:
        raise TooManyTries
    # Counted as refused until it succeeds, so that a crash is no free try.
    return ClaimAttempt.objects.create(user=user, attempted_at=now, refusal=_UNDECIDED)


def _claim(user, attempt, number, claim_code, fact_code, fact_answer, now):
    if Member.objects.filter(user=user).exists():
        raise AlreadyMember
    member = _find(user, clean_number(number), bool(claim_code))
    attempt.member = member
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.is_claimed or not member.is_active:
        raise NotClaimable
    _check_tries(member, now)
    if claim_code:
        _check_code(member, clean_number(claim_code), now)
    if registry.has_value(member):
        _check_fact(member, fact_code, fact_answer, now, vouched=bool(claim_code))
    member = give_member(member, user, via="counter" if claim_code else "contact", now=now)
    attempt.refusal = ""
    attempt.save(update_fields=["refusal", "member"])
    return member


def _find(user, number, has_code):
    if has_code:
        member = Member.objects.active().filter(number=number).first()
        if member is None:
            raise WrongCode
        return member
    waiting = list_claimable(user)
    if number:
        waiting = waiting.filter(number=number)
    found = list(waiting[:2])
    if not found:
        raise NothingToClaim
    if len(found) > 1:
        raise ContactShared
    return found[0]


def _check_tries(member, now):
    day = now - dt.timedelta(days=1)
    failed = member.claim_attempts.filter(attempted_at__gt=day).exclude(refusal="")
    if failed.count() >= TRIES_PER_MEMBER:
        raise TooManyTries


def _check_code(member, code, now):
    known = member.claim_codes.usable(now).first()
    if known is None:
        raise WrongCode
    failed = member.claim_attempts.filter(
        attempted_at__gte=known.issued_at, refusal=WrongCode.code
    ).count()
    if failed >= TRIES_PER_CODE:
        raise WrongCode
    if not constant_time_compare(known.code_hash, _hash_code(member.pk, code)):
        raise WrongCode


def _check_fact(member, fact_code, answer, now, *, vouched):
    known = [fact for fact in registry.claim_facts if fact.is_known(member)]
    if not known:
        if vouched:
            return
        raise CounterNeeded
    if not fact_code or not answer.strip():
        raise FactNeeded
    chosen = next((fact for fact in known if fact.code == fact_code), None)
    if chosen is None or not chosen.matches(member, answer.strip(), now):
        raise WrongFact
