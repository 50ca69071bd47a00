"""The catalogue: which rewards a member sees, in which order; a page of it in a few queries."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.time import day_of, start_of
from core.words import shown_sql
from members.models import Member
from members.selectors.club import get_club
from members.selectors.guardians import GuardianNeeded, check_guardian
from rewards.engine.limits import list_period_starts
from rewards.enums import RewardKind
from rewards.models import Reward, RewardCategory, RewardCode, RewardSession
from rewards.selectors.offers import TOLD_KINDS, Offer, build_offers
from rewards.selectors.programme import kept
from rewards.selectors.rotation import list_resting

PER_PAGE = 24
RELATED_SHOWN = 4
GOALS_SHOWN = 3
POOL_KINDS = (RewardKind.POOL, RewardKind.PARTNER)
POOLED = Q(kind__in=POOL_KINDS, has_codes=True)

RECOMMENDED, CHEAPEST, DEAREST, NEWEST = "recommended", "cheapest", "dearest", "newest"
SORTS = {
    RECOMMENDED: (_("Recommended"), "r.position, r.id"),
    CHEAPEST: (_("Fewest points"), "price, r.position, r.id"),
    DEAREST: (_("Most points"), "price DESC, r.position, r.id"),
    NEWEST: (_("Newest"), "r.published_at DESC, r.id DESC"),
}

# All gates that aren't over, once each, by a hash: no look-up per reward. ``is_open`` and
# ``points`` (as ``Offer.price_points``) are the member's own; ``is_shown`` also where others
# hear of it. ``turn`` says of rewards that take turns what ``rotation.pick_turn`` says.
_FIND = """
    WITH turn AS (
        SELECT id, on_day >= starts_on
                   AND mod(mod(place - (on_day - starts_on) / turn_days * slots, size) + size, size)
                       < slots AS is_on
        FROM (SELECT r.id, t.starts_on, t.turn_days, %(today)s::date AS on_day,
                     count(*) OVER one AS size, least(t.slot_count, count(*) OVER one) AS slots,
                     row_number() OVER (one ORDER BY r.rotation_position, r.id) - 1 AS place
              FROM rewards_reward r JOIN rewards_rotation t ON t.id = r.rotation_id
              WHERE r.published_at IS NOT NULL AND r.retired_at IS NULL
              WINDOW one AS (PARTITION BY r.rotation_id)) AS placed),
    door AS (
        SELECT g.reward_id,
               bool_or(g.opens_at <= %(now)s AND {mine}) AS is_open,
               bool_or(g.opens_at > %(now)s) AS opens_later,
               bool_or({mine} OR s.kind = ANY(%(told)s)) AS is_shown,
               coalesce(
                   min(coalesce(g.price_points, o.price_points))
                       FILTER (WHERE g.opens_at <= %(now)s AND {mine}),
                   min(coalesce(g.price_points, o.price_points))
                       FILTER (WHERE {mine})) AS points
        FROM rewards_rewardgate g
        JOIN rewards_reward o ON o.id = g.reward_id
        JOIN members_audience s ON s.id = g.audience_id
        LEFT JOIN members_audiencemember a
               ON a.audience_id = g.audience_id AND a.member_id = %(member)s
        WHERE g.closes_at IS NULL OR g.closes_at > %(now)s
        GROUP BY g.reward_id)
    SELECT {columns}, coalesce(door.points, r.price_points) AS price
    FROM rewards_reward r
    LEFT JOIN door ON door.reward_id = r.id LEFT JOIN turn ON turn.id = r.id
    WHERE r.published_at IS NOT NULL AND r.retired_at IS NULL AND {conditions}
    ORDER BY {order}
