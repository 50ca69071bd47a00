"""Surprise gifts: written down, looked at with what they cost at most, confirmed, opened.

A surprise is an act for many (``services.bulk``): the list of members that confirming writes down
is what a second person approves and what the workers go through. Nobody is told what it holds
until they open it.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.errors import DomainError
from core.services.audit import record_audit
from members.models import Audience, Notice, User
from members.services.conduct import list_own_member_ids
from members.services.notices import NoticeRow, add_notices
from rewards import limits
from rewards.enums import BulkKind, BulkState, Measure, PrizeKind, RewardKind, SurprisePick
from rewards.models import BulkAct, Surprise, SurpriseGift
from rewards.registry import ActKind, ActWords
from rewards.selectors.prizes import describe_gift
from rewards.selectors.surprises import CAUSE
from rewards.selectors.wording import format_count
from rewards.services.approvals import ask_approval
from rewards.services.bulk import (
    NobodyMeant,
    drop_bulk,
    find_head_excess,
    leave_out_own,
    open_bulk,
    start_bulk,
)
from rewards.services.control import Excess, find_excess, lock_act, record_act
from rewards.services.prizes import Prize
from rewards.services.surprise_giving import take_stock

NOTICE = "surprise_opened"
# Who can get one: active members of the audience who have a login, since nobody else could open
# it; not who asks, nor their household.
POOL = """
    SELECT m.id AS member_id, m.number FROM members_audiencemember r
    JOIN members_member m ON m.id = r.member_id AND m.status = 'active' AND m.user_id IS NOT NULL
    WHERE r.audience_id = %(audience)s AND r.member_id <> ALL(%(own)s)
"""
# The lot: those come first whose SHA-256 of "seed:membership number" is lowest.
_SNAPSHOT = f"""
    INSERT INTO rewards_bulkactmember (act_id, member_id)
    SELECT %(act)s, member_id FROM ({POOL}) AS pool
    ORDER BY sha256(convert_to(%(seed)s || ':' || number, 'UTF8')), member_id
    LIMIT %(count)s
