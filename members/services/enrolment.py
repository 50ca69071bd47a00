"""Finding and making members, one or many thousands, in a constant number of statements."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import RowWriter, read_together
from core.errors import DomainError
from core.services.audit import record_audit
from members.contacts import clean_email, clean_phone
from members.enums import MemberStatus
from members.erased_keys import EMAIL, PHONE, REFERENCE, list_hashes, write_reference
from members.models import Member, User
from members.numbers import clean_number, is_valid_number
from members.selectors.club import get_club
from members.services.audiences import add_to_everyone

_MEMBER_COLUMNS = ("id", "number", "email", "phone", "source", "joined_at", "created_at")
_REFERENCE_COLUMNS = ("source_code", "external_id", "member_id", "created_at")

# New keys are locked by bucket, since each lock takes a slot of the server's shared memory.
_LOCK_KEYS = """
    SELECT pg_advisory_xact_lock(%s, bucket) FROM (
        SELECT DISTINCT hashtext(wanted) & 127 AS bucket
        FROM unnest(%s::text[]) AS wanted ORDER BY 1
    ) AS buckets
"""
_LOCK_SPACE = 0x6D656D62
# A merged record leads to its survivor, also where that one has ended since.
_BY_REFERENCE = """
    SELECT external_id, member.id, member.status
    FROM members_memberreference AS reference
    JOIN members_member AS known ON known.id = reference.member_id
    JOIN members_member AS member ON member.id = coalesce(known.merged_into_id, known.id)
    WHERE source_code = %s AND external_id = ANY(%s)
"""
_BY_FIELD = {
    field: f"""
    SELECT {field}, id, status FROM members_member
    WHERE {field} = ANY(%s) AND status = 'active'
"""
    for field in ("email", "phone")
} | {
    "number": """
    SELECT known.number, member.id, member.status
    FROM members_member AS known
    JOIN members_member AS member ON member.id = coalesce(known.merged_into_id, known.id)
    WHERE known.number = ANY(%s)
"""
}
_ERASED = "SELECT key_hash FROM members_erasedkey WHERE key_hash = ANY(%s)"
_NEW_IDS = """
    SELECT id, members_number(id, key) FROM (
        SELECT nextval('members_member_id_seq') AS id FROM generate_series(1, %s)
    ) AS ids,
    (SELECT coalesce((SELECT number_key FROM members_club WHERE id = 1), '') AS key) AS club
"""


class UnknownNumber(DomainError):
    code = "unknown_member_number"
    status = 404
    message = _("No member has the number %(value)s.")


class InvalidNumber(DomainError):
    code = "invalid_member_number"
    message = _("“%(value)s” is not a membership number: its check digits are wrong.")


class AmbiguousContact(DomainError):
    code = "ambiguous"
    message = _("Several members share “%(value)s”; name the member by number.")


class ConflictingKeys(DomainError):
    code = "conflicting_member_keys"
    message = _("These keys belong to different members.")


class MemberGone(DomainError):
    code = "member_gone"
    message = _("This membership has ended.")


class EmptyKey(DomainError):
    code = "no_member_key"
    message = _("No member is named.")


@dataclass(frozen=True, slots=True)
class MemberKey:
    """How a till or shop names a member. Any part may be None; the first that is known
    decides: the source's own id, number, e-mail, phone. The rest completes a new record.
    """

    external_id: str | None = None
    number: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(slots=True)
class Enrolled:
    """``ids[key]`` for each key that has a member, ``refused[key]`` for each that has none.

    ``ids[key]`` is None where the key is that of somebody who was erased: what they buy is kept
    without them.
    """

    ids: dict[MemberKey, int | None] = field(default_factory=dict)
    refused: dict[MemberKey, DomainError] = field(default_factory=dict)
    created_count: int = 0


def reserve_members(count: int) -> list[tuple[int, str]]:
    """Ids and membership numbers for new members, in one round trip."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEW_IDS, [count])
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class _Clean:
    key: MemberKey
    external_id: str | None
    number: str | None
    email: str | None
    phone: str | None


def _clean_key(key: MemberKey, country: str) -> _Clean:
    number = clean_number(key.number) if key.number else None
    if number and not is_valid_number(number):
        raise InvalidNumber(value=number[:40])
    external_id = (key.external_id or "").strip() or None
    if external_id and len(external_id) > 120:
        raise EmptyKey
    clean = _Clean(
        key,
        external_id,
        number,
        clean_email(key.email) if key.email else None,
        clean_phone(key.phone, country) if key.phone else None,
    )
    if not (external_id or number or clean.email or clean.phone):
        raise EmptyKey
    return clean


