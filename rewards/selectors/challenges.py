"""Stamp cards as members and staff see them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from core.bulk import read_together
from core.time import day_of
from members.enums import AudienceKind
from members.models import Audience, AudienceMember, Member
from members.selectors.club import get_club
from members.selectors.gates import GateClosed, judge_gates
from rewards.enums import ChallengeMeasure
from rewards.models import Challenge, ChallengeVersion, Entitlement, Stamp, StampBook, StampCard
from rewards.models.stamps import CARD_CAUSE
from rewards.selectors.challenge_words import (
    describe_left,
    describe_progress,
    describe_target,
    list_conditions,
)
from rewards.selectors.prizes import describe_gift

FRESH = dt.timedelta(hours=1)  # so long a stamp is pressed anew when the page opens
NEWS = dt.timedelta(hours=48)  # history that comes late is not pressed before one's eyes
SUM_PLACES = 10  # a card for money shows its progress in tenths
SHOWN_FULL = 60


@dataclass(slots=True)
class ShownCard:
    """One card, with all that a page says of it."""

    challenge: Challenge
    version: ChallengeVersion
    count: int
    target: int
    round: int = 1
    fresh: int = 0
    filled_at: dt.datetime | None = None
    is_paid: bool = False
    entitlement: Entitlement | None = None
    is_used: bool = False
    conditions: Sequence[str] = ()
    stamps: list[Stamp] = field(default_factory=list)

    @property
    def motif(self) -> str:
        return self.challenge.motif

    @property
    def seed(self) -> str:
        return f"{self.challenge.slug}/{self.round}"

    @property
    def is_sum(self) -> bool:
        return self.version.measure == ChallengeMeasure.SUM

    @property
    def places(self) -> int:
        return SUM_PLACES if self.is_sum else self.target

    @property
    def stamped(self) -> int:
        return self.count * SUM_PLACES // self.target if self.is_sum else self.count

    @property
    def is_full(self) -> bool:
        return self.count >= self.target

    @property
    def progress(self) -> str:
        return describe_progress(self.version, self.count, self.target)

    @property
    def left(self) -> str:
        return describe_left(self.version, self.target - self.count)

    @property
    def prize(self) -> str:
        return describe_gift(self.version)

    @property
    def is_owing(self) -> bool:
        """Stamps came back after the prize was used: it fills up without another."""
        return self.is_paid and not self.is_full


@dataclass(slots=True)
class StampPage:
    """The member's cards: those that are open to them, and those that are full."""

    current: list[ShownCard]
    waiting: list[ShownCard]
    full: list[ShownCard]


def _get_versions() -> QuerySet:
    return ChallengeVersion.objects.select_related("challenge", "prize_reward", "prize_wheel")


def list_live_versions(now: dt.datetime) -> list[ChallengeVersion]:
    """The version that judges now, of each challenge that runs; by place."""
    newest = (
        ChallengeVersion.objects.filter(challenge=OuterRef("challenge"), starts_at__lte=now)
        .order_by("-number")
        .values("pk")[:1]
    )
    rows = _get_versions().filter(
        Q(challenge__ended_at__isnull=True) | Q(challenge__ended_at__gt=now),
        Q(ends_at__isnull=True) | Q(ends_at__gt=now),
        pk=Subquery(newest),
    )
    return list(
        rows.prefetch_related("gates").order_by("challenge__position", "challenge__pk")
    )  # fmt: skip


