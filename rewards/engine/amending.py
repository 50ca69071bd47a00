"""An order that its shop changed: the earlier award taken back, the new one given, under the
rules of the first one (docs/points.md 18).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.time import day_of, start_of
from rewards.engine.book import AVAILABLE, PENDING, Book, LotState
from rewards.engine.earning import AwardDraft, build_lines, evaluate
from rewards.engine.limits import Usage
from rewards.engine.returning import (
    AwardState,
    ReversalDraft,
    ToDate,
    count_shares,
    undo,
)
from rewards.engine.settling import expire, expiry_of, settle, start_sliding
from rewards.engine.terms import Rule, Terms
from rewards.engine.tiers import review_up
from rewards.enums import AccountKind, MoveKind, Reason, Unit


@dataclass(slots=True, frozen=True)
class Past:
    """What the first award knew: which rule versions were published, and whether the member had
    bought before. (The audiences of that time stand in the book.)
    """

    published_ids: frozenset[int]
    has_purchased: bool


@dataclass(slots=True)
class _Amendment:
    """One amendment on its way through a book."""

    book: Book
    facts: Any  # purchases.facts.AmendmentFacts
    awards: list[AwardState]
    terms: Terms
    usage: Usage
    is_late: bool
    lapsed_rule_ids: frozenset[int]

    @property
    def at(self) -> dt.datetime:
        return self.facts.effective_at


def amend(
    book: Book, facts: Any, awards: list[AwardState], past: Past,
    returns: Iterable[tuple[Any, ToDate]], terms: Terms, usage: Usage,
    today: dt.date | None = None,
) -> list[AwardDraft]:  # fmt: skip
    """Reverse what earlier versions gave and left, award the new one, count its returns again.

    ``facts`` is a ``purchases.facts.AmendmentFacts``, ``awards`` are those of all versions;
    ``returns`` are what came back so far, oldest first, with what had come back to date by the
    lines of the new version. What the member spent of the earlier award is drawn from the new
    one first, so that other points and debts stay as they are where the new one suffices.
    """
    day = day_of(facts.effective_at, terms.zone)
    is_late = book.is_late(day)
    settle(book, min(day, today or day), terms)
    lapsed = frozenset(award.rule.rule_id for award in awards if award.has_lapsed)
    one = _Amendment(book, facts, awards, terms, usage, is_late, lapsed)
    for award in awards:
        _free_budget(award, usage)
    drafts = _judge(one, past) if facts.purchase is not None else []
    _reverse(one, Unit.STATUS, ())
    opened = [(draft, _open(one, draft)) for draft in drafts if draft.awarded]
    own = [lot for _draft, lot in opened if lot.unit == Unit.POINTS and lot.available]
    _reverse(one, Unit.POINTS, own)
    _return_again(one, drafts, {id(draft): lot for draft, lot in opened}, returns)
    for draft, lot in opened:
        _let_go(one, draft, lot)
    counted = {lot.counts_on for _draft, lot in opened if lot.unit == Unit.STATUS}
    if counted:
        review_up(book, day, terms, counted, one.at)
    return drafts


# --- Judging as then ----------------------------------------------------------------------------


def _free_budget(award: AwardState, usage: Usage) -> None:
    if award.rule.budget_points is not None:
        spent = usage.spent.get(award.rule.rule_id, 0)
        usage.spent[award.rule.rule_id] = spent - sum(award.left)


def _judge(one: _Amendment, past: Past) -> list[AwardDraft]:
    """The awards of the new version, by the rules and the tier of the purchase's own day."""
    book, purchase, terms = one.book, one.facts.purchase, one.terms
    day = day_of(purchase.effective_at, terms.zone)
    programme = terms.programme_on(day)
    level = programme.level_of(book.tier_at(start_of(day, terms.zone)))
    lines = build_lines(purchase, tax_included=programme.tax_included)
    applied = frozenset[int]().union(*(award.applied for award in one.awards))
    rules = _rules_of_then(terms.rules, purchase.effective_at, past.published_ids, applied)
    book.has_purchased = past.has_purchased
    drafts = evaluate(book, purchase, day, level, lines, rules, one.usage)
    if not book.has_purchased:
        book.has_purchased = book.standing_dirty = True
    for draft in drafts:
        book.awards.append(draft)
        one.usage.add(draft.rule, book.member_id, day, draft.awarded)
    return drafts


def _rules_of_then(
    rules: Sequence[Rule], moment: dt.datetime, published_ids: Collection[int],
    applied: Collection[int],
) -> list[Rule]:  # fmt: skip
    """Versions that were in force and known when the purchase first came in.

    One that gave something then asks nothing again of who the member was: audience, birthday
    and first time were as they were.
    """
    found = []
    for rule in rules:
        if rule.id in applied:
            rule = replace(rule, audience_ids=frozenset(), in_birthday_month=False, first_time="")
        elif not (
            rule.id in published_ids
            and rule.starts_at <= moment
            and (rule.ends_at is None or moment < rule.ends_at)
        ):
            continue
        found.append(rule)
    return found


