"""Asking for a reward: check, lock the members, check again, take what is scarce, write."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import RowWriter
from core.errors import DomainError
from core.services.audit import keeps_refusals
from core.time import day_of, start_of
from core.words import pack_words
from members.models import Member
from members.selectors.club import get_club
from members.selectors.households import list_point_sharers
from members.services.activities import ActivityRow, record_batch
from members.services.notices import NoticeRow, add_notices
from rewards.engine.limits import cap_period
from rewards.engine.settling import keep_alive
from rewards.enums import AccountKind, Place, RewardKind
from rewards.models import Entitlement, Redemption, Reward, RewardSession
from rewards.services.consent import check_consent
from rewards.services.holding import BalanceTooLow, CannotSpend, take_shares
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.redemption import refusals
from rewards.services.redemption.fulfilment import (
    FOLLOW_CODE,
    fulfil,
    tier_until,
)
from rewards.services.redemption.lapsing import let_go_before
from rewards.services.redemption.offer import (
    KNOWN,
    Offer,
    check_offer,
    check_right,
    list_claims,
    read_offer,
)
from rewards.services.redemption.press import (
    COLUMNS,
    DELIVERY_COLUMNS,
    Parcel,
    Press,
    build_delivery,
    build_redemption,
    complete,
)
from rewards.services.redemption.rows import add_event, record_staff_act
from rewards.services.settlement import open_settled_ledger
from rewards.services.tier_decisions import check_keep

ACTIVITY = "redemption"
_SHARE_COLUMNS = ("redemption_id", "member_id", "share_points")
_COUNT = """
    SELECT count(*) FROM rewards_redemption
    WHERE member_id = %s AND reward_id = %s AND reserved_at >= %s AND reserved_at < %s
      AND state <> 'cancelled' AND NOT (state = 'expired' AND confirmed_at IS NULL)
