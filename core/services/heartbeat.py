"""Signs of life, one row per kind of process."""

import datetime as dt

from core.models import Heartbeat


def record_heartbeat(code: str, *, now: dt.datetime) -> None:
    """Note that a process of this kind lives. No audit row: nobody did anything."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(code=code, beaten_at=now)],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["beaten_at"],
    )


def get_silence(code: str, *, now: dt.datetime) -> dt.timedelta | None:
    """How long ago the last sign was; None where there was never one."""
    beaten_at = Heartbeat.objects.filter(pk=code).values_list("beaten_at", flat=True).first()
    return None if beaten_at is None else now - beaten_at
