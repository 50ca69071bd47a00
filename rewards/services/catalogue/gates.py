"""Who may have a reward when, and at which price."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from members.models import Audience
from rewards.models import Reward, RewardGate


class InvalidGate(DomainError):
    code = "invalid_gate"


@dataclass(frozen=True, slots=True)
class GateTerms:
    """One gate; prices are the reward's own where they are None."""

    audience: Audience
    opens_at: dt.datetime
    closes_at: dt.datetime | None = None
    price_points: int | None = None
    price_amount: int | None = None


@transaction.atomic
def set_gates(
    reward: Reward, gates: Sequence[GateTerms], *, by: Any, now: dt.datetime
) -> list[RewardGate]:
    """Replace all gates of a reward. Without one it is closed to everybody.

    Early access is two gates: a tier or a list from nine, everyone from noon. Reservations
    that were made keep what they have. Raises InvalidGate.
    """
    Reward.objects.select_for_update().get(pk=reward.pk)
    check_gate_terms(gates)
    wanted = sorted(gates, key=lambda gate: (gate.opens_at, gate.audience.pk))
    before = [
        _describe(gate)
        for gate in reward.gates.select_related("audience").order_by("opens_at", "audience_id")
    ]
    after = [_describe(gate) for gate in wanted]
    if before != after:
        reward.gates.all().delete()
        RewardGate.objects.bulk_create(
            RewardGate(
                reward=reward,
                audience=gate.audience,
                opens_at=gate.opens_at,
                closes_at=gate.closes_at,
                price_points=gate.price_points,
                price_amount=gate.price_amount,
            )
            for gate in wanted
        )
        record_audit(
            "reward.gates_set", reward, by=by, now=now, changes={"before": before, "after": after}
        )
    return list(reward.gates.select_related("audience").order_by("opens_at", "audience_id"))


def check_gate_terms(gates: Sequence[GateTerms]) -> None:
    """Raise InvalidGate where one would never open, or says what another says."""
    seen = set()
    for gate in gates:
        if gate.closes_at is not None and gate.closes_at <= gate.opens_at:
            raise InvalidGate(_("A gate closes after it opened."))
        key = (gate.audience.pk, gate.opens_at)
        if key in seen:
            raise InvalidGate(
                _("Two gates open for %(audience)s at the same time."), audience=gate.audience.name
            )
        seen.add(key)


def _describe(gate: Any) -> str:
    """ "tier-gold 2026-03-10T16:00:00+00:00 – * 800+0", as the audit trail keeps it."""
    closes_at = gate.closes_at.isoformat() if gate.closes_at else "*"
    text = f"{gate.audience.slug} {gate.opens_at.isoformat()} – {closes_at}"
    if gate.price_points is not None or gate.price_amount is not None:
        points = "*" if gate.price_points is None else gate.price_points
        amount = "*" if gate.price_amount is None else gate.price_amount
        text += f" {points}+{amount}"
    return text
