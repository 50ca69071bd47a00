"""Rewards: made as drafts, changed, published, withdrawn, restocked."""

import datetime as dt
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.photos import delete_photo
from core.services.audit import record_audit
from core.slugs import make_slug
from core.words import key_of, list_columns, list_translations
from rewards.models import Reward
from rewards.services.catalogue.checks import InvalidReward, check_publishable, check_terms

_WORDS = ("name", "summary", "description", "how_to_use", "fine_print", "partner")
_TERMS = (
    "category", "position", "price_points", "price_amount", "value_amount", "cost_amount",
    "low_stock_count", "limit_count", "limit_period", "hold_minutes", "valid_days",
    "is_cancellable", "rotation", "rotation_position", "tier", "tier_days", "has_codes", "motif",
    "appeal",
)  # fmt: skip
_TRANSLATIONS = {key_of(word, language) for word in _WORDS for language in list_translations()}
_FIELDS = frozenset({*_WORDS, *_TRANSLATIONS, *_TERMS, "link", "slug", "download", "photo"})


class InvalidStock(DomainError):
    code = "invalid_stock"
    field = "delta"


class AlreadyWithdrawn(DomainError):
    code = "already_withdrawn"
    status = 409
    message = _("Only a published reward can be withdrawn.")


@transaction.atomic
def create_reward(
    *, kind: str, name: str, price_points: int, by: Any, now: dt.datetime, slug: str = "",
    stock_left: int | None = None, related: Any = (), **terms: Any,
) -> Reward:  # fmt: skip
    """A draft. ``terms`` are fields of Reward; without a ``slug`` the name makes one.

    Raises InvalidReward with the field that is wrong.
    """
    _check_names(terms)
    reward = Reward(
        kind=kind,
        name=name,
        price_points=price_points,
        slug=slug or make_slug(Reward, name, fallback=kind),
        stock_left=stock_left,
        created_at=now,
        **terms,
    )
    _check_slug(reward)
    check_terms(reward)
    reward.save(force_insert=True)
    if related:
        reward.related.set(related)
    record_audit(
        "reward.created", reward, by=by, now=now,
        changes={"kind": str(kind), "price_points": price_points, "stock_left": stock_left},
    )  # fmt: skip
    return reward


@transaction.atomic
def change_reward(reward: Reward, *, by: Any, now: dt.datetime, **changes: Any) -> Reward:
    """Set fields of Reward, and ``related``; what members asked for before keeps its terms.

    The kind stays, stock moves by ``restock_reward``; the code in the address, and whether a
    partner's offer gives codes, stay once the reward was published. Raises InvalidReward with
    the field that is wrong.
    """
    related = changes.pop("related", None)
    _check_names(changes)
    kept = Reward.objects.select_for_update().get(pk=reward.pk)
    facts: dict[str, Any] = {}
    changed = []
    for name, value in changes.items():
        before = getattr(kept, name)
        if before != value:
            setattr(kept, name, value)
            changed.append(name)
            if name in _TERMS:
                facts[name] = [_plain(before), _plain(value)]
    if "slug" in changed:
        if kept.published_at is not None:
            raise InvalidReward(_("Its address is known already: the code stays."), field="slug")
        _check_slug(kept)
    if "has_codes" in changed and kept.published_at is not None:
        raise InvalidReward(
            _("Members may have it already: whether it gives a code stays."), field="has_codes"
        )
    check_terms(kept)
    if "photo" in changed and (
        former := Reward.objects.values_list("photo", flat=True).get(pk=kept.pk)
    ):
        transaction.on_commit(partial(delete_photo, default_storage, former))
    if changed:
        kept.save(update_fields=list_columns(Reward, changed))
    if related is not None and {each.pk for each in related} != set(
        kept.related.values_list("pk", flat=True)
    ):
        kept.related.set(related)
        changed.append("related")
    if changed:
        facts["fields"] = sorted(set(changed) - facts.keys())
        record_audit("reward.changed", kept, by=by, now=now, changes=facts)
    return kept


@transaction.atomic
def publish_reward(reward: Reward, *, by: Any, now: dt.datetime) -> Reward:
    """Put a draft, or a reward that was withdrawn, into the catalogue; its gates decide the rest.

    Raises CannotPublish with everything that is missing.
    """
    kept = Reward.objects.select_for_update().get(pk=reward.pk)
    if kept.is_published:
        return kept
    check_terms(kept)
    check_publishable(kept, now=now)
    kept.published_at, kept.retired_at = now, None
    kept.save(update_fields=["published_at", "retired_at"])
    record_audit("reward.published", kept, by=by, now=now)
    return kept


@transaction.atomic
def retire_reward(reward: Reward, *, by: Any, now: dt.datetime) -> Reward:
    """Take a reward out of the catalogue. What members hold of it stays valid."""
    kept = Reward.objects.select_for_update().get(pk=reward.pk)
    if not kept.is_published:
        raise AlreadyWithdrawn
    kept.retired_at = now
    kept.save(update_fields=["retired_at"])
    record_audit("reward.retired", kept, by=by, now=now)
    return kept


# --- Stock --------------------------------------------------------------------------------------


@transaction.atomic
def restock_reward(reward: Reward, delta: int, *, reason: str, by: Any, now: dt.datetime) -> Reward:
    """Add to the stock, or take from it what is broken or lost; counting begins with the first.

    A difference, never a new total: meanwhile members redeem. Raises InvalidStock.
    """
    if not reason.strip():
        raise InvalidStock(_("Say why."))
    kept = Reward.objects.select_for_update().get(pk=reward.pk)
    before = kept.stock_left
    if delta == 0 and before is not None:
        raise InvalidStock(_("Say how many came or went."))
    after = (before or 0) + delta
    if after < 0:
        raise InvalidStock(_("Only %(count)s are left."), count=before or 0)
    kept.stock_left = after
    kept.save(update_fields=["stock_left"])
    record_audit(
        "reward.restocked", kept, by=by, now=now, note=reason.strip(),
        changes={"delta": delta, "stock_left": [before, after]},
    )  # fmt: skip
    return kept


@transaction.atomic
def stop_counting_stock(reward: Reward, *, reason: str, by: Any, now: dt.datetime) -> Reward:
    """From now on there are as many as are asked for."""
    if not reason.strip():
        raise InvalidStock(_("Say why."))
    kept = Reward.objects.select_for_update().get(pk=reward.pk)
    before, kept.stock_left = kept.stock_left, None
    kept.save(update_fields=["stock_left"])
    record_audit(
        "reward.restocked", kept, by=by, now=now, note=reason.strip(),
        changes={"stock_left": [before, None]},
    )  # fmt: skip
    return kept


# --- Names --------------------------------------------------------------------------------------


def _check_names(terms: dict[str, Any]) -> None:
    if unknown := set(terms) - _FIELDS:
        raise TypeError(f"no such terms: {sorted(unknown)}")


def _check_slug(reward: Reward) -> None:
    if Reward.objects.filter(slug=reward.slug).exclude(pk=reward.pk).exists():
        raise InvalidReward(_("Another reward has this code."), field="slug")


def _plain(value: Any) -> Any:
    """A value as the audit trail keeps it: a code or a number, never a name."""
    if isinstance(value, Model):
        return value.pk
    return str(value) if hasattr(value, "label") else value