"""


class InvalidKey(DomainError):
    code = "invalid_key"
    message = _("The key of the request is missing or longer than 60 characters.")


@keeps_refusals
@transaction.atomic
def redeem_reward(
    member: Member,
    reward: Reward,
    *,
    key: str,
    by: Any,
    now: dt.datetime,
    session: RewardSession | None = None,
    parcel: Parcel | None = None,
    place: str = Place.SITE,
    seen_points: int | None = None,
    seen_amount: int | None = None,
    with_household: bool = False,
    is_paid: bool = False,
    reserve_only: bool = False,
    entitlement: Entitlement | None = None,
) -> Redemption:
    """Turn points into a reward, once per ``key`` (a repeat returns the first redemption).

    A reward with a part in money is reserved until ``confirm_redemption`` says that it was paid,
    unless ``is_paid``; the reservation lets go by itself. ``seen_points`` and ``seen_amount`` are
    the price that the person saw: a higher one now is refused. ``with_household`` fills up what is
    missing with points of those who share theirs (``list_point_sharers``). Goods need a
    ``parcel``, unless they are handed over at the counter. An ``entitlement`` of the member to
    this reward stands in for price, gates and limit, and is used up.

    Raises the gate's refusal, NotOnOffer, IsDonation, PriceChanged, LimitReached, CannotSpend,
    BalanceTooLow, SoldOut, NotInStock, NotYoursToTake, NoSeatLeft, SessionNeeded, AddressNeeded,
    TierKeptAlready, KeyReused, or, where it costs money, GuardianNeeded (ConsentMissing for
    staff); then nothing has changed.
    """
    if not key or len(key) > 60:
        raise InvalidKey
    if not member.can_spend:
        raise CannotSpend
    today = day_of(now, get_club().zone)
    offer = read_offer(member.pk, reward, key, now=now)
    if offer.known:
        return _get_known(offer.known, reward, session)
    sharers = _list_sharers(member) if with_household else []
    if offer.has_overdue:
        let_go_before(
            [member.pk, *sharers],
            rewards=[reward.pk],
            sessions=[session.pk] if session else [],
            now=now,
        )
        offer = read_offer(member.pk, reward, key, now=now)
    if entitlement is None:
        check_offer(offer, now=now, today=today)
    else:
        _check_owner(entitlement, member, reward)
        check_right(offer, entitlement, today=today)
    _check_request(offer, session, parcel, place, seen_points, seen_amount)
    if offer.price_amount:
        check_consent(member, by=by, act="redemption", now=now)
    reserve_only = reserve_only or (offer.price_amount > 0 and not is_paid)
    press = Press(
        member, reward, offer, key, by, now, today, place, session, parcel, reserve_only, []
    )  # fmt: skip
    ledger = open_settled_ledger(
        [member.pk, *sharers],
        now=now,
        build_extra=lambda terms: [(KNOWN, [member.pk, key]), *_build_count(press)],
    )
    # Under the locks: a press of the same key, the end of the membership or of an agreement to
    # share points may have gone through meanwhile.
    if ledger.extra[0]:
        return _get_known(ledger.extra[0][0], reward, session)
    if not ledger.books[member.pk].is_active:
        raise CannotSpend
    if sharers:
        still = set(_list_sharers(member))
        sharers = [pk for pk in sharers if pk in still]
    _check_limit(offer, ledger)
    if offer.kind == RewardKind.TIER:
        check_keep(ledger, member, offer.tier_id or 0, tier_until(offer, today), now=now)
    press.shares = _share_out(press, ledger, sharers)
    _move_points(press, ledger)
    made = _write(press, ledger)
    record_staff_act("made", made, by=by, now=now, points=made.price_points, place=str(place))
    return made


def _get_known(
    known: tuple[int, int, int | None], reward: Reward, session: RewardSession | None
) -> Redemption:
    redemption_id, reward_id, session_id = known
    if (reward_id, session_id) != (reward.pk, session and session.pk):
        raise refusals.KeyReused
    return _get(redemption_id)


def _get(pk: int) -> Redemption:
    return Redemption.objects.for_list().select_related("member").get(pk=pk)


def _check_owner(entitlement: Entitlement, member: Member, reward: Reward) -> None:
    if (entitlement.member_id, entitlement.reward_id) != (member.pk, reward.pk):
        raise refusals.NotYoursToTake


def _list_sharers(member: Member) -> list[int]:
    return [each.pk for each in list_point_sharers(member) if each.can_spend]


def _check_request(offer, session, parcel, place, seen_points, seen_amount) -> None:
    if offer.kind == RewardKind.EXPERIENCE and session is None:
        raise refusals.SessionNeeded
    if offer.kind == RewardKind.GOODS and parcel is None and place != Place.COUNTER:
        raise refusals.AddressNeeded
    if (seen_points is not None and offer.price_points > seen_points) or (
        seen_amount is not None and offer.price_amount > seen_amount
    ):
        raise refusals.PriceChanged


def _build_count(press: Press) -> list[tuple[str, list]]:
    offer, zone = press.offer, get_club().zone
    if offer.limit_count is None:
        return []
    first, last = cap_period(offer.limit_period, press.today)
    since = start_of(first, zone) if first > dt.date.min else _EVER
    until = start_of(last + dt.timedelta(days=1), zone) if last < dt.date.max else _NEVER
    return [(_COUNT, [press.member.pk, offer.reward_id, since, until])]


_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NEVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def _check_limit(offer: Offer, ledger: Ledger) -> None:
    if offer.limit_count is not None and ledger.extra[1][0][0] >= offer.limit_count:
        period = dict(_PERIODS)[offer.limit_period]
        raise refusals.LimitReached(count=offer.limit_count, period=period)


_PERIODS = (
    ("day", _("a day")),
    ("week", _("a week")),
    ("month", _("a month")),
    ("year", _("a year")),
    ("lifetime", _("in all")),
)


def _share_out(press: Press, ledger: Ledger, pool: Sequence[int]) -> list[tuple[int, int]]:
    """Who pays how much: the member first, then the household in its order."""
    left = press.offer.price_points
    shares = []
    for member_id in (press.member.pk, *pool):
        part = min(left, ledger.books[member_id].balance(AccountKind.AVAILABLE))
        if part:
            shares.append((member_id, part))
            left -= part
    if left:
        available = press.offer.price_points - left
        raise BalanceTooLow(needed=press.offer.price_points, available=available)
    return shares


def _move_points(press: Press, ledger: Ledger) -> None:
    take_shares(
        ledger, press.shares, cause=press.cause, now=press.now, captured=not press.reserve_only
    )
    keep_alive(ledger.books[press.member.pk], press.today, ACTIVITY, ledger.terms)
    if not press.reserve_only:
        fulfil(
            ledger, press.member.pk, press.offer, press.offer.value_amount, press.cause,
            by=press.by, today=press.today, now=press.now,
        )  # fmt: skip


def _write(press: Press, ledger: Ledger) -> Redemption:
    """Everything in one round trip; what is scarce is taken first in it, and checked after."""
    offer, now = press.offer, press.now
    writer = RowWriter()
    until = day_of(press.lapses_at or now, get_club().zone)
    session_id = press.session.pk if press.session is not None else None
    claims = list_claims(offer, session_id, now=now, last_day=until)
    for sql, values, _refusal in claims:
        writer.claim(sql, values)
    made = build_redemption(press)
    columns = tuple(getattr(made, name) for name in COLUMNS)
    writer.add("rewards_redemption", COLUMNS, [columns])
    add_event(
        writer, made.pk, "", made.state, member_id=made.member_id, reward_id=made.reward_id,
        cause=press.place, by=press.by, now=now,
    )  # fmt: skip
    _add_shares(writer, press)
    delivery = build_delivery(press)
    if delivery is not None:
        row = tuple(getattr(delivery, name) for name in DELIVERY_COLUMNS)
        writer.add("rewards_delivery", DELIVERY_COLUMNS, [row])
    if offer.has_pool and not press.reserve_only:
        writer.execute(FOLLOW_CODE, [made.pk])
    write_ledger(ledger, now=now, writer=writer)
    activity = ActivityRow(
        made.member_id, ACTIVITY, now, "rewards.redemption", made.pk,
        {"reward": made.reward_id, "points": made.price_points}, offer.activity_id,
    )  # fmt: skip
    record_batch(ACTIVITY, [activity], now=now, writer=writer, batch_id=offer.batch_id)
    for (_sql, _values, refusal), answer in zip(claims, writer.answers, strict=False):
        if not answer:
            raise refusal
    return complete(made, press, delivery, writer.answers[-1][0] if offer.has_pool else None)


def _add_shares(writer: RowWriter, press: Press) -> None:
    """Where others paid too: who gave how much, and a notice for each of them."""
    pk = press.offer.redemption_id
    others = [share for share in press.shares if share[0] != press.member.pk]
    if not others:
        return
    writer.add("rewards_redemptionshare", _SHARE_COLUMNS, [(pk, *share) for share in press.shares])
    params = {
        "redemption": pk, "reward": press.offer.reward_id, **pack_words(press.reward, "name"),
    }  # fmt: skip
    notices = [
        NoticeRow(
            member_id, "points_shared", press.now, f"points_shared:{pk}",
            {**params, "points": points},
        )
        for member_id, points in others
    ]  # fmt: skip
    add_notices(notices, now=press.now, writer=writer)