# --- Taking back and giving ---------------------------------------------------------------------


def _reverse(one: _Amendment, unit: str, first: Sequence[LotState]) -> None:
    for award in one.awards:
        left = award.left
        if award.rule.unit != unit or not any(left):
            continue
        draft = ReversalDraft(award, None, one.at, sum(left), left, version_id=one.facts.id)
        undo(
            one.book, draft, one.terms, reason=Reason.AMEND, key="amend", is_late=one.is_late,
            first=first,
        )  # fmt: skip


def _find_former(one: _Amendment, draft: AwardDraft) -> LotState | None:
    """The lot that the same rule opened for an earlier version, the newest one."""
    for award in reversed(one.awards):
        if award.rule.rule_id == draft.rule.rule_id and award.lot is not None:
            return award.lot
    return None


def _open(one: _Amendment, draft: AwardDraft) -> LotState:
    """A lot with the days of the one that it stands for; other rules' take the purchase's own."""
    book, terms, purchase = one.book, one.terms, one.facts.purchase
    day = day_of(purchase.effective_at, terms.zone)
    former = _find_former(one, draft)
    release_on = day + dt.timedelta(days=purchase.return_window_days)
    if former is not None and former.release_on is not None:
        release_on = former.release_on
    is_released = book.settled_on is not None and release_on <= book.settled_on
    lot = LotState(
        unit=draft.rule.unit,
        award=draft,
        opened_at=purchase.effective_at,
        original=draft.awarded,
        release_on=release_on,
        expires_after_days=draft.rule.expires_after_days,
        counts_on=day if draft.rule.unit == Unit.STATUS else None,
    )
    if is_released and lot.unit == Unit.POINTS:
        lot.expires_on = (
            former.expires_on if former is not None else expiry_of(lot, release_on, terms)
        )
        if not _has_lapsed(one, draft, lot):
            start_sliding(book, day_of(one.at, terms.zone), terms)
    book.open_lot(
        lot, AccountKind.ISSUED, "available" if is_released else "pending", reason=Reason.EARN,
        at=one.at, key="earn:award", about=draft, is_late=one.is_late,
    )  # fmt: skip
    return lot


def _return_again(
    one: _Amendment, drafts: list[AwardDraft], lots: dict[int, LotState],
    returns: Iterable[tuple[Any, ToDate]],
) -> None:  # fmt: skip
    """What came back before the amendment counts against the new awards, line by line."""
    states = [
        AwardState(
            source=draft,
            rule=draft.rule,
            effective_on=day_of(draft.effective_at, one.terms.zone),
            positions=draft.positions,
            allocations=draft.allocations,
            taken=[0] * len(draft.positions),
            lot=lots.get(id(draft)),
        )
        for draft in drafts
    ]
    for returned, to_date in returns:
        for award in states:
            shares = count_shares(award, to_date)
            total = sum(shares)
            if not total:
                continue
            draft = ReversalDraft(award, returned.id, one.at, total, shares)
            undo(
                one.book, draft, one.terms, reason=Reason.RETURN, key="return",
                is_late=one.is_late,
            )  # fmt: skip
            one.usage.give_back(award.rule, one.book.member_id, award.effective_on, total)


def _has_lapsed(one: _Amendment, draft: AwardDraft, lot: LotState) -> bool:
    """Whether the time of these points is over: by their last day, or as the old ones' was."""
    settled_on = one.book.settled_on
    if lot.expires_on is not None and settled_on is not None and lot.expires_on < settled_on:
        return True
    return draft.rule.rule_id in one.lapsed_rule_ids


def _let_go(one: _Amendment, draft: AwardDraft, lot: LotState) -> None:
    """New points lapse where the old ones had lapsed, or with the membership that ended."""
    book = one.book
    if lot.unit != Unit.POINTS:
        return
    if not book.is_active:
        for place, account in (("pending", PENDING), ("available", AVAILABLE)):
            amount = getattr(lot, place)
            if amount:
                moved = book.transfer(
                    account, AccountKind.FORFEITED, amount, Reason.FORFEIT, at=one.at,
                    key=f"forfeit:{place}:amended:lot", about=lot, award=draft,
                )  # fmt: skip
                book.move(lot, moved, MoveKind.FORFEITED, amount, place, "")
    elif lot.available and _has_lapsed(one, draft, lot):
        key = "" if lot.expires_on is not None else "expire:amended:lot"
        expire(book, lot, one.at, key=key)
