"""The first terms of a club that has none: one act, after which its counter can serve."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import DomainError
from core.money import get_exponent
from core.services.audit import record_audit
from core.time import start_of
from core.words import translate_label
from members.models import Club, User
from members.services.profiles import update_club
from purchases.models import Channel, Store
from rewards.enums import ExpiryMode, RuleKind, TierWindow, Unit
from rewards.models import EarningRule, ProgrammeVersion, Register
from rewards.services.programme import LevelTerms, ensure_tier, publish_programme, publish_rule

_CHANNEL = "counter"
# (code, name, colour of the card, multiplier in thousandths), from the first rung up.
_LADDER = (
    ("member", pgettext_lazy("tier", "Member"), "#4f7042", 1000),
    ("silver", pgettext_lazy("tier", "Silver"), "#5b6470", 1250),
    ("gold", pgettext_lazy("tier", "Gold"), "#8a6414", 1500),
)


class AlreadyFounded(DomainError):
    code = "already_founded"
    status = 409
    message = _("The club is set up already. Its terms are changed under “Points and tiers”.")


@transaction.atomic
def found_club(
    facts: dict[str, Any],
    *,
    store_name: str,
    points: int,
    per_amount: int,
    expiry_months: int,
    returns_days: int,
    starts_on: dt.date,
    thresholds: tuple[int, ...] = (),
    is_shared: bool = False,
    by: User | None,
    now: dt.datetime,
) -> ProgrammeVersion:
    """Write the club's facts, its first store with a register, and terms for points and tiers.

    ``facts`` are fields of Club; ``points`` for every ``per_amount`` (minor units); ``thresholds``
    are the status credits that silver and gold ask for, one for each unit of the currency spent
    within twelve months, none for a club of one tier; ``is_shared``: people at the register say
    who they are by PIN. Raises AlreadyFounded where terms exist, InvalidProfile, InvalidProgramme
    or InvalidRule with the reason in words.
    """
    club = update_club(facts, by=by, now=now)
    Club.objects.select_for_update().get(pk=club.pk)  # two presses: the second finds the terms
    if ProgrammeVersion.objects.exists():
        raise AlreadyFounded
    _open_store(club, store_name, returns_days=returns_days, is_shared=is_shared, by=by, now=now)
    version = publish_programme(
        starts_on=starts_on,
        levels=_build_levels((0, *thresholds)),
        by=by,
        now=now,
        expiry_mode=ExpiryMode.MONTHS,
        expiry_months=expiry_months,
        tier_window=TierWindow.ROLLING,
        tier_months=12,
    )
    starts_at = start_of(starts_on, club.zone)
    one = 10 ** get_exponent(club.currency)
    rules: tuple[tuple[str, Any, Unit, int, int], ...] = (
        ("base", _("With every purchase"), Unit.POINTS, points, per_amount),
        ("status", _("On the way to the next tier"), Unit.STATUS, 1, one),
    )
    for code, label, unit, earned, amount in rules[: 2 if thresholds else 1]:
        name, i18n = translate_label(label, "name")
        rule, _made = EarningRule.objects.get_or_create(
            code=code, defaults={"name": name, "i18n": i18n}
        )
        publish_rule(
            rule, starts_at=starts_at, by=by, now=now,
            kind=RuleKind.AMOUNT, unit=unit, points=earned, per_amount=amount,
        )  # fmt: skip
    return version


def _open_store(
    club: Club, name: str, *, returns_days: int, is_shared: bool, by: User | None, now: dt.datetime
) -> None:
    own, i18n = translate_label(_("At the counter"), "name")
    channel, is_new = Channel.objects.get_or_create(
        code=_CHANNEL,
        defaults={"name": own, "i18n": i18n, "returns_accepted_days": returns_days},
    )
    made: list[Any] = [channel] if is_new else []
    code = slugify(name)[:64] or "store"
    store, is_new = Store.objects.get_or_create(
        code=code, defaults={"name": name, "zone": club.zone, "channel": channel}
    )
    made += [store] if is_new else []
    label, _others = translate_label(_("Counter"), "name")
    register, is_new = Register.objects.get_or_create(
        store=store, name=label, defaults={"asks_for_pin": is_shared}
    )
    made += [register] if is_new else []
    for row in made:
        record_audit("model.added", row, by=by, now=now)


def _build_levels(thresholds: tuple[int, ...]) -> list[LevelTerms]:
    levels = []
    for rank, (threshold, (slug, label, color, milli)) in enumerate(
        zip(thresholds, _LADDER, strict=False)
    ):
        name, i18n = translate_label(label, "name")
        tier = ensure_tier(slug, name=name, rank=rank, color=color, i18n=i18n)
        levels.append(LevelTerms(tier=tier, threshold=threshold, multiplier_milli=milli))
    return levels
