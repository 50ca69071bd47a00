"""What stands in the way of publishing a version, and what staff should look at before."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.joining import join_comma
from core.money import format_money
from core.time import day_of
from core.words import key_of, list_translations
from members.selectors.club import get_club
from rewards.enums import PrizeKind, RewardKind
from rewards.models import Reward, Slice, WheelDay, WheelVersion
from rewards.services.catalogue.checks import Finding
from rewards.services.wheel.costs import VersionCost, reckon_costs
from rewards.services.wheel.favour import find_start
from rewards.services.wheel.refusals import CannotPublish
from rewards.wheel_law import PrizeLaw, find_prize_law


def check_publishable(version: WheelVersion, *, now: dt.datetime) -> None:
    """Raise CannotPublish with every reason."""
    reasons = [str(each.text) for each in list_findings(version, now=now) if each.is_blocking]
    if reasons:
        raise CannotPublish(reasons=" ".join(reasons))


def list_findings(
    version: WheelVersion, *, cost: VersionCost | None = None, now: dt.datetime
) -> list[Finding]:
    """What can't be published so, then what is odd or good to know."""
    cost = cost or reckon_costs(version, now=now)
    slices = [each.slice for each in cost.slices]
    found = [
        *_check_slices(slices),
        *_check_stock(version, slices, now),
        *_check_terms(version, now),
        *_check_budget(version, cost),
        *_check_law(version, cost),
    ]
    return sorted(found, key=lambda each: not each.is_blocking)


def _check_slices(slices: Sequence[Slice]) -> Iterator[Finding]:
    drawn = [each for each in slices if each.weight]
    if not drawn:
        yield Finding("no_weight", _("The weights sum to zero: nothing could be drawn."))
        return
    if len(drawn) < 2:
        yield Finding("one_slice", _("A wheel needs two slices that can be drawn."))
    for each in slices:
        substitute = getattr(each, "substitute", None)
        if each.stock_count is not None and substitute is None:
            text = _("“%(label)s” runs out (prizes set aside: %(count)s) and has no substitute.")
            yield Finding("no_substitute", text % {"label": each.label, "count": each.stock_count})
        if each.stock_count is None and substitute is not None:
            text = _("“%(label)s” never runs out: its substitute will never be paid.")
            yield Finding("idle_substitute", text % {"label": each.label}, False)
        if not each.weight:
            text = _("“%(label)s” can't be drawn: its weight is zero.")
            yield Finding("never_drawn", text % {"label": each.label}, False)
    if not all(_always_wins(each) for each in drawn):
        text = _("Some spins win nothing. With a small prize instead, every slice wins.")
        yield Finding("some_lose", text, False)


def _always_wins(row: Slice) -> bool:
    substitute = getattr(row, "substitute", None)
    return row.prize_kind != PrizeKind.NOTHING and (
        substitute is None or substitute.prize_kind != PrizeKind.NOTHING
    )


def _check_stock(
    version: WheelVersion, slices: Sequence[Slice], now: dt.datetime
) -> Iterator[Finding]:
    """Every reward that can be won must be there for whoever wins it."""
    promised: Counter[int] = Counter()
    rewards: dict[int, Reward] = {}
    for each in slices:
        reward = each.prize_reward
        if reward is not None:
            rewards[reward.pk] = reward
            promised[reward.pk] += each.stock_count or 0
            if each.stock_count is None and (reward.stock_left is not None or reward.has_pool):
                text = _("“%(reward)s” can run out: say how many are set aside for “%(label)s”.")
                yield Finding("no_count", text % {"reward": reward.name, "label": each.label})
        substitute = getattr(each, "substitute", None)
        spare = substitute and substitute.prize_reward
        if spare is not None:
            rewards[spare.pk] = spare
        if spare is not None and (spare.stock_left is not None or spare.has_pool):
            text = _("“%(reward)s” can run out, so it is no substitute.")
            yield Finding("substitute_runs_out", text % {"reward": spare.name})
    for pk, reward in rewards.items():
        yield from _check_reward(reward, promised[pk], _count_held(version, reward, now), now)


def _check_reward(reward: Reward, promised: int, held: int, now: dt.datetime) -> Iterator[Finding]:
    words: dict[str, Any] = {"reward": reward.name, "count": promised}
    if reward.kind == RewardKind.DONATION:
        yield Finding("not_to_win", _("“%(reward)s” can't be won.") % words)
    if reward.retired_at is not None:
        yield Finding("withdrawn", _("“%(reward)s” was withdrawn from the catalogue.") % words)
    if not reward.cost_amount:
        text = _("“%(reward)s” says nothing of what it costs: the costs here leave it out.")
        yield Finding("no_cost", text % words, False)
    if reward.stock_left is None:
        if reward.has_pool and promised:
            text = _("Count the stock of “%(reward)s” first, so that codes can be set aside.")
            yield Finding("not_counted", text % words)
        return
    there = reward.stock_left + held
    if promised > there:
        text = _("%(count)s × “%(reward)s” are promised, and %(there)s are in the catalogue.")
        yield Finding("stock_too_low", text % {**words, "there": there})
    if reward.has_pool:
        codes = reward.codes.usable(day_of(now, get_club().zone)).count()
        if codes < promised:
            text = _("%(count)s × “%(reward)s” are promised, and its pool holds %(there)s codes.")
            yield Finding("codes_too_low", text % {**words, "there": codes})