_Found = dict[str, dict[str, list[tuple[int, str]]]]
_KEY_NAMES = ("external_id", "number", "email", "phone")


class MemberLookup:
    """What ``ensure_members`` reads first, for a caller that reads other things with it.

    ``take`` wants the answers to ``build_reads``, in order.
    """

    def __init__(self, wanted: Iterable[MemberKey], *, source: str):
        self.source = source
        self.clean: dict[MemberKey, _Clean] = {}
        self.refused: dict[MemberKey, DomainError] = {}
        self.found: _Found | None = None
        country = get_club().country
        for key in dict.fromkeys(wanted):
            try:
                self.clean[key] = _clean_key(key, country)
            except DomainError as refusal:
                self.refused[key] = refusal
        self._values = {
            name: sorted({value for item in self.clean.values() if (value := getattr(item, name))})
            for name in _KEY_NAMES
        }

    def build_reads(self, locking: Sequence[_Clean] = ()) -> list[tuple[str, Sequence]]:
        """Members by each kind of key that is used; first the locks of ``locking``, and which of
        these were erased.
        """
        statements: list[tuple[str, Sequence]] = []
        for name, values in self._values.items():
            if values and name == "external_id":
                statements.append((_BY_REFERENCE, [self.source, values]))
            elif values:
                statements.append((_BY_FIELD[name], [values]))
        if locking:
            keys = [f"{self.source}:{item.external_id}" for item in locking if item.external_id]
            keys += [value for item in locking for value in (item.email, item.phone) if value]
            hashes = [each for item in locking for each in _list_hashes(item, self.source)]
            statements[:0] = [(_LOCK_KEYS, [_LOCK_SPACE, keys]), (_ERASED, [hashes])]
        return statements

    def take(self, answers: Sequence[list[tuple]]) -> _Found:
        used = [name for name, values in self._values.items() if values]
        self.found = {name: {} for name in _KEY_NAMES}
        for name, rows in zip(reversed(used), reversed(answers), strict=False):
            for value, member_id, status in rows:
                self.found[name].setdefault(value, []).append((member_id, status))
        return self.found


@transaction.atomic(savepoint=False)
def ensure_members(
    wanted: Iterable[MemberKey],
    *,
    source: str,
    now: dt.datetime,
    joined_at: dt.datetime | None = None,
    lookup: MemberLookup | None = None,
) -> Enrolled:
    """Find or make the member of each key; thousands of keys take a constant number of
    statements. Keys are settled in the order given, as if each came alone.

    A key with ``external_id`` is found by (``source``, external id); where that is new, its
    number, e-mail or phone may name a member who is known already, and the reference is
    remembered for next time (a contact that several share names nobody). Whoever is not found
    is made as an unclaimed member, never for a bare number: an unknown one is refused.

    A key of somebody who was erased has nobody (``ids[key]`` is None), and makes nobody.

    Refused, per key and with its own error, never raised: InvalidEmail, InvalidPhone,
    InvalidNumber, UnknownNumber, AmbiguousContact (several members share the contact that
    alone names the member), ConflictingKeys, MemberGone, EmptyKey.

    Keys that nobody has yet are locked, in one order, and looked up again, so that two batches
    that bring the same new person make one member: call this once per transaction, first. A
    ``lookup`` of (at least) these keys that the caller has fed spares a round trip.
    """
    keys = list(dict.fromkeys(wanted))
    lookup = lookup or MemberLookup(keys, source=source)
    result = Enrolled(refused={key: lookup.refused[key] for key in keys if key in lookup.refused})
    clean = [lookup.clean[key] for key in keys if key in lookup.clean]
    if not clean:
        return result
    found = lookup.found or lookup.take(read_together(lookup.build_reads()))
    erased: set[str] = set()
    if unknown := [item for item in clean if _is_unknown(item, found)]:
        answers = read_together(lookup.build_reads(locking=unknown))
        found = lookup.take(answers)
        erased = {key_hash for (key_hash,) in answers[1]}
    _match_all(clean, found, erased, result, source=source, now=now, joined_at=joined_at or now)
    return result


def _list_hashes(item: _Clean, source: str) -> list[str]:
    """Of all that names a person, under the keys of the settings."""
    hashes = []
    if item.external_id:
        hashes += list_hashes(REFERENCE, write_reference(source, item.external_id))
    if item.email:
        hashes += list_hashes(EMAIL, item.email)
    if item.phone:
        hashes += list_hashes(PHONE, item.phone)
    return hashes


