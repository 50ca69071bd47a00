"""Who took over at which register: rows of the audit trail."""

import datetime as dt
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from members.models import User
from rewards.models import Register


@transaction.atomic
def note_register(register: Register, *, by: Any, now: dt.datetime) -> None:
    """A device was set up as this register, by the login that stays on it."""
    record_audit("counter.device_set_up", register, by=by, now=now)


@transaction.atomic
def note_switch(register: Register, *, before: int | None, by: Any, now: dt.datetime) -> None:
    """``by`` gave their PIN; ``before`` is the login that stood there."""
    record_audit("counter.switched", register, by=by, now=now, changes={"before": before})


@transaction.atomic
def note_lock(register: Register, *, before: int, now: dt.datetime) -> None:
    """``before`` left the register, or somebody locked it for them."""
    record_audit("counter.locked", register, by=User(pk=before), now=now)
