"""What a step gives: once per way and step, within the automation's budget."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from campaigns.enums import JourneyReason
from campaigns.models import Automation, Journey, Step
from core.bulk import RowWriter
from members.models import Activity
from rewards.enums import PrizeKind, SpinSource
from rewards.models import Entitlement, Reward, WheelVersion
from rewards.services.ledger import write_ledger
from rewards.services.prizes import Prize, Won, add_prizes
from rewards.services.settlement import open_settled_ledger

CAUSE = "journey"
VIEW = "view"


def give(step: Step, journeys: Sequence[Journey], *, now: dt.datetime) -> dict[int, str]:
    """Give what the step says to each of these ways; returns why not, by way, for the others.

    In the caller's transaction, which writes that the step was done: so it is given once. The
    facts of a way then say what was given, for the words that follow. Raises NoProgramme.
    """
    refused: dict[int, str] = {}
    prizes: list[tuple[Journey, Prize]] = []
    automation = Automation.objects.select_for_update(no_key=True).get(pk=journeys[0].automation_id)
    left = (
        len(journeys)
        if automation.budget_count is None
        else max(automation.budget_count - automation.given_count, 0)
    )
    choose = _build_chooser(step.terms, journeys, now)
    for journey in sorted(journeys, key=lambda each: each.pk):
        prize = choose(journey)
        if prize is None:
            refused[journey.pk] = JourneyReason.GONE
        elif len(prizes) >= left:
            refused[journey.pk] = JourneyReason.BUDGET
        else:
            prizes.append((journey, prize))
    if prizes:
        _hand_out(step, prizes, now)
        automation.given_count += len(prizes)
        automation.save(update_fields=["given_count"])
    return refused


def _build_chooser(terms: dict[str, Any], journeys: Sequence[Journey], now: dt.datetime):
    """Which prize a way gets; None where it is not to be had."""
    days = terms.get("days")
    if terms["prize"] == PrizeKind.POINTS:
        return lambda journey: Prize(PrizeKind.POINTS, points=terms["points"], days=days)
    if terms["prize"] == PrizeKind.SPINS:
        turning = WheelVersion.objects.in_force(now).filter(wheel=terms["wheel"]).exists()
        prize = Prize(
            PrizeKind.SPINS, spin_count=terms["spins"], wheel_id=terms["wheel"], days=days
        )
        return lambda journey: prize if turning else None
    looked = _rank_views(journeys, terms, now) if terms.get("viewed") else {}
    own = terms.get("reward")
    wanted = {pk for ranked in looked.values() for pk in ranked} | ({own} if own else set())
    prices = dict(
        Reward.objects.published()
        .filter(pk__in=wanted)
        .exclude(stock_left=0)
        .values_list("pk", "price_points")
    )

    def choose(journey: Journey) -> Prize | None:
        most = terms.get("most_points", 0)
        found = next(
            (pk for pk in looked.get(journey.member_id, ()) if pk in prices and prices[pk] <= most),
            own if own in prices else None,
        )
        return Prize(PrizeKind.REWARD, reward_id=found, days=days) if found else None

    return choose


def _rank_views(
    journeys: Sequence[Journey], terms: dict[str, Any], now: dt.datetime
) -> dict[int, list[int]]:
    """The rewards each member looked at in the week before, most often and latest first."""
    seen: dict[int, Counter] = defaultdict(Counter)
    last: dict[tuple[int, int | None], dt.datetime] = {}
    rows = Activity.objects.filter(
        member__in=[each.member_id for each in journeys],
        kind=VIEW,
        subject_type="rewards.reward",
        subject_id__isnull=False,
        effective_at__gt=now - dt.timedelta(days=7),
    )
    for member, reward, at in rows.values_list("member_id", "subject_id", "effective_at"):
        seen[member][reward] += 1
        last[member, reward] = max(at, last.get((member, reward), at))
    return {
        member: sorted(counts, key=lambda pk: (counts[pk], last[member, pk]), reverse=True)
        for member, counts in seen.items()
    }


def _hand_out(step: Step, prizes: Sequence[tuple[Journey, Prize]], now: dt.datetime) -> None:
    ledger = open_settled_ledger(sorted({j.member_id for j, _prize in prizes}), now=now)
    writer = RowWriter()
    won = [
        Won(journey.member_id, prize, (CAUSE, journey.pk), f"{CAUSE}:{journey.pk}:{step.key}")
        for journey, prize in prizes
    ]
    add_prizes(ledger, writer, won, source=SpinSource.RULE, now=now)
    write_ledger(ledger, now=now, writer=writer)
    writer.flush()
    given = dict(
        Entitlement.objects.filter(key__in=[each.key for each in won]).values_list("key", "pk")
    )
    for (journey, prize), each in zip(prizes, won, strict=True):
        facts = {"points": prize.points} if prize.points else {}
        if prize.reward_id:
            facts = {"reward": prize.reward_id, "entitlement": given[each.key]}
        if prize.spin_count:
            facts = {"spins": prize.spin_count}
        journey.facts = {**journey.facts, **facts}
