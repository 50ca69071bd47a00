"""Why a wheel can't be spun, drafted or published, in words.

Whatever may be a trick leaves an audit row; what happens to everybody does not.
"""

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, RefusalOnRecord
from core.models import AuditEntry

MOST_REFUSALS = 30  # of one person in a day; nobody fills the record by pressing


class SpinRefused(RefusalOnRecord):
    code = "spin_refused"
    action = "spin.refused"
    status = 409
    message = _("This spin can't be made.")


class ForgedKey(SpinRefused):
    code = "forged_key"
    status = 403
    message = _("This key was not issued by the club. Open the wheel again and spin from there.")


class OthersKey(SpinRefused):
    code = "others_key"
    status = 403
    message = _("This key belongs to another member or another wheel.")


class OthersSpin(SpinRefused):
    code = "others_spin"
    status = 403
    message = _("Members spin for themselves alone.")


class KeyTooLate(SpinRefused):
    code = "key_too_late"
    message = _("This key is for a later spin: the one before it has not been made.")


class StaffMayNotPlay(SpinRefused):
    code = "staff_may_not_play"
    status = 403
    message = _("Staff of the club may not play.")


class WheelClosed(SpinRefused):
    code = "wheel_closed"
    message = _("This wheel is not turning now.")


class NoSeed(SpinRefused):
    code = "no_seed"
    message = _(
        "The wheel rests today: no seed for this day was sealed in time. It turns again tomorrow."
    )


class SeedShown(SpinRefused):
    code = "seed_shown"
    message = _("The seed of this day is public already, so nothing can be drawn by it any more.")


class ClockBehind(SpinRefused):
    """Draws are numbered in the order of days: see docs/wheel.md."""

    code = "clock_behind"
    message = _(
        "The club's clock has stepped back over midnight. Try again in a moment; nothing was "
        "used up."
    )


class RefusedTooOften(DomainError):
    """Not on record: the refusals before it are."""

    code = "refused_too_often"
    status = 429
    message = _("You were refused here too often today. Open the wheel again tomorrow.")


class WheelChanged(DomainError):
    code = "wheel_changed"
    status = 409
    message = _("The wheel was changed at this moment. Look again and spin; nothing was used up.")


class NoSpinsLeft(DomainError):
    code = "no_spins_left"
    status = 409
    message = _("No free spins are left for today.")


class PriceChanged(DomainError):
    code = "price_changed"
    status = 409
    message = _("A spin costs something else by now. Look again before you decide.")


class InvalidSeed(DomainError):
    code = "invalid_seed"
    field = "seed"
    message = _("Choose 8 to 64 letters, digits or signs that nobody else has chosen.")


class TooManySeeds(DomainError):
    code = "too_many_seeds"
    field = "seed"
    status = 429
    message = _("You have chosen many seeds today. Choose the next one tomorrow.")


class SeedTooSoon(DomainError):
    code = "seed_too_soon"
    message = _("The day isn't over: its seed stays sealed.")


class InvalidWheel(DomainError):
    code = "invalid_wheel"

    def __init__(self, message, *, field="", **params):
        super().__init__(message, **params)
        self.field = field


class CannotPublish(DomainError):
    code = "cannot_publish"
    message = _("This wheel can't be published so. %(reasons)s")


def build_refusal(
    kind: type[SpinRefused], wheel: Any, by: Any, *, now: dt.datetime,
    changes: dict[str, Any] | None = None,
) -> DomainError:  # fmt: skip
    """The refusal to raise: with an audit row, until the person has had too many in a day."""
    since = now - dt.timedelta(days=1)
    if by is not None:
        before = AuditEntry.objects.filter(
            subject_type=wheel._meta.label_lower, subject_id=str(wheel.pk), actor=by,
            action=SpinRefused.action, recorded_at__gt=since,
        )  # fmt: skip
        if before.count() >= MOST_REFUSALS:
            return RefusedTooOften()
    return kind(subject=wheel, by=by, changes=changes)
