"""What points, tiers and rewards say of members, for segments."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from django.db.models import Count, F, OuterRef, Subquery, Sum, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.time import day_of
from core.words import shown
from members import registry
from members.registry import Attribute, AttributeRows, Behaviour, Events, Filter, Measure
from members.selectors.club import get_club
from rewards.engine.terms import Programme
from rewards.enums import (
    AccountKind,
    ExpiryMode,
    Reason,
    RedemptionState,
    RewardKind,
    TierWindow,
    Unit,
)
from rewards.models import (
    Account,
    Challenge,
    Charity,
    Donation,
    Lot,
    Redemption,
    Reward,
    Spin,
    Stamp,
    StampBook,
    Standing,
    Tier,
    Transfer,
    Wheel,
)
from rewards.selectors.programme import get_ladder

POINTS = _("Points")
TIER = _("Tier")
DID = _("What they did with points")
_EARNED = (Reason.EARN, Reason.GRANT)
_COUNT = Measure("count", _("how often"))
_POINTS = Measure("points", _("how many points"))


def register() -> None:
    for attribute in _ATTRIBUTES:
        registry.register_attribute(attribute)
    for behaviour in _BEHAVIOURS:
        registry.register_behaviour(behaviour)


# --- Points ---


def _balance_of(kind):
    accounts = Account.objects.filter(member=OuterRef("pk"), kind=kind)
    return lambda now: Subquery(accounts.values("balance")[:1])


def _balances_of(kind):
    def build_rows(now):
        return Account.objects.filter(kind=kind, member__isnull=False).values_list(
            "member", "balance"
        )

    return build_rows


def _expiring(now, days):
    """Points that are gone within ``days``, if nothing happens."""
    today = day_of(now, get_club().zone)
    last = today + dt.timedelta(days=days)
    programme = _get_programme(now)
    if programme is not None and programme.expiry_mode == ExpiryMode.INACTIVITY:
        ending = Account.objects.filter(
            kind=AccountKind.AVAILABLE, member__standing__points_expire_on__range=(today, last)
        )
        return ending.values_list("member", "balance")
    lots = Lot.objects.filter(
        unit=Unit.POINTS, available__gt=0, expires_on__gte=today, expires_on__lte=last
    )
    return lots.order_by().values("member").annotate(n=Sum("available")).values_list("member", "n")


def _lifetime(now):
    earned = Transfer.objects.filter(
        unit=Unit.POINTS, reason__in=_EARNED, member__isnull=False, effective_at__lte=now
    )
    return earned.order_by().values("member").annotate(n=Sum("amount")).values_list("member", "n")


# --- Tiers ---


def _get_programme(now) -> Programme | None:
    zone = get_club().zone
    terms = get_ladder(zone).terms
    return terms.programme_on(day_of(now, zone)) if terms else None


def _list_tiers():
    rows = Tier.objects.order_by("rank").annotate(word=shown("name"))
    return list(rows.values_list("slug", "word"))


# The period of each member's own: so many whole spans since the day they joined, or rose.
_OWN_PERIOD = """
    SELECT l.member_id, sum(l.available) AS credits
    FROM rewards_lot l
    JOIN members_member m ON m.id = l.member_id
    JOIN rewards_standing s ON s.member_id = l.member_id
    CROSS JOIN LATERAL (SELECT {anchor} AS first) a
    CROSS JOIN LATERAL (SELECT (extract(year FROM age(%s::date, a.first)) * 12
                              + extract(month FROM age(%s::date, a.first)))::int AS months) p
    WHERE l.unit = 'status' AND l.available > 0 AND l.counts_on <= %s::date
      AND l.counts_on >= (a.first + make_interval(months => p.months / %s * %s))::date
    GROUP BY l.member_id
"""
_ONE_PERIOD = """
    SELECT member_id, sum(available) AS credits FROM rewards_lot
    WHERE unit = 'status' AND counts_on >= %s::date AND counts_on <= %s::date
    GROUP BY member_id