def _is_unknown(item: _Clean, found) -> bool:
    """Whether the key will add a member or a reference."""
    if item.external_id:
        return item.external_id not in found["external_id"]
    return not any(getattr(item, name) in found[name] for name in ("number", "email", "phone"))


class _ErasedHere(Exception):
    """The number of somebody who was erased: no refusal, and nobody."""


def _match(item: _Clean, found) -> int | None:
    """The member that the first given key names, or None where a new one is due."""
    by_reference = found["external_id"].get(item.external_id)
    by_number = found["number"].get(item.number)
    if item.number and not by_number:
        raise UnknownNumber(value=item.number)
    if by_reference and by_number and by_reference[0][0] != by_number[0][0]:
        raise ConflictingKeys
    if known := by_reference or by_number:
        return _check_alive(known[0])
    for name in ("email", "phone"):
        known = found[name].get(getattr(item, name)) or []
        if len(known) == 1:
            return known[0][0]
        if known and not item.external_id:
            raise AmbiguousContact(value=getattr(item, name))
    return None


def _check_alive(known: tuple[int, str]) -> int:
    member_id, status = known
    if status == MemberStatus.ERASED:
        raise _ErasedHere
    if status == MemberStatus.CLOSED:
        raise MemberGone
    return member_id


def _match_all(clean, found, erased, result, *, source, now, joined_at):
    """Settle the keys one after the other, as if each came alone, then write what is new.

    A member to be made stands in ``found`` under a negative id, so that later keys meet it.
    Nobody is made again from what hashes to ``erased``; whoever came back by themselves is
    found like any member.
    """
    made: list[_Clean] = []
    references: list[tuple[str, int]] = []
    matched: dict[MemberKey, int] = {}
    nobody: list[MemberKey] = []
    for item in clean:
        try:
            member_id = _match(item, found)
        except _ErasedHere:
            nobody.append(item.key)
            continue
        except DomainError as refusal:
            result.refused[item.key] = refusal
            continue
        if member_id is None and erased and not erased.isdisjoint(_list_hashes(item, source)):
            nobody.append(item.key)
            continue
        if member_id is None:
            made.append(item)
            member_id = -len(made)
            for name in ("email", "phone"):
                if value := getattr(item, name):
                    found[name].setdefault(value, []).append((member_id, MemberStatus.ACTIVE))
        if item.external_id and item.external_id not in found["external_id"]:
            found["external_id"][item.external_id] = [(member_id, MemberStatus.ACTIVE)]
            references.append((item.external_id, member_id))
        matched[item.key] = member_id
    reserved = reserve_members(len(made))
    real = {-place: member_id for place, (member_id, _number) in enumerate(reserved, start=1)}
    result.ids = {key: real.get(member_id, member_id) for key, member_id in matched.items()}
    result.ids.update(dict.fromkeys(nobody))
    result.created_count = len(made)
    if not references and not made:
        return
    writer = RowWriter()
    writer.add(
        "members_member",
        _MEMBER_COLUMNS,
        [
            (member_id, number, item.email, item.phone, source, joined_at, now)
            for (member_id, number), item in zip(reserved, made, strict=True)
        ],
    )
    writer.add(
        "members_memberreference",
        _REFERENCE_COLUMNS,
        [
            (source, external_id, real.get(member_id, member_id), now)
            for external_id, member_id in references
        ],
    )
    add_to_everyone(writer, real.values(), now=now)
    writer.flush()


@transaction.atomic
def create_member(
    *, now: dt.datetime, source: str, joined_at: dt.datetime | None = None, **fields
) -> Member:
    """One new member with its number and its place in ``everyone``.

    ``fields`` are those of Member (names, contact, birthday, locale, user); contacts are
    cleaned. Raises InvalidEmail or InvalidPhone.
    """
    if fields.get("email"):
        fields["email"] = clean_email(fields["email"])
    if fields.get("phone"):
        fields["phone"] = clean_phone(fields["phone"], get_club().country)
    ((member_id, number),) = reserve_members(1)
    member = Member(
        pk=member_id,
        number=number,
        source=source,
        joined_at=joined_at or now,
        created_at=now,
        **fields,
    )
    member.save(force_insert=True)
    writer = RowWriter()
    add_to_everyone(writer, [member_id], now=now)
    writer.flush()
    return member


@transaction.atomic
def enrol_member(*, by: User, now: dt.datetime, **fields: Any) -> Member:
    """A member whom staff write down; ``fields`` as for ``create_member``. Raises InvalidEmail,
    InvalidPhone.
    """
    member = create_member(now=now, source="staff", **fields)
    record_audit("member.enrolled", member, by=by, now=now)
    return member