"""
_CODES = {
    Measure.POINTS: "gift_points",
    Measure.MONEY: "gift_money",
    Measure.SPINS: "gift_spins",
}
_PRIZES = {
    Measure.POINTS: [PrizeKind.POINTS],
    Measure.MONEY: [PrizeKind.CREDIT, PrizeKind.REWARD],
    Measure.SPINS: [PrizeKind.SPINS],
}
_NOT_BY_RIGHT = (RewardKind.DONATION,)


class InvalidSurprise(DomainError):
    code = "invalid_surprise"
    message = gettext_lazy(
        "Say what is in it, for whom, within which budget, and in which words: a title and a"
        " message."
    )


class NotToGive(DomainError):
    code = "not_to_give"
    message = gettext_lazy(
        "Only a published reward that a member can take without points can be given."
    )


class CostUnknown(DomainError):
    code = "cost_unknown"
    message = gettext_lazy(
        "The catalogue doesn't say what this reward costs the club or is worth: enter that first."
    )


class OverBudget(DomainError):
    code = "over_budget"
    message = gettext_lazy("This would cost more than its budget.")


class StockShort(DomainError):
    code = "stock_short"
    status = 409
    message = gettext_lazy("There are fewer of this reward in stock than presents.")


# --- Draft ---------------------------------------------------------------------------------------


@transaction.atomic
def draft_surprise(
    audience: Audience, *, title: str, message: str, prize: Prize, pick: str, budget: int,
    draw_count: int | None = None, note: str = "", i18n: dict[str, str] | None = None,
    by: User, now: dt.datetime,
) -> Surprise:  # fmt: skip
    """Write a surprise down, to be looked at; nothing happens yet.

    ``i18n`` holds title and message in other languages (``title_ja``, ``message_ja``). Raises
    InvalidSurprise, NotToGive, CostUnknown.
    """
    act = BulkAct(kind=BulkKind.GIFT, asked_by=by, created_at=now)
    surprise = Surprise(act=act)
    _set_terms(surprise, audience, title, message, prize, pick, budget, draw_count, note, i18n)
    act.save()
    surprise.act = act
    surprise.save(force_insert=True)
    record_audit("surprise.drafted", surprise, by=by, now=now, changes=_list_facts(surprise))
    return surprise


@transaction.atomic
def change_surprise(
    surprise: Surprise, audience: Audience, *, title: str, message: str, prize: Prize, pick: str,
    budget: int, draw_count: int | None = None, note: str = "", i18n: dict[str, str] | None = None,
    by: User, now: dt.datetime,
) -> Surprise:  # fmt: skip
    """Change a draft. Raises as ``draft_surprise``, BulkNotDraft."""
    surprise = _open(surprise)
    _set_terms(surprise, audience, title, message, prize, pick, budget, draw_count, note, i18n)
    surprise.act.asked_by = by
    surprise.act.save()
    surprise.save()
    record_audit("surprise.changed", surprise, by=by, now=now, changes=_list_facts(surprise))
    return surprise


def _set_terms(
    surprise: Surprise, audience: Audience, title: str, message: str, prize: Prize, pick: str,
    budget: int, draw_count: int | None, note: str, i18n: dict[str, str] | None,
) -> None:  # fmt: skip
    words = {"title": {}, "message": {}}  # type: dict[str, dict[str, str]]
    for key, text in (i18n or {}).items():
        field, _underscore, language = key.partition("_")
        words[field][language] = text
    act = surprise.act
    act.audience, act.note = audience, note.strip()
    act.public_reason = title.strip()
    act.i18n = {f"public_reason_{key}": text for key, text in words["title"].items()} or None
    surprise.message = message.strip()
    surprise.i18n = {f"message_{key}": text for key, text in words["message"].items()} or None
    surprise.prize_kind, surprise.prize_reward_id = prize.kind, prize.reward_id
    surprise.prize_points, surprise.prize_amount = prize.points, prize.amount
    surprise.prize_spin_count, surprise.prize_wheel_id = prize.spin_count, prize.wheel_id
    surprise.prize_days = prize.days
    surprise.pick, surprise.budget = pick, budget
    surprise.draw_count = draw_count if pick == SurprisePick.RANDOM else None
    _check_terms(surprise)
    surprise.worth = count_worth(surprise)


def _check_terms(surprise: Surprise) -> None:
    is_drawn = surprise.pick == SurprisePick.RANDOM
    holds = {
        PrizeKind.POINTS: surprise.prize_points,
        PrizeKind.CREDIT: surprise.prize_amount,
        PrizeKind.REWARD: surprise.prize_reward_id,
        PrizeKind.SPINS: surprise.prize_spin_count and surprise.prize_wheel_id,
    }
    whole = (
        surprise.act.public_reason
        and surprise.message
        and holds.get(PrizeKind(surprise.prize_kind))
        and surprise.pick in SurprisePick.values
        and (not is_drawn or (surprise.draw_count or 0) > 0)
        and surprise.budget > 0
    )
    if not whole:
        raise InvalidSurprise
    reward = surprise.prize_reward
    if reward is not None and (not reward.is_published or reward.kind in _NOT_BY_RIGHT):
        raise NotToGive


def count_worth(surprise: Surprise) -> int:
    """What one present costs at most: points, minor units of money, or spins.

    A reward costs what the catalogue says it costs the club, or else what it is worth. Raises
    CostUnknown where it says neither.
    """
    match surprise.prize_kind:
        case PrizeKind.POINTS:
            return surprise.prize_points
        case PrizeKind.CREDIT:
            return surprise.prize_amount
        case PrizeKind.SPINS:
            return surprise.prize_spin_count
    reward = surprise.prize_reward
    worth = (reward.cost_amount or reward.value_amount or reward.price_amount) if reward else 0
    if not worth:
        raise CostUnknown
    return worth


def _list_facts(surprise: Surprise) -> dict[str, Any]:
    return {
        "audience": surprise.act.audience_id,
        "prize": surprise.prize_kind,
        "reward": surprise.prize_reward_id,
        "wheel": surprise.prize_wheel_id,
        "each": surprise.worth,
        "pick": surprise.pick,
        "draw": surprise.draw_count,
        "budget": surprise.budget,
    }


# --- Confirm -------------------------------------------------------------------------------------


@transaction.atomic
def confirm_surprise(surprise: Surprise, *, by: User, now: dt.datetime) -> Surprise:
    """Write down who gets one, set the stock aside, and let it run, or wait for a second person.

    Where members are drawn, the seed comes from ``secrets`` now and is kept. Raises BulkNotDraft,
    NobodyMeant, OverBudget, StockShort, and as ``draft_surprise``.
    """
    lock_act(None, by=by)
    surprise = _open(surprise)
    act = surprise.act
    _check_terms(surprise)
    surprise.worth = count_worth(surprise)
    if surprise.pick == SurprisePick.RANDOM:
        surprise.draw_seed = secrets.token_hex(16)
    act.member_count, surprise.pool_count = _write_down(surprise, by)
    if not act.member_count:
        raise NobodyMeant
    amount = surprise.planned_worth = surprise.worth * act.member_count
    if amount > surprise.budget:
        raise OverBudget
    _set_stock_aside(surprise)
    act.asked_by, act.confirmed_at = by, now
    act.planned_points = surprise.prize_points * act.member_count
    act.save()
    surprise.save()
    code = get_gift_code(surprise)
    excess = find_surprise_excess(surprise, amount, by=by, now=now)
    if excess:
        act.approval = ask_approval(
            code, act.pk, amount, member=None, excess=excess, by=by, now=now
        )
        act.state = BulkState.WAITING
        act.save()
        return surprise
    record_act(code, amount, member=None, by=by, now=now, payload_id=act.pk)
    start_bulk(act, _list_facts(surprise), by, now)
    return surprise


def get_gift_code(surprise: Surprise) -> str:
    """The kind of act that limits and approvals know: one for each measure."""
    return _CODES[Measure(surprise.measure)]


def find_surprise_excess(
    surprise: Surprise, amount: int, *, by: User, now: dt.datetime
) -> list[Excess]:
    """The limits that it is above; once confirmed, also those of what one head gets in a day."""
    code = get_gift_code(surprise)
    excess = find_excess(code, amount, member=None, by=by, now=now)
    if surprise.act.confirmed_at is None:
        return excess
    kinds = _PRIZES[Measure(surprise.measure)]
    return excess + find_head_excess(surprise.act, code, surprise.worth, kinds, by=by, now=now)


def _write_down(surprise: Surprise, by: User) -> tuple[int, int]:
    """Rows for whoever gets one; how many those are, and how many could have."""
    values = {
        "act": surprise.pk,
        "audience": surprise.act.audience_id,
        "own": list(list_own_member_ids(by)),
        "seed": surprise.draw_seed,
        "count": surprise.draw_count,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, values)
        meant = cursor.rowcount
        cursor.execute(f"SELECT count(*) FROM ({POOL}) AS pool", values)
        return meant, cursor.fetchone()[0]


def _set_stock_aside(surprise: Surprise) -> None:
    if surprise.prize_reward_id is None:
        return
    held = take_stock(surprise.prize_reward_id, surprise.act.member_count)
    if held is None:
        raise StockShort
    surprise.stock_held = held


def _open(surprise: Surprise) -> Surprise:
    """A draft under its act's lock."""
    act = open_bulk(surprise.act, BulkState.DRAFT)
    surprise = Surprise.objects.select_related("prize_reward", "prize_wheel").get(pk=act.pk)
    surprise.act = act
    return surprise


