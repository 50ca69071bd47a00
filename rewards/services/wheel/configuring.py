"""Wheels and their drafts: written down, changed, thrown away. Publishing is a step of its own."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.services.audit import record_audit
from core.words import key_of, list_columns, list_translations
from rewards.enums import PrizeKind
from rewards.models import (
    Slice,
    Substitute,
    Wheel,
    WheelAllowance,
    WheelGate,
    WheelVersion,
)
from rewards.services.catalogue.gates import GateTerms, check_gate_terms
from rewards.services.prizes import Prize, get_prize
from rewards.services.wheel.refusals import InvalidWheel

MOST_SLICES = 24
NOTHING = Prize(PrizeKind.NOTHING)
_WORDS = ("name", "summary")
_WORD_FIELDS = {*_WORDS, *(key_of(word, each) for word in _WORDS for each in list_translations())}
_TERMS = (
    "starts_at", "ends_at", "daily_spin_count", "has_price", "price_points", "budget_amount",
    "country", "purchase_amount", "expected_sales_amount", "is_law_confirmed",
)  # fmt: skip
_RULES = {"rules_text", *(key_of("rules_text", each) for each in list_translations())}


@dataclass(frozen=True, slots=True)
class SliceTerms:
    """A slice as it is written down; ``i18n`` holds its label in other languages."""

    label: str
    weight: int
    prize: Prize = NOTHING
    color: str = "#c8553d"
    stock_count: int | None = None
    substitute: Prize | None = None
    i18n: Mapping[str, str] | None = None


@transaction.atomic
def create_wheel(*, slug: str, name: str, by: Any, now: dt.datetime, **words: Any) -> Wheel:
    """A wheel with an empty draft. ``words`` are its summary and translations."""
    if unknown := set(words) - _WORD_FIELDS:
        raise TypeError(f"no such words: {sorted(unknown)}")
    if Wheel.objects.filter(slug=slug).exists():
        raise InvalidWheel(_("Another wheel has this code."), field="slug")
    wheel = Wheel(slug=slug, name=name, **words)
    wheel.save(force_insert=True)
    WheelVersion.objects.create(wheel=wheel, created_at=now)
    record_audit("wheel.created", wheel, by=by, now=now, changes={"slug": slug})
    return wheel


@transaction.atomic
def change_wheel(wheel: Wheel, *, by: Any, now: dt.datetime, **words: Any) -> Wheel:
    """Its name and sentence; what it offers is changed by a draft."""
    if unknown := set(words) - _WORD_FIELDS:
        raise TypeError(f"no such words: {sorted(unknown)}")
    kept = Wheel.objects.select_for_update(no_key=True).get(pk=wheel.pk)
    changed = [name for name, value in words.items() if getattr(kept, name) != value]
    for name in changed:
        setattr(kept, name, words[name])
    if changed:
        kept.save(update_fields=list_columns(Wheel, changed))
        record_audit("wheel.changed", kept, by=by, now=now, changes={"fields": sorted(changed)})
    return kept


@transaction.atomic
def open_draft(wheel: Wheel, *, by: Any, now: dt.datetime) -> WheelVersion:
    """The wheel's draft; where there is none, a copy of what was published last."""
    Wheel.objects.select_for_update(no_key=True).get(pk=wheel.pk)
    draft = wheel.versions.drafts().first()
    if draft is not None:
        return draft
    last = wheel.versions.published().order_by("-number").first()
    draft = WheelVersion(wheel=wheel, created_at=now)
    if last is not None:
        for name in (*_TERMS, *_RULES):
            setattr(draft, name, getattr(last, name))
        # Each edition asks the lawyer anew, and begins when it is published.
        draft.starts_at, draft.is_law_confirmed = None, False
        if draft.ends_at is not None and draft.ends_at <= now:
            draft.ends_at = None
    draft.save(force_insert=True)
    if last is not None:
        _write_gates(draft, [_read_gate(gate) for gate in last.gates.select_related("audience")])
        _write_allowances(draft, dict(last.allowances.values_list("tier_id", "daily_spin_count")))
        _write_slices(draft, list_slice_terms(last))
    record_audit("wheel.drafted", draft, by=by, now=now, changes={"wheel": wheel.slug})
    return draft