"""


def _credits(programme: Programme, now: dt.datetime) -> AttributeRows:
    """Status credits in each member's tier period. The same rule in Python:
    ``rewards.engine.tiers.status_on``.
    """
    zone = get_club().zone
    today = day_of(now, zone)
    own = (TierWindow.JOINING, TierWindow.UPGRADE)
    if programme.tier_window not in own:
        first, _last = programme.tier_period(today, today, None)
        return AttributeRows(_ONE_PERIOD, (first, today))
    joined = "(m.joined_at AT TIME ZONE %s)::date"
    rose = f"coalesce(s.tier_since_on, {joined})"
    anchor = joined if programme.tier_window == TierWindow.JOINING else rose
    months = programme.tier_months
    sql = _OWN_PERIOD.format(anchor=anchor)
    return AttributeRows(sql, (zone, today, today, today, months, months))


def _next_thresholds(programme: Programme) -> AttributeRows:
    """Pairs of a tier and what the next one asks for; the highest has none."""
    pairs = zip(programme.levels, programme.levels[1:], strict=False)
    rows = [(level.tier_id, above.threshold) for level, above in pairs]
    values = ", ".join(["(%s::bigint, %s::bigint)"] * len(rows))
    return AttributeRows(f"(VALUES {values})", tuple(value for row in rows for value in row))


_MISSING = """
    SELECT s.member_id, greatest(n.threshold - coalesce(c.credits, 0), 0)
    FROM rewards_standing s
    JOIN {next} AS n (tier_id, threshold) ON n.tier_id = s.tier_id
    LEFT JOIN ({credits}) c ON c.member_id = s.member_id
"""
# A visit is a day that brought status credits; what one brings is the mean of the last year's.
# Both sums stand in ``lot_status_of_member``, which is read once.
_VISITS = """
    SELECT s.member_id, ceil(greatest(n.threshold - coalesce({credits}, 0), 0) / v.each)::bigint
    FROM rewards_standing s
    JOIN {next} AS n (tier_id, threshold) ON n.tier_id = s.tier_id
    JOIN (
        SELECT member_id, sum(available) FILTER (WHERE counts_on >= %s::date) AS credits,
            sum(available) FILTER (WHERE counts_on > %s::date)::numeric / nullif(
                count(DISTINCT counts_on) FILTER (WHERE counts_on > %s::date AND available > 0), 0
            ) AS each
        FROM rewards_lot WHERE unit = 'status' AND counts_on <= %s::date GROUP BY member_id
    ) v ON v.member_id = s.member_id {own}