def get_stamp_page(member: Member, *, now: dt.datetime) -> StampPage:
    """All cards of a member, in a number of queries that doesn't grow with them."""
    rows = list(
        StampCard.objects.filter(book__member=member, book__merged_into=None)
        .select_related("version__challenge", "version__prize_reward", "version__prize_wheel")
        .order_by("round")
    )
    entitlements = _find_entitlements(member, [row.pk for row in rows if row.is_paid])
    stamps = _list_stamps(member)
    today = day_of(now, get_club().zone)
    shown: dict[int, list[ShownCard]] = defaultdict(list)
    for row in rows:
        one = _show(row, entitlements.get(row.pk), today)
        shown[row.version.challenge_id].append(one)
    live = _list_open(member, now)
    current = []
    for version in live:
        card = _find_current(version, shown.get(version.challenge_id, []))
        if card is not None:
            card.conditions = list_conditions(version)
            card.stamps = stamps.get(version.challenge_id, [])[:12]
            card.fresh = _count_fresh(card, now)
            current.append(card)
    open_ids = {version.challenge_id for version in live}
    for challenge_id, mine in shown.items():
        if challenge_id not in open_ids:  # begun, and not to be gone on with for now
            current += [each for each in mine if not each.is_full and each.count]
    full = [each for mine in shown.values() for each in mine if each.is_full]
    full.sort(key=lambda each: each.filled_at or now, reverse=True)
    return StampPage(current, [each for each in full if each.entitlement], full[:SHOWN_FULL])


def get_counter_cards(member: Member, *, now: dt.datetime) -> dict[str, list[ShownCard]] | None:
    """For the counter: the cards that were begun, and the prizes that wait; None without any."""
    if not StampBook.objects.filter(member=member, merged_into=None).exists():
        return None
    page = get_stamp_page(member, now=now)
    begun = [card for card in page.current if card.count]
    return {"cards": begun, "waiting": page.waiting} if begun or page.waiting else None


def _find_current(version: ChallengeVersion, mine: list[ShownCard]) -> ShownCard | None:
    """The card that is being filled, or the next one, still empty."""
    begun = next((each for each in mine if not each.is_full and each.count), None)
    if begun is not None or not _may_begin(version, mine):
        return begun
    empty = [each for each in mine if not each.is_full]
    number = empty[0].round if empty else len(mine) + 1
    return ShownCard(version.challenge, version, 0, version.target, number)


def _show(card: StampCard, entitlement: Entitlement | None, today: dt.date) -> ShownCard:
    is_open = entitlement is not None and entitlement.is_usable(today)
    return ShownCard(
        card.version.challenge,
        card.version,
        card.stamp_count,
        card.target,
        card.round,
        filled_at=card.filled_at,
        is_paid=card.is_paid,
        entitlement=entitlement if is_open else None,
        is_used=entitlement is not None and not is_open,
    )


def _may_begin(version: ChallengeVersion, mine: list[ShownCard]) -> bool:
    begun = [each for each in mine if each.count or each.is_paid]
    return version.round_limit is None or len(begun) < version.round_limit


def _find_entitlements(member: Member, card_ids: list[int]) -> dict[int, Entitlement]:
    rows = Entitlement.objects.filter(member=member, cause_type=CARD_CAUSE, cause_id__in=card_ids)
    return {row.cause_id: row for row in rows.for_list().order_by("pk")}


def _list_stamps(member: Member) -> dict[int, list[Stamp]]:
    """The last stamps by challenge, newest first."""
    rows = (
        Stamp.objects.filter(
            Q(book__member=member) | Q(book__merged_into__member=member), reverses=None
        )
        .select_related("grant")
        .annotate(challenge_id=F("book__challenge"))
        .order_by("-effective_at", "-pk")[:60]
    )
    found: dict[int, list[Stamp]] = defaultdict(list)
    for row in rows:
        found[row.challenge_id].append(row)
    return found


def _count_fresh(card: ShownCard, now: dt.datetime) -> int:
    fresh = sum(
        stamp.amount
        for stamp in card.stamps
        if now - stamp.recorded_at < FRESH and now - stamp.effective_at < NEWS
    )
    return max(min(fresh if not card.is_sum else int(fresh > 0), card.stamped), 0)


def _list_open(member: Member, now: dt.datetime) -> list[ChallengeVersion]:
    """Live versions whose gates let the member pass."""
    versions = list_live_versions(now)
    wanted = {gate.audience_id for version in versions for gate in version.gates.all()}
    mine = set(
        AudienceMember.objects.filter(member=member, audience_id__in=wanted).values_list(
            "audience_id", flat=True
        )
    )
    return [version for version in versions if _is_open(mine, version, now)]