@transaction.atomic
def change_draft(
    version: WheelVersion, *, slices: Sequence[SliceTerms] | None = None,
    gates: Sequence[GateTerms] | None = None, allowances: Mapping[int, int] | None = None,
    by: Any, now: dt.datetime, **terms: Any,
) -> WheelVersion:  # fmt: skip
    """Set terms of a draft; ``slices``, ``gates`` and ``allowances`` (free spins by tier id)
    replace what was there. Raises InvalidWheel with the field, InvalidGate.
    """
    if unknown := set(terms) - {*_TERMS, *_RULES}:
        raise TypeError(f"no such terms: {sorted(unknown)}")
    kept = WheelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not kept.is_draft:
        raise InvalidWheel(_("What is published stays; open a draft for the next version."))
    changed = [name for name, value in terms.items() if getattr(kept, name) != value]
    for name in changed:
        setattr(kept, name, terms[name])
    check_draft(kept, slices or ())
    kept.save(update_fields=list_columns(WheelVersion, changed))
    if gates is not None:
        check_gate_terms(gates)
        kept.gates.all().delete()
        _write_gates(kept, gates)
    if allowances is not None:
        kept.allowances.all().delete()
        _write_allowances(kept, allowances)
    if slices is not None:
        Substitute.objects.filter(slice__version=kept).delete()
        kept.slices.all().delete()
        _write_slices(kept, slices)
    parts = {"slices": slices, "gates": gates, "allowances": allowances}
    changed += [name for name, value in parts.items() if value is not None]
    record_audit("wheel.draft_changed", kept, by=by, now=now, changes={"fields": sorted(changed)})
    return kept


@transaction.atomic
def drop_draft(version: WheelVersion, *, by: Any, now: dt.datetime) -> None:
    """Throw a draft away. Raises InvalidWheel for what was published."""
    kept = WheelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not kept.is_draft:
        raise InvalidWheel(_("What is published stays; open a draft for the next version."))
    record_audit("wheel.draft_dropped", kept, by=by, now=now, changes={"wheel": kept.wheel.slug})
    Substitute.objects.filter(slice__version=kept).delete()
    kept.delete()


def check_draft(version: WheelVersion, slices: Sequence[SliceTerms]) -> None:
    """Raise InvalidWheel where a draft would mean nothing."""
    if version.has_price and not version.price_points:
        raise InvalidWheel(_("Say how many points a spin costs."), field="price_points")
    if version.price_points and not version.has_price:
        raise InvalidWheel(
            _("A price counts only where spins for points are switched on."), field="has_price"
        )
    if version.starts_at and version.ends_at and version.ends_at <= version.starts_at:
        raise InvalidWheel(_("It must begin before it ends."), field="ends_at")
    if len(slices) > MOST_SLICES:
        raise InvalidWheel(_("At most %(most)s slices."), field="slices", most=MOST_SLICES)


def list_slice_terms(version: WheelVersion) -> list[SliceTerms]:
    """The slices of a version as ``change_draft`` takes them."""
    rows = version.slices.select_related("substitute").order_by("position")
    return [
        SliceTerms(
            row.label, row.weight, get_prize(row), row.color, row.stock_count,
            get_prize(row.substitute) if hasattr(row, "substitute") else None, row.i18n,
        )
        for row in rows
    ]  # fmt: skip


def _read_gate(gate: WheelGate) -> GateTerms:
    return GateTerms(gate.audience, gate.opens_at, gate.closes_at)


def _write_gates(version: WheelVersion, gates: Sequence[GateTerms]) -> None:
    WheelGate.objects.bulk_create(
        WheelGate(
            version=version, audience=each.audience, opens_at=each.opens_at,
            closes_at=each.closes_at,
        )
        for each in gates
    )  # fmt: skip


def _write_allowances(version: WheelVersion, allowances: Mapping[int, int]) -> None:
    WheelAllowance.objects.bulk_create(
        WheelAllowance(version=version, tier_id=tier_id, daily_spin_count=count)
        for tier_id, count in sorted(allowances.items())
    )


def _write_slices(version: WheelVersion, slices: Sequence[SliceTerms]) -> None:
    rows = [
        Slice(
            version=version, position=position, label=each.label, weight=each.weight,
            color=each.color, stock_count=each.stock_count, i18n=dict(each.i18n or {}) or None,
            **_columns(each.prize),
        )
        for position, each in enumerate(slices, start=1)
    ]  # fmt: skip
    Slice.objects.bulk_create(rows)
    Substitute.objects.bulk_create(
        Substitute(slice=row, **_columns(each.substitute))
        for row, each in zip(rows, slices, strict=True)
        if each.substitute is not None
    )


def _columns(prize: Prize) -> dict[str, Any]:
    return {
        "prize_kind": prize.kind,
        "prize_reward_id": prize.reward_id,
        "prize_points": prize.points,
        "prize_amount": prize.amount,
        "prize_spin_count": prize.spin_count,
        "prize_wheel_id": prize.wheel_id,
        "prize_days": prize.days,
    }


@transaction.atomic
def let_every_slice_win(
    version: WheelVersion, *, points: int = 1, by: Any, now: dt.datetime
) -> WheelVersion:
    """Give a few points wherever a draft gives nothing."""
    small = Prize(PrizeKind.POINTS, points=points)
    slices = [
        replace(
            each,
            prize=small if each.prize.kind == PrizeKind.NOTHING else each.prize,
            substitute=small
            if each.substitute is not None and each.substitute.kind == PrizeKind.NOTHING
            else each.substitute,
        )
        for each in list_slice_terms(version)
    ]
    return change_draft(version, slices=slices, by=by, now=now)
