"""Dates of experiences. A date is cancelled by ``rewards.services.redemption.cancel_session``."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.words import key_of, list_columns, list_translations
from rewards.models import Reward, RewardSession

_PLACES = frozenset({"place", *(key_of("place", each) for each in list_translations())})
_FIELDS = frozenset({"starts_at", "ends_at", "booking_closes_at", "seat_count"}) | _PLACES
_TIMES = ("starts_at", "ends_at")


class InvalidSession(DomainError):
    code = "invalid_session"

    def __init__(self, message: Any, *, field: str = "", **params: Any):
        super().__init__(message, **params)
        self.field = field


@transaction.atomic
def add_session(
    reward: Reward, *, starts_at: dt.datetime, ends_at: dt.datetime, seat_count: int, by: Any,
    now: dt.datetime, booking_closes_at: dt.datetime | None = None, **places: str | None,
) -> RewardSession:  # fmt: skip
    """A date that members can book; ``places`` is where, as ``place`` and in other languages.
    Raises InvalidSession.
    """
    if unknown := set(places) - _PLACES:
        raise TypeError(f"no such fields: {sorted(unknown)}")
    if not reward.has_sessions:
        raise InvalidSession(_("Only an experience has dates."))
    session = RewardSession(
        reward=reward,
        starts_at=starts_at,
        ends_at=ends_at,
        booking_closes_at=booking_closes_at,
        seat_count=seat_count,
        seats_left=seat_count,
        **places,
    )
    check_session(session)
    if starts_at <= now:
        raise InvalidSession(_("This date has begun already."), field="starts_at")
    session.save(force_insert=True)
    record_audit(
        "reward.session_added", reward, by=by, now=now,
        changes={"session": session.pk, "starts_at": starts_at.isoformat(), "seats": seat_count},
    )  # fmt: skip
    return session


@transaction.atomic
def change_session(
    session: RewardSession, *, by: Any, now: dt.datetime, **changes: Any
) -> RewardSession:
    """Set fields of a date. Seats never go below what is booked, and a date that people have
    booked stays when it is. Raises InvalidSession.
    """
    if unknown := set(changes) - _FIELDS:
        raise TypeError(f"no such fields: {sorted(unknown)}")
    kept = RewardSession.objects.select_for_update().get(pk=session.pk)
    if changed := apply_changes(kept, changes):
        kept.save(update_fields=[*list_columns(RewardSession, changed), "seats_left"])
        record_audit(
            "reward.session_changed", kept.reward, by=by, now=now,
            changes={"session": kept.pk, "fields": sorted(changed), "seats": kept.seat_count},
        )  # fmt: skip
    return kept


def apply_changes(session: RewardSession, changes: dict[str, Any]) -> list[str]:
    """Set the fields that differ on a session as it is kept, unsaved; returns their names.

    Raises InvalidSession where bookings or the fields themselves forbid it.
    """
    if session.cancelled_at is not None:
        raise InvalidSession(_("This date is cancelled."))
    booked = session.booked_count
    changed = [name for name, value in changes.items() if getattr(session, name) != value]
    if booked and any(name in _TIMES for name in changed):
        raise InvalidSession(
            _("People have booked it: cancel this date and offer another."), field="starts_at"
        )
    for name in changed:
        setattr(session, name, changes[name])
    if session.seat_count < booked:
        raise InvalidSession(
            _("%(count)s seats are booked already."), field="seat_count", count=booked
        )
    session.seats_left = session.seat_count - booked
    check_session(session)
    return changed


def check_session(session: RewardSession) -> None:
    if session.ends_at <= session.starts_at:
        raise InvalidSession(_("It ends after it starts."), field="ends_at")
    if session.booking_closes_at is not None and session.booking_closes_at > session.ends_at:
        raise InvalidSession(
            _("Booking closes before the end of the date."), field="booking_closes_at"
        )
    if session.seat_count < 1:
        raise InvalidSession(_("A date has one seat at least."), field="seat_count")
