"""Stamps that staff give or take back by hand, within limits or with a second person's consent."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.bulk import reserve_ids
from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.models import Member, User
from members.services.notices import NoticeRow, add_notices
from rewards import limits
from rewards.engine.stamps import Event, replay
from rewards.enums import (
    AdjustmentReason,
    AdjustmentState,
    ApprovalState,
    ChallengeMeasure,
    Measure,
)
from rewards.models import Challenge, Stamp, StampBook, StampGrant
from rewards.registry import ActKind, ActWords
from rewards.selectors.challenge_words import describe_change
from rewards.services.approvals import ask_approval
from rewards.services.challenges.cards import Change, read_cards, settle_cards
from rewards.services.challenges.terms import VersionTerms, load_versions
from rewards.services.control import Excess, check_actor, find_excess, lock_act, record_act
from rewards.services.grants import MAX_KEY
from rewards.services.ledger import lock_standings
from rewards.services.redemption.refusals import KeyReused

CODE = "stamps"
NOTICE = "stamps_by_hand"
FURTHEST_BACK = dt.timedelta(days=365)
_STATES = {
    ApprovalState.REFUSED: AdjustmentState.REFUSED,
    ApprovalState.WITHDRAWN: AdjustmentState.WITHDRAWN,
}


class InvalidStamps(DomainError):
    code = "invalid_stamps"
    message = gettext_lazy("Name how many stamps, and why; “another reason” needs a note.")


class NoCardThen(DomainError):
    code = "no_card_then"
    field = "happened_at"
    message = gettext_lazy("At that time, this card gave no stamps.")


class TooFewStamps(DomainError):
    code = "too_few_stamps"
    field = "stamp_count"
    message = gettext_lazy("There are only %(count)s stamps to take back.")


@keeps_refusals
@transaction.atomic
def give_stamps(
    member: Member, challenge: Challenge, stamp_count: int, *, reason: str, note: str = "",
    happened_at: dt.datetime, key: str, by: User, now: dt.datetime,
) -> StampGrant:  # fmt: skip
    """Give stamps (above zero), as of a time that is over, or take some back (below).

    Asks a second person above one's limits. For cards that sum up money, in minor units. The
    same key again returns the first. Raises KeyReused, OwnRecord, InvalidStamps, NoCardThen,
    TooFewStamps.
    """
    lock_act(member, by=by)
    known = StampGrant.objects.filter(key=key).select_related("book__merged_into").first()
    if known is not None:
        if (known.book.merged_into or known.book).member_id != member.pk:
            raise KeyReused
        return known
    check_actor(member, by=by, act=CODE)
    _check_terms(member, stamp_count, reason, note, happened_at, key, now)
    version = _find_version(challenge, happened_at)
    lock_standings([member.pk])
    book = StampBook.objects.get_or_create(challenge=challenge, member=member)[0]
    _check_room(book, stamp_count)
    grant = StampGrant(
        book=book, stamp_count=stamp_count, happened_at=happened_at, reason=reason,
        note=note.strip(), asked_by=by, asked_at=now, key=key, state=AdjustmentState.POSTED,
    )  # fmt: skip
    amount = _count_for_limits(version, stamp_count)
    excess = find_excess(CODE, amount, member=member, by=by, now=now)
    if excess:
        grant.state = AdjustmentState.WAITING
        # An approval names what it is for, so this row takes its number beforehand.
        grant.pk = _reserve_id()
        grant.approval = ask_approval(
            CODE, grant.pk, amount, member=member, excess=excess, by=by, now=now
        )
        grant.save(force_insert=True)
        _audit("asked", grant, by, now)
        return grant
    grant.save(force_insert=True)
    record_act(CODE, amount, member=member, by=by, now=now, payload_id=grant.pk)
    _post(grant, by, now)
    return grant


def preview_stamps(
    member: Member, challenge: Challenge, stamp_count: int, *, happened_at: dt.datetime, by: User,
    now: dt.datetime,
) -> tuple[VersionTerms, list[Excess]]:  # fmt: skip
    """The terms that would count, and the limits that ``give_stamps`` would be above.

    Raises NoCardThen and TooFewStamps as it would.
    """
    version = _find_version(challenge, happened_at)
    if stamp_count < 0:
        books = StampBook.objects.filter(challenge=challenge, member=member)
        _refuse_too_few(books.values_list("total", flat=True).first() or 0, stamp_count)
    amount = _count_for_limits(version, stamp_count)
    return version, find_excess(CODE, amount, member=member, by=by, now=now)


def _reserve_id() -> int:
    return reserve_ids(rewards_stampgrant=1)["rewards_stampgrant"][0]


def _check_terms(
    member: Member, stamp_count: int, reason: str, note: str, happened_at: dt.datetime, key: str,
    now: dt.datetime,
) -> None:  # fmt: skip
    if not key or len(key) > MAX_KEY:
        raise ValueError("The key has between one and 80 characters.")
    if not member.is_active or not stamp_count or reason not in AdjustmentReason.values:
        raise InvalidStamps
    if reason == AdjustmentReason.OTHER and not note.strip():
        raise InvalidStamps
    if happened_at > now or happened_at < now - FURTHEST_BACK:
        raise NoCardThen


def _find_version(challenge: Challenge, at: dt.datetime) -> VersionTerms:
    """The version that judged at that time."""
    for version in load_versions().values():
        if version.challenge_id == challenge.pk and version.overlaps(at, at):
            return version
    raise NoCardThen


def _check_room(book: StampBook, stamp_count: int) -> None:
    _refuse_too_few(StampBook.objects.values_list("total", flat=True).get(pk=book.pk), stamp_count)


def _refuse_too_few(total: int, stamp_count: int) -> None:
    if stamp_count < 0 and -stamp_count > max(total, 0):
        raise TooFewStamps(count=max(total, 0))


def _count_for_limits(version: VersionTerms, stamp_count: int) -> int:
    """Limits count stamps; of cards for money, each begun twentieth of a card as one."""
    amount = abs(stamp_count)
    if version.measure == ChallengeMeasure.SUM:
        return -(-amount * 20 // version.cards.target)
    return amount


def _post(grant: StampGrant, by: User, now: dt.datetime) -> None:
    """Stamp the book, settle its cards, tell the member, leave one audit row."""
    book = StampBook.objects.select_related("member").get(pk=grant.book_id)
    if not book.member.is_active:
        raise InvalidStamps
    versions = load_versions()
    lock_standings([book.member_id])
    book.refresh_from_db(fields=["total", "merged_into"])
    root = book.merged_into or book
    _check_room(root, grant.stamp_count)
    version = _find_version(book.challenge, grant.happened_at)
    Stamp.objects.create(
        book=book, version_id=version.id, amount=grant.stamp_count, grant=grant,
        effective_at=grant.happened_at, recorded_at=now,
    )  # fmt: skip
    event = Event(grant.happened_at, version.id, grant.stamp_count)
    terms = {each.id: each.cards for each in versions.values()}
    state = replay(root.total, read_cards([root.pk])[root.pk], [event], terms)
    settle_cards([Change(root.pk, book.challenge_id, state, now)], versions, now=now)
    facts = {
        "challenge": book.challenge_id, "stamps": grant.stamp_count, "reason": grant.reason,
        "measure": version.measure,
    }  # fmt: skip
    add_notices([NoticeRow(root.member_id, NOTICE, now, f"{CODE}:{grant.pk}", facts)], now=now)
    _audit("given", grant, by, now)


def _audit(act: str, grant: StampGrant, by: User | None, now: dt.datetime) -> None:
    changes = {
        "grant": grant.pk, "challenge": grant.book.challenge_id, "stamps": grant.stamp_count,
        "reason": grant.reason, "happened_at": grant.happened_at.isoformat(),
    }  # fmt: skip
    record_audit(f"stamps.{act}", grant.book.member, by=by, now=now, changes=changes)


# --- Waiting for a second person -----------------------------------------------------------------


def _execute(grant_id: int, by: User, now: dt.datetime) -> None:
    grant = StampGrant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    grant.state = AdjustmentState.APPROVED
    grant.save(update_fields=["state"])
    _post(grant, by, now)


def _drop(grant_id: int, state: str, by: User | None, now: dt.datetime) -> None:
    grant = StampGrant.objects.select_for_update(of=("self",)).get(pk=grant_id)
    grant.state = _STATES[ApprovalState(state)]
    grant.save(update_fields=["state"])
    _audit(state, grant, by, now)


def _describe(grant_ids: Sequence[int]) -> dict[int, ActWords]:
    grants = StampGrant.objects.filter(pk__in=grant_ids).annotate_measure()
    return {
        grant.pk: ActWords(
            title=_("%(stamps)s on “%(card)s” for %(member)s")
            % {
                "stamps": describe_change(grant.measure, grant.stamp_count),
                "card": grant.book.challenge.name_i18n,
                "member": grant.book.member,
            },
            reason=str(AdjustmentReason(grant.reason).label),
            note=grant.note,
            url=reverse("admin:rewards_challenge_change", args=[grant.book.challenge_id]),
        )
        for grant in grants.select_related("book__member", "book__challenge")
    }


KIND = ActKind(
    CODE, gettext_lazy("stamps by hand"), Measure.STAMPS, limits.STAMPS, execute=_execute,
    drop=_drop, describe=_describe,
)  # fmt: skip
