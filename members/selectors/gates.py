"""Who may pass when: one answer for every reward, event, survey, offer (docs/architecture.md)."""

import datetime as dt
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Protocol

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.time import get_zone
from members.models import AudienceMember, Member
from members.selectors.club import get_club


class GateClosed(DomainError):
    code = "gate_closed"
    status = 403
    message = _("This is not open to you.")


class GateNotYetOpen(GateClosed):
    code = "gate_not_yet_open"
    message = _("From %(moment)s on, this is open to you.")


class GateOver(GateClosed):
    code = "gate_over"
    message = _("Since %(moment)s, this is closed.")


@dataclass(frozen=True, slots=True)
class Opening:
    """The gate that lets a member pass; ``is_early`` where others of the gates open later."""

    audience_id: int
    opens_at: dt.datetime
    closes_at: dt.datetime | None
    is_early: bool


class AnyGate(Protocol):
    """A row of a ``members.models.gate.Gate`` table, or what was read of one."""

    @property
    def audience_id(self) -> int: ...

    @property
    def opens_at(self) -> dt.datetime: ...

    @property
    def closes_at(self) -> dt.datetime | None: ...


def check_gates(member: Member, gates: Iterable[AnyGate], *, now: dt.datetime) -> Opening:
    """The earliest gate that is open to the member now, by the audiences' rows of this instant.

    One query. Raises GateNotYetOpen, GateOver or GateClosed with the reason in words.
    """
    gates = list(gates)
    wanted = {gate.audience_id for gate in gates}
    mine = set(
        AudienceMember.objects.filter(member=member, audience_id__in=wanted).values_list(
            "audience_id", flat=True
        )
    )
    return judge_gates(mine, gates, now=now)


def judge_gates(mine: Set[int], gates: Iterable[AnyGate], *, now: dt.datetime) -> Opening:
    """``check_gates`` for a member who is in the audiences ``mine``; asks nobody, so that a list
    can judge each of its rows.
    """
    gates = sorted(gates, key=lambda gate: gate.opens_at)
    own = [gate for gate in gates if gate.audience_id in mine]
    for gate in own:
        if gate.opens_at <= now and (gate.closes_at is None or now < gate.closes_at):
            later = any(other.opens_at > now for other in gates)
            return Opening(gate.audience_id, gate.opens_at, gate.closes_at, later)
    coming = [gate.opens_at for gate in own if gate.opens_at > now]
    if coming:
        raise GateNotYetOpen(moment=_write_moment(coming[0]), opens_at=coming[0])
    past = [gate.closes_at for gate in own if gate.closes_at is not None]
    if past:
        raise GateOver(moment=_write_moment(max(past)))
    raise GateClosed


def _write_moment(moment: dt.datetime) -> str:
    return date_format(localtime(moment, get_zone(get_club().zone)), "DATETIME_FORMAT")
