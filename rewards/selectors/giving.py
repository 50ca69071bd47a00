"""Appeals as pages show them: how far they are, who gave, what is matched, the public sums."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, F, QuerySet, Sum

from core.bulk import read_together
from core.time import day_of, start_of
from members.models import Member
from members.names import mask_name
from members.selectors.club import get_club
from rewards.models import (
    Appeal,
    AppealUpdate,
    CharitySettlement,
    Donation,
    Entitlement,
    MatchOffer,
    StandingDonation,
)
from rewards.selectors.entitlements import list_entitlements

ON_WALL = 12
SOON = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ShownAppeal:
    """An appeal as of now. ``given_points`` counts gifts and what was matched."""

    appeal: Appeal
    is_open: bool
    given_points: int = 0
    matched_points: int = 0
    gift_count: int = 0
    match: MatchOffer | None = None
    days_left: int | None = None

    @property
    def goal_points(self) -> int:
        return self.appeal.goal_points

    @property
    def permille(self) -> int:
        return min(self.given_points * 1000 // self.goal_points, 1000)

    @property
    def percent(self) -> int:
        return self.given_points * 100 // self.goal_points

    @property
    def missing_points(self) -> int:
        return max(self.goal_points - self.given_points, 0)

    @property
    def is_reached(self) -> bool:
        return self.given_points >= self.goal_points

    @property
    def is_urgent(self) -> bool:
        return self.appeal.is_urgent and self.is_open and not self.is_reached

    @property
    def match_permille(self) -> int:
        """How much of the brand's budget is left."""
        return self.match.left_points * 1000 // self.match.budget_points if self.match else 0


@dataclass(frozen=True, slots=True)
class Donor:
    """A line of the thank-you wall: a masked name, as each language masks it."""

    name: str
    points: int
    on: dt.date


@dataclass(frozen=True, slots=True)
class AppealPage:
    shown: ShownAppeal
    updates: Sequence[AppealUpdate]
    donors: Sequence[Donor]
    others: Sequence[ShownAppeal] = field(default_factory=list)


def list_appeals(*, now: dt.datetime, limit: int | None = None) -> list[ShownAppeal]:
    """Published appeals: urgent first, then open, then reached, then over. Three queries."""
    appeals = list(
        Appeal.objects.published().filter(starts_at__lte=now).for_list().order_by("position", "pk")
    )
    shown = _show(appeals, now)
    shown.sort(key=lambda each: (not each.is_open, each.is_reached, not each.is_urgent))
    return shown[:limit]


def get_appeal_page(slug: str, *, now: dt.datetime) -> AppealPage | None:
    appeal = Appeal.objects.published().for_list().filter(slug=slug, starts_at__lte=now).first()
    if appeal is None:
        return None
    (shown,) = _show([appeal], now)
    others = Appeal.objects.open(now).for_list().exclude(pk=appeal.pk).order_by("position", "pk")
    return AppealPage(
        shown,
        list(appeal.updates.order_by("-day_on", "-pk")),
        _list_donors(appeal),
        _show(list(others[:2]), now),
    )


def _show(appeals: Sequence[Appeal], now: dt.datetime) -> list[ShownAppeal]:
    if not appeals:
        return []
    sums = {
        row["appeal_id"]: row
        for row in Donation.objects.standing()
        .filter(appeal__in=appeals)
        .values("appeal_id")
        .annotate(given=Sum("points"), matched=Sum("match_points"), count=Count("pk"))
    }
    matches: dict[int, MatchOffer] = {}
    for offer in MatchOffer.objects.running(now).filter(appeal__in=appeals).order_by("pk"):
        matches.setdefault(offer.appeal_id, offer)
    zone = get_club().zone
    today, shown = day_of(now, zone), []
    for appeal in appeals:
        row = sums.get(appeal.pk, {"given": 0, "matched": 0, "count": 0})
        is_open = appeal.is_open(now)
        ends_at = appeal.ends_at
        shown.append(
            ShownAppeal(
                appeal=appeal,
                is_open=is_open,
                given_points=row["given"] + row["matched"],
                matched_points=row["matched"],
                gift_count=row["count"],
                match=matches.get(appeal.pk) if is_open else None,
                days_left=(day_of(ends_at, zone) - today).days if is_open and ends_at else None,
            )
        )
    return shown


def _list_donors(appeal: Appeal) -> list[Donor]:
    rows = (
        Donation.objects.standing()
        .filter(appeal=appeal, is_named=True)
        .select_related("member")
        .order_by("-donated_at", "-pk")[:ON_WALL]
    )
    zone = get_club().zone
    return [Donor(mask_name(row.member), row.points, day_of(row.donated_at, zone)) for row in rows]


# --- The public counter --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counter:
    """All that was given and not taken back, matched or not, paid out or not."""

    points: int
    match_points: int
    gift_count: int

    @property
    def total_points(self) -> int:
        return self.points + self.match_points