"""
_MINE, _VISITORS = "a.id IS NOT NULL", "s.kind = 'everyone'"
_SHOWN = "door.is_shown AND coalesce(turn.is_on, true)"
_WISHED = (
    "EXISTS (SELECT FROM rewards_wish w WHERE w.reward_id = r.id AND w.member_id = %(member)s)"
)
# The same as ``Offer.can_be_had``, but for the limit.
_AFFORDABLE = """
    door.is_open AND coalesce(door.points, r.price_points) <= %(available)s
    AND coalesce(r.stock_left, 1) > 0
    AND (NOT (r.kind = ANY(%(pools)s) AND r.has_codes) OR EXISTS (
        SELECT FROM rewards_rewardcode c
        WHERE c.reward_id = r.id AND c.redemption_id IS NULL AND c.voided_at IS NULL
          AND (c.expires_on IS NULL OR c.expires_on >= %(today)s)))
    AND (r.kind <> 'experience' OR EXISTS (
        SELECT FROM rewards_rewardsession d
        WHERE d.reward_id = r.id AND d.seats_left > 0 AND d.cancelled_at IS NULL
          AND d.starts_at > %(now)s
          AND (d.booking_closes_at IS NULL OR d.booking_closes_at > %(now)s)))
"""
# Fewer than the limit since its period began, as ``Offer.limit_left`` counts.
_WITHIN_LIMIT = """
    r.limit_count IS NULL OR r.limit_count > (
        SELECT count(*) FROM rewards_redemption u
        WHERE u.reward_id = r.id AND u.member_id = %(member)s AND u.state <> 'cancelled'
          AND NOT (u.state = 'expired' AND u.confirmed_at IS NULL)
          AND u.reserved_at >= CASE r.limit_period {periods} ELSE '-infinity' END)
