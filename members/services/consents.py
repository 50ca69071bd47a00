"""Answers to what the club asks: given, withdrawn, never edited."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.enums import Channel, ConsentSource
from members.models import Consent, ConsentWording, Member, User
from members.models.member import PERSONAL_BLANKS, SENSITIVE_DETAILS
from members.purposes import GUARDIAN, PURPOSES, SENSITIVE, Purpose, get_purpose
from members.selectors.club import get_club
from members.selectors.consents import get_answers, has_agreed
from members.selectors.guardians import check_guardian
from members.services.conduct import check_actor
from members.services.erasing import list_records

# What staff write down for members.
BY_STAFF = (
    ConsentSource.COUNTER,
    ConsentSource.PHONE,
    ConsentSource.PAPER,
    ConsentSource.SHOP,
)
# Where a no was said, not just a box left empty.
_SAID_BY_THEMSELVES = {
    *BY_STAFF,
    ConsentSource.IMPORT,
    ConsentSource.LINK,
}


class UnknownConsent(DomainError):
    code = "unknown_consent"
    message = _("The club doesn't ask for this.")


class MembershipOver(DomainError):
    code = "membership_over"
    status = 409
    message = _("This membership has ended.")


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no to a purpose, on one channel or on ``Channel.ANY``."""

    purpose: str
    channel: str
    is_given: bool


@keeps_refusals
@transaction.atomic
def record_answers(
    member: Member,
    answers: Iterable[Answer],
    *,
    source: str,
    by: User | None,
    now: dt.datetime,
    effective_at: dt.datetime | None = None,
) -> list[Consent]:
    """Write down what a member answered, in the words that the active language shows.

    Only what differs from what stands is written. With the consent to sensitive details go the
    details themselves, for good. ``effective_at`` is when they said so, where
    that was earlier (a signed form). Taking back is always possible; agreeing isn't, for a
    young member alone. Raises UnknownConsent, MembershipOver, GuardianNeeded, or OwnRecord
    where staff write it down (BY_STAFF) of themselves.
    """
    if source in BY_STAFF:
        check_actor(member, by=by, act="consent.record")
    answers = list(answers)
    for answer in answers:
        _check_known(answer)
    member, records = _lock(member, answers)
    standing = get_answers(member)
    changed = [answer for answer in answers if _is_new(answer, standing, source)]
    if not changed:
        return []
    if any(answer.is_given for answer in changed):
        if not member.is_active:
            raise MembershipOver
        if any(_needs_guardian(answer) for answer in changed):
            check_guardian(member, now=now)
    said_at = min(effective_at or now, now)
    rows = _write(member, changed, source=source, by=by, now=now, effective_at=said_at)
    # A form that was signed before a later yes takes nothing back.
    if any(map(_ends_sensitive, changed)) and not has_agreed(member, SENSITIVE):
        _blank_details(member, records, by=by, now=now)
    return rows


def withdraw_what_needs_a_guardian(
    member: Member, *, source: str, by: User | None, now: dt.datetime
) -> list[Consent]:
    """Take back whatever a young member could not have agreed to alone."""
    answers = [Answer(each.code, Channel.ANY, False) for each in PURPOSES if each.needs_guardian]
    return record_answers(member, answers, source=source, by=by, now=now)


def _check_known(answer: Answer) -> None:
    try:
        purpose = get_purpose(answer.purpose)
    except KeyError as error:
        raise UnknownConsent from error
    if answer.channel != Channel.ANY and answer.channel not in purpose.channels:
        raise UnknownConsent


def _is_new(answer: Answer, standing: dict[tuple[str, str], Consent], source: str) -> bool:
    """Whether the answer changes what stands, on any of the channels that it is about.

    A no to what was never agreed to is an answer too, where somebody said it: a merge keeps it.
    """
    purpose = get_purpose(answer.purpose)
    channels = purpose.channels if answer.channel == Channel.ANY else (answer.channel,)
    rows = [standing.get((answer.purpose, channel)) for channel in channels]
    if not answer.is_given and source in _SAID_BY_THEMSELVES and None in rows:
        return True
    return any((row is not None and row.is_given) != answer.is_given for row in rows)


def _ends_sensitive(answer: Answer) -> bool:
    return answer.purpose == SENSITIVE and not answer.is_given