"""


def _get_ladder_of_tiers(now) -> Programme | None:
    programme = _get_programme(now)
    return programme if programme is not None and len(programme.levels) > 1 else None


def _to_next_tier(now):
    programme = _get_ladder_of_tiers(now)
    if programme is None:
        return Standing.objects.none().values_list("member", "member")
    higher, credits = _next_thresholds(programme), _credits(programme, now)
    text = _MISSING.format(next=higher.sql, credits=credits.sql)
    return AttributeRows(text, (*higher.params, *credits.params))


def _visits_to_next_tier(now):
    programme = _get_ladder_of_tiers(now)
    if programme is None:
        return Standing.objects.none().values_list("member", "member")
    today = day_of(now, get_club().zone)
    year_ago = today - dt.timedelta(days=365)
    higher, credits = _next_thresholds(programme), _credits(programme, now)
    first, column, own, more = year_ago, "c.credits", "", credits.params
    if credits.sql == _ONE_PERIOD:
        first, column, more = credits.params[0], "v.credits", ()
    else:
        own = f"LEFT JOIN ({credits.sql}) c ON c.member_id = s.member_id"
    text = _VISITS.format(next=higher.sql, credits=column, own=own)
    return AttributeRows(text, (*higher.params, first, year_ago, year_ago, today, *more))


# --- What they did ---


def _list_named(model):
    def list_choices() -> Sequence[tuple[str, str]]:
        rows = model.objects.annotate(word=shown("name")).order_by("word", "pk")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "word")]

    return list_choices


def _narrow(rows, filters, **paths):
    for name, path in paths.items():
        if name in filters:
            rows = rows.filter(**{f"{path}__in": filters[name]})
    return rows


def _earned(filters):
    rows = Transfer.objects.filter(unit=Unit.POINTS, reason__in=_EARNED)
    return Events(
        rows,
        at="effective_at",
        measures={"count": partial(Count, Value(1)), "points": partial(Sum, "amount")},
    )


def _redeemed(filters):
    rows = Redemption.objects.exclude(state=RedemptionState.CANCELLED)
    rows = _narrow(rows, filters, reward="reward", kind="reward__kind")
    return Events(
        rows,
        at="reserved_at",
        measures={"count": partial(Count, Value(1)), "points": partial(Sum, "price_points")},
    )


def _donated(filters):
    rows = _narrow(Donation.objects.filter(undone_at__isnull=True), filters, charity="charity")
    return Events(
        rows,
        at="donated_at",
        measures={"count": partial(Count, Value(1)), "points": partial(Sum, "points")},
    )


def _spun(filters):
    rows = _narrow(Spin.objects.all(), filters, wheel="player__wheel")
    return Events(
        rows, at="drawn_at", member="player__member", measures={"count": partial(Count, Value(1))}
    )


def _stamped(filters):
    rows = _narrow(Stamp.objects.all(), filters, challenge="book__challenge")
    return Events(
        rows, at="effective_at", member="book__member", measures={"amount": partial(Sum, "amount")}
    )


_BEHAVIOURS = (
    Behaviour("rewards.earned", _("points earned"), _earned, (_POINTS, _COUNT), group=DID),
    Behaviour(
        "rewards.redeemed",
        _("redemptions"),
        _redeemed,
        (_COUNT, _POINTS),
        (
            Filter("reward", _("reward"), _list_named(Reward)),
            Filter("kind", _("kind"), lambda: RewardKind.choices),
        ),
        group=DID,
    ),
    Behaviour(
        "rewards.donated",
        _("donations"),
        _donated,
        (_COUNT, _POINTS),
        (Filter("charity", _("charity"), _list_named(Charity)),),
        group=DID,
    ),
    Behaviour(
        "rewards.spun",
        _("spins of a wheel"),
        _spun,
        (_COUNT,),
        (Filter("wheel", _("wheel"), _list_named(Wheel)),),
        group=DID,
    ),
    Behaviour(
        "rewards.stamped",
        _("stamps collected"),
        _stamped,
        (Measure("amount", _("how many")),),
        (Filter("challenge", _("stamp card"), _list_named(Challenge)),),
        group=DID,
    ),
)


_ATTRIBUTES = (
    Attribute(
        "tier",
        _("tier"),
        "choice",
        lambda now: F("standing__tier__slug"),
        choices=_list_tiers,
        group=TIER,
    ),
    Attribute(
        "tier_since",
        _("in the tier since"),
        "day",
        lambda now: F("standing__tier_since_on"),
        group=TIER,
    ),
    Attribute(
        "status_to_next_tier",
        _("status credits missing to the next tier"),
        "number",
        build_rows=_to_next_tier,
        group=TIER,
    ),
    Attribute(
        "visits_to_next_tier",
        _("visits missing to the next tier"),
        "number",
        build_rows=_visits_to_next_tier,
        group=TIER,
    ),
    Attribute(
        "points",
        _("available points"),
        "number",
        _balance_of(AccountKind.AVAILABLE),
        build_rows=_balances_of(AccountKind.AVAILABLE),
        missing=0,
        group=POINTS,
    ),
    Attribute(
        "points_pending",
        _("pending points"),
        "number",
        _balance_of(AccountKind.PENDING),
        build_rows=_balances_of(AccountKind.PENDING),
        missing=0,
        group=POINTS,
    ),
    Attribute(
        "points_expiring",
        pgettext_lazy("segment", "points that expire soon"),
        "number",
        build_rows=_expiring,
        missing=0,
        days=30,
        group=POINTS,
    ),
    Attribute(
        "points_lifetime",
        _("points earned in all"),
        "number",
        build_rows=_lifetime,
        missing=0,
        group=POINTS,
    ),
    Attribute(
        "has_redeemed",
        _("has ever redeemed points"),
        "boolean",
        build_rows=lambda now: Redemption.objects.exclude(
            state=RedemptionState.CANCELLED
        ).values_list("member"),
        group=DID,
    ),
    Attribute(
        "stamps",
        _("stamps on all cards"),
        "number",
        build_rows=lambda now: (
            StampBook.objects.filter(merged_into__isnull=True)
            .order_by()
            .values("member")
            .annotate(n=Sum("total"))
            .values_list("member", "n")
        ),
        missing=0,
        group=DID,
    ),
)