"""
_RELATED = """
    r.id <> %(related_to)s AND CASE
        WHEN EXISTS (SELECT FROM rewards_reward_related WHERE from_reward_id = %(related_to)s)
        THEN r.id IN (SELECT to_reward_id FROM rewards_reward_related
                      WHERE from_reward_id = %(related_to)s)
        ELSE r.category_id = %(category_id)s END
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for; empty means anything."""

    text: str = ""
    kinds: Sequence[str] = ()
    category: str = ""
    is_affordable: bool = False
    is_wished: bool = False
    is_early: bool = False
    min_points: int | None = None
    max_points: int | None = None
    sort: str = RECOMMENDED


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """One page of offers. ``number`` is the nearest to the one that was asked for."""

    offers: list[Offer]
    total: int
    number: int
    page_count: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.page_count else None


@dataclass(slots=True)
class _Search:
    """Conditions of one question, and their values."""

    member: Member | None
    now: dt.datetime
    available_points: int | None
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, **values: Any) -> None:
        self.conditions.append(f"({condition})")
        self.values |= values

    def find(self, order: str, *, limit: int | None = None) -> list[int]:
        return [row[0] for row in self.read("r.id", order, limit=limit)]

    def read(self, columns: str, order: str, *, limit: int | None = None) -> list[tuple]:
        """Rows of ``columns``, then the price in points."""
        sql = _FIND.format(
            mine=_VISITORS if self.member is None else _MINE,
            conditions=" AND ".join(self.conditions),
            columns=columns,
            order=order,
        )
        values = {
            "now": self.now,
            "today": day_of(self.now, get_club().zone),
            "member": self.member.pk if self.member else None,
            "told": [str(kind) for kind in TOLD_KINDS],
            "pools": [str(kind) for kind in POOL_KINDS],
            "available": self.available_points or 0,
        }
        if limit is not None:
            sql = f"{sql} LIMIT {limit}"
        # Prepared: planning takes three times as long as the reading itself.
        (rows,) = read_together([(sql, values | self.values)])
        return rows


def list_offers(
    member: Member | None,
    wanted: Wanted,
    *,
    now: dt.datetime,
    available_points: int | None,
    page: int = 1,
    limit: int = PER_PAGE,
) -> CataloguePage:
    """A page of ``limit`` of what the member may see, each judged for them.

    Three queries, four for wishes.

    ``member`` None is a visitor, who sees what every member would. What is for a tier, a club or
    a plan is shown to others with the reason; what is for a segment or a list is not. Wishes are
    listed even while they can't be had.
    """
    search = _Search(member, now, available_points)
    search.add(_WISHED if wanted.is_wished else _SHOWN)
    _narrow(search, wanted)
    ids = search.find(SORTS.get(wanted.sort, SORTS[RECOMMENDED])[1])
    page_count = max(-(-len(ids) // limit), 1)
    number = min(max(page, 1), page_count)
    shown = ids[(number - 1) * limit : number * limit]
    resting = list_resting(day_of(now, get_club().zone)) if wanted.is_wished else None
    offers = build_offers(
        shown, member, now=now, available_points=available_points, resting=resting
    )
    return CataloguePage(offers, len(ids), number, page_count)


def list_public_slugs(*, now: dt.datetime) -> list[str]:
    """Every reward that a visitor is shown, for the map of the site."""
    search = _Search(None, now, None)
    search.add(_SHOWN)
    return [slug for slug, *_price in search.read("r.slug", SORTS[RECOMMENDED][1])]


def _narrow(search: _Search, wanted: Wanted) -> None:
    if text := wanted.text.strip():
        pattern = "%" + "".join(f"\\{c}" if c in "\\%_" else c for c in text) + "%"
        # The club's own words are found in every language, beside those that are shown.
        columns = {
            column
            for name in ("r.name", "r.summary", "r.partner")
            for column in (name, shown_sql(name))
        }
        either = " OR ".join(f"{column} ILIKE %(text)s" for column in sorted(columns))
        search.add(either, text=pattern)
    if wanted.kinds:
        search.add("r.kind = ANY(%(kinds)s)", kinds=[str(kind) for kind in wanted.kinds])
    if wanted.category:
        search.add(
            "r.category_id = (SELECT id FROM rewards_rewardcategory WHERE slug = %(category)s)",
            category=wanted.category,
        )
    if wanted.is_affordable and search.available_points is not None:
        search.add(_AFFORDABLE)
    if wanted.is_early:
        search.add("door.is_open AND door.opens_later")
    if wanted.min_points is not None:
        search.add("coalesce(door.points, r.price_points) >= %(least)s", least=wanted.min_points)
    if wanted.max_points is not None:
        search.add("coalesce(door.points, r.price_points) <= %(most)s", most=wanted.max_points)


@dataclass(frozen=True, slots=True)
class Goal:
    """A reward that a member has points for, or is on the way to."""

    reward: Reward  # what its picture and its address need, no more
    name: str
    price_points: int
    is_wished: bool
    missing_points: int

    @property
    def permille(self) -> int:
        if not self.missing_points:
            return 1000
        return 1000 * (self.price_points - self.missing_points) // self.price_points


def list_goals(
    member: Member, *, now: dt.datetime, available_points: int, limit: int = GOALS_SHOWN
) -> list[Goal]:
    """What the member wishes for; then rewards that they can have now, the dearest first; then
    the nearest others. One query.
    """
    search = _Search(member, now, available_points)
    search.add(_SHOWN)
    search.add("door.is_open AND coalesce(r.stock_left, 1) > 0")
    _keep_within_limit(search)
    price = "coalesce(door.points, r.price_points)"
    order = f"{_WISHED} DESC, {price} > %(available)s, abs({price} - %(available)s), r.id"
    columns = f"r.slug, r.kind, r.motif, r.photo, {shown_sql('r.name')}, {_WISHED}"
    return [
        Goal(
            Reward(slug=slug, kind=kind, motif=motif, photo=photo),
            name, price, is_wished, max(price - available_points, 0),
        )
        for slug, kind, motif, photo, name, is_wished, price in search.read(
            columns, order, limit=limit
        )
    ]  # fmt: skip


def _keep_within_limit(search: _Search) -> None:
    """Leave out what the member can't have again for now."""
    zone = get_club().zone
    starts = {
        f"since_{period}": start_of(day, zone)
        for period, day in list_period_starts(day_of(search.now, zone)).items()
    }
    periods = " ".join(f"WHEN '{name[6:]}' THEN %({name})s" for name in starts)
    search.add(_WITHIN_LIMIT.format(periods=periods), **starts)


