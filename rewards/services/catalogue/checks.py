"""What a reward must have by its kind, to be kept and to be published."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.errors import DomainError
from core.time import day_of
from members.selectors.club import get_club
from rewards.enums import RewardKind
from rewards.models import Reward


class InvalidReward(DomainError):
    code = "invalid_reward"

    def __init__(self, message: Any, *, field: str = "", **params: Any):
        super().__init__(message, **params)
        self.field = field


class CannotPublish(DomainError):
    code = "cannot_publish"
    message = _("This reward can't be published yet. %(reasons)s")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is missing (``is_blocking``: it can't be published so) or looks odd."""

    code: str
    text: Any
    is_blocking: bool = True


def check_terms(reward: Reward) -> None:
    """Raise InvalidReward where the reward would mean nothing; drafts are held to it too."""
    if reward.kind == RewardKind.CREDIT and not reward.value_amount:
        raise InvalidReward(_("Say how much store credit it gives."), field="value_amount")
    if reward.kind == RewardKind.TIER:
        if reward.tier_id is None:
            raise InvalidReward(_("Name the tier that it gives."), field="tier")
        if not reward.tier_days:
            raise InvalidReward(_("Say for how many days the tier lasts."), field="tier_days")
    if reward.kind == RewardKind.PARTNER and not reward.has_codes and not reward.link:
        raise InvalidReward(_("Without codes it needs a link."), field="link")
    if reward.limit_count is not None and reward.limit_count < 1:
        raise InvalidReward(
            _("A limit is one at least; leave it empty for none."), field="limit_count"
        )
    if reward.hold_minutes < 1:
        raise InvalidReward(_("A reservation lasts a minute at least."), field="hold_minutes")


def check_publishable(reward: Reward, *, now: dt.datetime) -> None:
    """Raise CannotPublish with every reason."""
    reasons = [str(each.text) for each in list_findings(reward, now=now) if each.is_blocking]
    if reasons:
        raise CannotPublish(reasons=" ".join(reasons))


def list_findings(reward: Reward, *, now: dt.datetime) -> list[Finding]:
    """What is missing before the reward is published, then what staff should look at."""
    found = [*_find_missing(reward, now), *_find_odd(reward, now)]
    return sorted(found, key=lambda each: not each.is_blocking)


def _find_missing(reward: Reward, now: dt.datetime) -> Iterator[Finding]:
    if reward.has_sessions and not reward.sessions.upcoming(now).exists():
        yield Finding("no_sessions", _("It needs at least one date to come."))
    if reward.has_pool and not reward.codes.usable(_today(now)).exists():
        yield Finding("no_codes", _("Its pool holds no codes. Upload some."))
    if reward.kind == RewardKind.DONATION:
        yield from _find_missing_gift(reward, now)
    if reward.kind == RewardKind.PARTNER and not reward.partner:
        yield Finding("no_partner", _("Name the partner."))
    if reward.kind == RewardKind.DOWNLOAD and not reward.download:
        yield Finding("no_file", _("Upload the file that members get."))


def _find_missing_gift(reward: Reward, now: dt.datetime) -> Iterator[Finding]:
    """A donation of the catalogue is a gift to an appeal, of a certain size."""
    if reward.appeal is None or not reward.appeal.is_open(now):
        yield Finding("no_appeal", _("Choose an appeal that is open."))
    if not reward.price_points or reward.price_amount:
        yield Finding("not_in_points", _("A donation has a price in points alone."))
    if reward.stock_left is not None or reward.limit_count is not None:
        yield Finding("is_counted", _("A donation has neither stock nor limit."))


def _find_odd(reward: Reward, now: dt.datetime) -> Iterator[Finding]:
    gates = list(reward.gates.all())
    if not gates:
        yield Finding("no_gate", _("It has no gate: it stays closed to everybody."), False)
    elif all(gate.closes_at is not None and gate.closes_at <= now for gate in gates):
        yield Finding("gates_over", _("All of its gates are over."), False)
    if reward.stock_left == 0:
        yield Finding("no_stock", _("Nothing is in stock."), False)
    if not reward.price_points and not reward.price_amount:
        yield Finding("free", _("It costs nothing."), False)
    if not reward.summary:
        yield Finding("no_summary", _("It has no sentence that says what it is."), False)
    if reward.kind in (RewardKind.VOUCHER, RewardKind.POOL) and not reward.how_to_use:
        yield Finding("no_how_to_use", _("It doesn't say how it is used."), False)
    soon = _today(now) + dt.timedelta(days=30)
    if reward.has_pool:
        count = reward.codes.usable(_today(now)).filter(expires_on__lt=soon).count()
        if count:
            text = ngettext(
                "%(count)s code of its pool ends within 30 days.",
                "%(count)s codes of its pool end within 30 days.",
                count,
            ) % {"count": count}
            yield Finding("codes_end", text, False)


def _today(now: dt.datetime) -> dt.date:
    return day_of(now, get_club().zone)