def _is_open(mine: set[int], version: ChallengeVersion, now: dt.datetime) -> bool:
    try:
        judge_gates(mine, version.gates.all(), now=now)
    except GateClosed:
        return False
    return True


@dataclass(frozen=True, slots=True)
class CardWay:
    """A stamp card among the ways to earn: its words, then what fills it and what it gives."""

    name: str
    description: str
    gift: str
    conditions: Sequence[str] = ()


def list_card_ways(now: dt.datetime) -> list[CardWay]:
    """The cards that whoever joins could begin now."""
    versions = list_live_versions(now)
    if not versions:
        return []
    everyone = Audience.objects.filter(kind=AudienceKind.EVERYONE)
    ids = set(everyone.values_list("pk", flat=True))
    return [
        CardWay(
            version.challenge.name_i18n,
            version.challenge.description_i18n,
            _("%(left)s, then: %(prize)s")
            % {"left": describe_target(version), "prize": describe_gift(version)},
        )
        for version in versions
        if _is_open(ids, version, now)
    ]


HAS_BOOK = "SELECT FROM rewards_stampbook WHERE member_id = %(member)s AND merged_into_id IS NULL"
# One statement, and nothing more where no card was begun.
_BEGUN = """
    SELECT card.version_id, card.stamp_count, card.target, card.round, card.is_paid,
           (SELECT max(s.recorded_at) FROM rewards_stamp s
            WHERE s.book_id = b.id AND s.reverses_id IS NULL AND s.recorded_at > %s
              AND s.effective_at > %s)
    FROM rewards_stampbook b
    JOIN rewards_challenge c ON c.id = b.challenge_id
    JOIN rewards_stampcard card ON card.book_id = b.id
    WHERE b.member_id = %s AND b.merged_into_id IS NULL
      AND (c.ended_at IS NULL OR c.ended_at > %s)
      AND card.stamp_count > 0 AND card.stamp_count < card.target
    ORDER BY card.stamp_count::float8 / card.target DESC, card.id LIMIT %s
"""


def list_begun(member: Member, *, now: dt.datetime, limit: int) -> list[ShownCard]:
    """Cards that are being filled, the fullest first."""
    (rows,) = read_together([(_BEGUN, [now - FRESH, now - NEWS, member.pk, now, limit])])
    if not rows:
        return []
    versions = {row.pk: row for row in _get_versions().filter(pk__in=[row[0] for row in rows])}
    return [
        ShownCard(
            versions[version_id].challenge, versions[version_id], count, target, number,
            fresh=1 if fresh_at else 0, is_paid=is_paid,
        )
        for version_id, count, target, number, is_paid, fresh_at in rows
    ]  # fmt: skip


def get_challenge_name(challenge_id: int) -> str:
    """As notices name it."""
    challenge = Challenge.objects.filter(pk=challenge_id).first()
    return challenge.name_i18n if challenge else _("a stamp card")


# --- Staff --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChallengeFigures:
    """What became of a challenge: members with a card, cards full, prizes given and used."""

    member_count: int
    begun_count: int
    full_count: int
    prize_count: int
    used_count: int
    last_at: dt.datetime | None


def count_figures(challenge: Challenge) -> ChallengeFigures:
    cards = StampCard.objects.filter(book__challenge=challenge)
    sums: dict[str, Any] = cards.aggregate(
        members=Count("book", distinct=True, filter=Q(stamp_count__gt=0)),
        begun=Count("pk", filter=Q(stamp_count__gt=0)),
        full=Count("pk", filter=Q(filled_at__isnull=False)),
        prizes=Count("pk", filter=Q(is_paid=True)),
        last=Max("filled_at"),
    )
    used = Entitlement.objects.filter(
        cause_type=CARD_CAUSE, cause_id__in=cards.values("pk"), redemption__isnull=False
    ).count()
    return ChallengeFigures(
        sums["members"], sums["begun"], sums["full"], sums["prizes"], used, sums["last"]
    )