def get_counter() -> Counter:
    sums = Donation.objects.standing().aggregate(
        given=Sum("points"), matched=Sum("match_points"), count=Count("pk")
    )
    return Counter(sums["given"] or 0, sums["matched"] or 0, sums["count"])


def list_totals(*, by: str = "charity_id") -> dict[int, int]:
    """All that stands, matched or not, by charity or by appeal."""
    rows = Donation.objects.standing().values_list(by).annotate(
        total=Sum(F("points") + F("match_points"))
    )  # fmt: skip
    return dict(rows)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One month of one charity, by the entries of its account."""

    month: dt.date
    given_points: int
    matched_points: int
    taken_back_points: int

    @property
    def total_points(self) -> int:
        return self.given_points + self.matched_points - self.taken_back_points


# By the ledger itself, not by the donations: the two are proved equal by ``verify_ledger``.
_LEDGER = """
    SELECT a.charity_id, date_trunc('month', t.effective_at AT TIME ZONE %(zone)s)::date,
           coalesce(sum(t.amount) FILTER (WHERE t.reason = 'donate'), 0)::bigint,
           coalesce(sum(t.amount) FILTER (WHERE t.reason = 'match'), 0)::bigint,
           coalesce(sum(t.amount) FILTER (WHERE t.reason IN ('restore', 'unmatch')), 0)::bigint
    FROM rewards_transfer t
    JOIN rewards_account a ON a.charity_id IS NOT NULL
        AND a.id IN (t.credit_account_id, t.debit_account_id)
    WHERE t.cause_type = 'donation'
    GROUP BY 1, 2 ORDER BY 1, 2 DESC
"""


def read_ledger() -> dict[int, list[LedgerLine]]:
    """The months of each charity by id, newest first."""
    (rows,) = read_together([(_LEDGER, {"zone": get_club().zone})])
    found: dict[int, list[LedgerLine]] = {}
    for charity_id, month, given, matched, back in rows:
        found.setdefault(charity_id, []).append(LedgerLine(month, given, matched, back))
    return found


def list_settlements() -> list[CharitySettlement]:
    """Those of which something is paid: a period without gifts is closed, too."""
    rows = CharitySettlement.objects.filter(amount__gt=0).select_related("charity")
    return list(rows.order_by("-last_on", "pk"))


# --- One member ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Year:
    """What a member gave in a calendar year; taken back gifts don't count."""

    number: int
    donations: Sequence[Donation]

    @property
    def points(self) -> int:
        return sum(each.points for each in self.donations)

    @property
    def match_points(self) -> int:
        return sum(each.match_points for each in self.donations)

    @property
    def charities(self) -> list[tuple[str, str, int, int]]:
        """Name, registration number, points given, points matched; as first given to."""
        sums: dict[int, tuple[str, str, int, int]] = {}
        for each in self.donations:
            charity = each.charity
            _name, _number, points, matched = sums.get(charity.pk, ("", "", 0, 0))
            sums[charity.pk] = (
                charity.name_i18n, charity.registration_number, points + each.points,
                matched + each.match_points,
            )  # fmt: skip
        return list(sums.values())


def list_donations(member: Member) -> QuerySet[Donation]:
    """Newest first, those that were taken back among them."""
    return Donation.objects.of(member).for_list().order_by("-donated_at", "-pk")


def sum_donations(member: Member) -> Counter:
    sums = Donation.objects.of(member).standing().aggregate(
        given=Sum("points"), matched=Sum("match_points"), count=Count("pk")
    )  # fmt: skip
    return Counter(sums["given"] or 0, sums["matched"] or 0, sums["count"])


def list_shares(member: Member) -> list[StandingDonation]:
    rows = StandingDonation.objects.filter(member=member, ended_at__isnull=True)
    return list(rows.select_related("appeal__charity").annotate(given=Sum("donations__points")))


def list_prizes(member: Member, *, now: dt.datetime) -> QuerySet[Entitlement]:
    """What the member may take now and could pass on: a reward with a price in points."""
    return list_entitlements(member, now=now).filter(reward__price_points__gt=0)


def list_years(member: Member) -> list[int]:
    """Years of the club's calendar in which the member gave, newest first."""
    zone = get_club().zone
    sql = """
        SELECT DISTINCT extract(year FROM donated_at AT TIME ZONE %s)::int FROM rewards_donation
        WHERE member_id = %s AND undone_at IS NULL ORDER BY 1 DESC
    """
    return [row[0] for row in read_together([(sql, [zone, member.pk])])[0]]


def get_year(member: Member, number: int) -> Year:
    zone = get_club().zone
    first, last = dt.date(number, 1, 1), dt.date(number + 1, 1, 1)
    rows = Donation.objects.of(member).standing().for_list()
    rows = rows.filter(donated_at__gte=start_of(first, zone), donated_at__lt=start_of(last, zone))
    return Year(number, list(rows.order_by("donated_at", "pk")))