# --- Opening -------------------------------------------------------------------------------------


@transaction.atomic
def open_gift(gift: SurpriseGift, *, by: User, now: dt.datetime) -> bool:
    """Unwrap a present; whether it was this press that did it. What is in it was the member's
    already.
    """
    wrapped = SurpriseGift.objects.filter(pk=gift.pk).wrapped()
    if not wrapped.update(opened_at=max(now, gift.given_at)):
        return False
    gift.refresh_from_db()
    key = f"{CAUSE}:{gift.surprise_id}"
    row = NoticeRow(gift.member_id, NOTICE, now, key, {"gift": gift.pk, "act": gift.surprise_id})
    add_notices([row], now=now)
    # It is kept among the news to be found again; the member has just read it.
    Notice.objects.filter(member=gift.member_id, key=key).update(read_at=now)
    record_audit("surprise.opened", gift, by=by, now=now, changes={"surprise": gift.surprise_id})
    return True


# --- Waiting for a second person -----------------------------------------------------------------


def _execute(act_id: int, by: User, now: dt.datetime) -> None:
    act = BulkAct.objects.select_for_update(of=("self",)).get(pk=act_id)
    surprise = Surprise.objects.select_related("prize_reward").get(pk=act_id)
    surprise.act = act
    _check_terms(surprise)
    leave_out_own(act, by)
    start_bulk(act, _list_facts(surprise), by, now)


def _describe(act_ids: Sequence[int]) -> dict[int, ActWords]:
    surprises = Surprise.objects.for_list().filter(pk__in=act_ids)
    return {
        each.pk: ActWords(
            title=describe_surprise(each),
            reason=each.act.public_reason,
            note=each.act.note,
            url=each.get_absolute_url(),
            liability_points=each.act.planned_points,
        )
        for each in surprises
    }


def describe_surprise(surprise: Surprise) -> str:
    """ "Tote bag for each of 12 members of “Gold”"."""
    count = surprise.act.member_count
    members = ngettext("%(count)s member", "%(count)s members", count)
    shown = {
        "points": describe_gift(surprise),
        "members": members % {"count": format_count(count)},
        "audience": surprise.act.audience,
    }
    return _("%(points)s for each of %(members)s of “%(audience)s”") % shown


KINDS = [
    ActKind(code, label, measure, first, execute=_execute, drop=drop_bulk, describe=_describe)
    for code, label, measure, first in (
        ("gift_points", gettext_lazy("surprises: points"), Measure.POINTS, limits.GIFT_POINTS),
        (
            "gift_money",
            gettext_lazy("surprises: rewards and store credit"),
            Measure.MONEY,
            limits.GIFT_MONEY,
        ),
        ("gift_spins", gettext_lazy("surprises: free spins"), Measure.SPINS, limits.GIFT_SPINS),
    )
]