def _count_held(version: WheelVersion, reward: Reward, now: dt.datetime) -> int:
    """What the wheel's present version gives back where this one follows it at once."""
    current = WheelVersion.objects.in_force(now).filter(wheel=version.wheel_id).first()
    if current is None or find_start(version, now=now) > now:
        return 0
    rows = current.slices.filter(prize_reward=reward, is_set_aside=True)
    return sum(each.left_count or 0 for each in rows)


def _check_terms(version: WheelVersion, now: dt.datetime) -> Iterator[Finding]:
    if version.ends_at is not None and version.ends_at <= now:
        yield Finding("over", _("Its time is over already."))
    if not version.rules_text.strip():
        yield Finding("no_rules", _("Write the rules down: members must be able to read them."))
    else:
        untold = [
            each for each in list_translations() if not getattr(version, key_of("rules_text", each))
        ]
        if untold:
            text = _("The rules are not written in every language of the club.")
            yield Finding("rules_untold", text, bool(_needs_rules(version)))
    if not version.gates.all():
        yield Finding("no_gate", _("It has no gate: it stays closed to everybody."), False)
    if version.has_price:
        text = _(
            "Spins for points may count as gambling, which many countries forbid or license. "
            "Let a lawyer look at it, and offer a free way to take part."
        )
        yield Finding("price", text, False)
    elif not version.daily_spin_count and not any(
        each.daily_spin_count for each in version.allowances.all()
    ):
        yield Finding("no_spins", _("Only spins that are given can be made."), False)
    if not WheelDay.objects.kept().filter(starts_at__lte=now, ends_at__gt=now).exists():
        yield Finding("no_seed", _("Today has no seed: it turns from tomorrow on."), False)


def _needs_rules(version: WheelVersion) -> bool:
    law = find_prize_law(version.country or get_club().country)
    return law is not None and law.needs_rules


def _get_spare_kind(row: Slice) -> str:
    return row.substitute.prize_kind if hasattr(row, "substitute") else ""


def _check_budget(version: WheelVersion, cost: VersionCost) -> Iterator[Finding]:
    currency = get_club().currency
    if cost.is_endless:
        text = _("It gives a free spin or more for each spin: whoever starts never ends.")
        yield Finding("endless", text)
    if cost.loop:
        text = _(
            "Its spins lead to “%(wheels)s” and from there back to it: what it costs at the most "
            "can't be said."
        )
        words = {"wheels": join_comma(cost.loop)}
        yield Finding("loop", text % words, version.budget_amount is not None)
    if cost.point_value is None and any(
        PrizeKind.POINTS in (each.slice.prize_kind, _get_spare_kind(each.slice))
        for each in cost.slices
    ):
        text = _("No rate says what a point is worth: the costs here leave points out.")
        yield Finding("no_rate", text, False)
    if version.budget_amount is None:
        return
    budget = format_money(version.budget_amount, currency)
    if cost.worst_amount is None and cost.loop:
        return  # said above
    if cost.worst_amount is None:
        text = _(
            "With a budget of %(budget)s, every prize that costs something needs a number, and a "
            "substitute that costs nothing."
        )
        yield Finding("no_ceiling", text % {"budget": budget})
    elif cost.worst_amount > version.budget_amount:
        worst = format_money(cost.worst_amount, currency)
        text = _("At the worst it costs %(worst)s, more than the budget of %(budget)s.")
        yield Finding("over_budget", text % {"worst": worst, "budget": budget})


# --- The law -------------------------------------------------------------------------------------


def _check_law(version: WheelVersion, cost: VersionCost) -> Iterator[Finding]:
    club = get_club()
    country = version.country or club.country
    law = find_prize_law(country)
    if not version.is_law_confirmed:
        text = _("A lawyer has to confirm that it keeps to the law of %(country)s.")
        must = law is not None or version.has_price
        yield Finding("law_unconfirmed", text % {"country": country}, must)
    if law is None:
        text = _("This club knows no caps on prizes for %(country)s: ask a lawyer.")
        yield Finding("law_unknown", text % {"country": country}, False)
    elif law.currency != club.currency:
        text = _("The caps of %(country)s are in %(currency)s: a lawyer has to compare them.")
        words = {"country": country, "currency": law.currency}
        yield Finding("law_currency", text % words, False)
    elif not (law.needs_purchase and not version.purchase_amount):
        yield from _check_caps(version, law, cost)


def _check_caps(version: WheelVersion, law: PrizeLaw, cost: VersionCost) -> Iterator[Finding]:
    words: dict[str, Any]
    caps = [Fraction(each) for each in (law.most_amount,) if each is not None]
    if law.most_times is not None:
        caps.append(Fraction(law.most_times * version.purchase_amount))
    if caps and cost.largest_value > min(caps):
        text = _("The best prize is worth %(value)s; the law of %(country)s allows %(most)s.")
        words = {
            "value": format_money(round(cost.largest_value), law.currency),
            "country": law.country,
            "most": format_money(int(min(caps)), law.currency),
        }
        yield Finding("prize_above_cap", text % words)
    if law.most_percent is None:
        return
    most = version.expected_sales_amount * law.most_percent // 100
    if cost.total_value is None:
        text = _("Number every prize: together they may be %(percent)s%% of the expected sales.")
        yield Finding("total_unknown", text % {"percent": law.most_percent})
    elif cost.total_value > most:
        text = _(
            "All prizes are worth %(value)s; %(percent)s%% of the expected sales are %(most)s."
        )
        words = {
            "value": format_money(cost.total_value, law.currency),
            "percent": law.most_percent,
            "most": format_money(most, law.currency),
        }
        yield Finding("total_above_cap", text % words)