@dataclass(frozen=True, slots=True)
class RewardPage:
    """One reward, its dates, and what goes well with it.

    ``missing_consent`` is why a young member can't have what costs money yet; empty for others.
    """

    offer: Offer
    sessions: list[RewardSession]
    related: list[Offer]
    missing_consent: str = ""


def get_reward_page(
    member: Member | None, slug: str, *, now: dt.datetime, available_points: int | None
) -> RewardPage | None:
    """A published reward as the member may see it; None where they may not know of it.

    Four queries; one more for an experience, for what takes turns, and for the young where it
    costs money.
    """
    known = Reward.objects.published().filter(slug=slug)
    reward = known.only("pk", "kind", "category", "rotation").first()
    if reward is None:
        return None
    resting = list_resting(day_of(now, get_club().zone)) if reward.rotation_id else None
    search = _Search(member, now, available_points)
    search.add(_SHOWN)
    search.add(_RELATED, related_to=reward.pk, category_id=reward.category_id)
    related = search.find("r.position, r.id", limit=RELATED_SHOWN)
    offer, *others = build_offers(
        [reward.pk, *related], member, now=now, available_points=available_points, resting=resting
    )
    if not offer.is_shown:
        return None
    sessions: Sequence[RewardSession] = ()
    if reward.has_sessions:
        sessions = reward.sessions.upcoming(now).order_by("starts_at", "pk")
    return RewardPage(offer, list(sessions), others, find_missing_consent(member, offer, now=now))


def find_missing_consent(member: Member | None, offer: Offer, *, now: dt.datetime) -> str:
    """What ``services.consent`` would say at the press."""
    if member is None or not offer.price_amount:
        return ""
    try:
        check_guardian(member, now=now)
    except GuardianNeeded as refusal:
        return str(refusal)
    return ""


def list_categories() -> list[RewardCategory]:
    """Shelves with something published on them, in their order, as kept: a new one shows within
    ``core.kept.LIFE``.
    """
    shelves = kept.get("shelves")
    if shelves is None:
        found = RewardCategory.objects.filter(
            rewards__published_at__isnull=False, rewards__retired_at__isnull=True
        )
        shelves = list(found.distinct())
        kept.put("shelves", shelves)
    return sorted(shelves, key=lambda shelf: (shelf.position, shelf.name_i18n))


# --- Staff --------------------------------------------------------------------------------------


def list_low_stock(*, now: dt.datetime) -> Any:
    """Published rewards of which so few are left that staff wanted to be told.

    The fewest of stock, free codes and bookable seats counts.
    """
    return with_left(Reward.objects.published(), now=now).filter(
        low_stock_count__isnull=False, left_count__lte=F("low_stock_count")
    )


def with_left(rewards: Any, *, now: dt.datetime) -> Any:
    """Annotate ``left_count``: the fewest of stock, free codes and bookable seats."""
    today = day_of(now, get_club().zone)
    codes = RewardCode.objects.usable(today).filter(reward=OuterRef("pk")).order_by()
    seats = RewardSession.objects.bookable(now).filter(reward=OuterRef("pk")).order_by()
    codes_left = Coalesce(
        Subquery(codes.values("reward").annotate(count=Count("pk")).values("count")), 0
    )
    seats_left = Coalesce(
        Subquery(seats.values("reward").annotate(count=Sum("seats_left")).values("count")), 0
    )
    return rewards.annotate(
        codes_left=Case(When(POOLED, then=codes_left)),
        seats_left=Case(When(kind=RewardKind.EXPERIENCE, then=seats_left)),
        left_count=Least(F("stock_left"), "codes_left", "seats_left"),
    )