def _lock(member: Member, answers: Iterable[Answer]) -> tuple[Member, list[Member]]:
    """The record; where details may go, with those that went up in it, in the order of ids."""
    ids = {member.pk}
    if any(map(_ends_sensitive, answers)):
        ids.update(record.pk for record in list_records(member))
    rows = Member.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    records = list(rows)
    return next(record for record in records if record.pk == member.pk), records


def _blank_details(
    member: Member, records: Sequence[Member], *, by: User | None, now: dt.datetime
) -> None:
    """Forget the sensitive details; the audit row names the fields, not what stood there."""
    gone = [
        name
        for name in SENSITIVE_DETAILS
        if any(getattr(record, name) != PERSONAL_BLANKS[name] for record in records)
    ]
    if gone:
        blanks = {name: PERSONAL_BLANKS[name] for name in gone}
        Member.objects.filter(pk__in=[record.pk for record in records]).update(**blanks)
        changes = {"fields": gone, "withdrawn": SENSITIVE}
        record_audit("member.details_removed", member, by=by, now=now, changes=changes)


def _needs_guardian(answer: Answer) -> bool:
    purpose = get_purpose(answer.purpose)
    return answer.is_given and purpose.needs_guardian and answer.purpose != GUARDIAN


def _write(member, answers, *, source, by, now, effective_at) -> list[Consent]:
    rows = [
        Consent(
            member=member,
            purpose=answer.purpose,
            channel=answer.channel,
            is_given=answer.is_given,
            wording=_ensure_wording(get_purpose(answer.purpose), now),
            source=source,
            effective_at=effective_at,
            recorded_at=now,
            recorded_by=by,
        )
        for answer in answers
    ]
    Consent.objects.bulk_create(rows)
    record_audit(
        "consent.recorded",
        member,
        by=by,
        now=now,
        changes={
            "given": [f"{a.purpose}:{a.channel}" for a in answers if a.is_given],
            "withdrawn": [f"{a.purpose}:{a.channel}" for a in answers if not a.is_given],
            "source": source,
        },
    )
    return rows


def _ensure_wording(purpose: Purpose, now: dt.datetime) -> ConsentWording:
    """The row of the words as they read now, in the active language."""
    locale = translation.get_language() or get_club().locale
    text = f"{purpose.name}. {purpose.wording}"
    rows = ConsentWording.objects.filter(purpose=purpose.code, locale=locale)
    return rows.get_or_create(
        purpose=purpose.code,
        locale=locale,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        defaults={
            "text": text,
            "version": lambda: rows.count() + 1,  # type: ignore[misc]  # Django calls it
            "recorded_at": now,
        },
    )[0]


# --- Merging ------------------------------------------------------------------------------------


@transaction.atomic
def merge_consents(source: Member, target: Member, now: dt.datetime) -> list[list[str]]:
    """The stricter answer holds: what either took back is taken back for the survivor.

    Rows stay with the record that they were given on, and what only the absorbed record agreed
    to is not carried over. Sensitive details that the survivor loses its consent to are gone,
    also should the merge be undone. Returns the withdrawals, for ``undo_merge``.
    """
    theirs, standing = get_answers(source), get_answers(target)
    withdrawn = [
        [purpose.code, channel]
        for purpose in PURPOSES
        for channel in purpose.channels
        if _is_given(standing, purpose.code, channel)
        and (row := theirs.get((purpose.code, channel))) is not None
        and not row.is_given
    ]
    _write_merged(target, withdrawn, is_given=False, now=now)
    if any(purpose == SENSITIVE for purpose, _channel in withdrawn):
        _blank_details(target, [source, *list_records(target)], by=None, now=now)
    return withdrawn


@transaction.atomic
def undo_merge(source: Member, target: Member, moved: Sequence[Any], now: dt.datetime) -> None:
    """Give back what only the merge took, unless the survivor has answered since."""
    standing = get_answers(target)
    again = [
        key
        for key in moved
        if (row := standing.get((key[0], key[1]))) is not None
        and row.source == ConsentSource.MERGE
        and not row.is_given
    ]
    _write_merged(target, again, is_given=True, now=now)


def _is_given(answers, purpose, channel):
    row = answers.get((purpose, channel))
    return row is not None and row.is_given


def _write_merged(member, keys, *, is_given, now):
    if keys:
        answers = [Answer(purpose, channel, is_given) for purpose, channel in keys]
        _write(member, answers, source=ConsentSource.MERGE, by=None, now=now, effective_at=now)
