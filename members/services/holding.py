"""Locking members against everything, after what others lock before they lock a member
(``PersonalData.locked_first``), so that nobody waits in a circle.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members import registry
from members.models import Member

_TURNS = 10  # attempts to lock records at which things are just happening


class RecordsBusy(DomainError):
    code = "records_busy"
    status = 409
    message = _("Something is just happening at these records. Try again in a moment.")


def lock_members(ids: Collection[int], rows: QuerySet[Member] | None = None) -> list[Member]:
    """The records under their locks, taken in the order of their ids; ``rows`` says how they are
    read. Raises RecordsBusy where things go on happening at them.

    Without no_key: rows that come to refer to them wait. Should more that comes first have come by
    the time the members are locked, all is let go and taken again: to wait for it now could be a
    circle.
    """
    members = rows if rows is not None else Member.objects.all()
    for _turn in range(_TURNS):
        with transaction.atomic():
            held = [
                set(found.order_by("pk").select_for_update().values_list("pk", flat=True))
                for found in _list_first(ids)
            ]
            wanted = members.filter(pk__in=ids).order_by("pk")
            locked = list(wanted.select_for_update(of=("self",)))
            if held == [set(found.values_list("pk", flat=True)) for found in _list_first(ids)]:
                return locked
            transaction.set_rollback(True)
    raise RecordsBusy


def _list_first(ids: Collection[int]) -> list[Any]:
    members = sorted(ids)
    return [
        entry.locked_first(members)
        for entry in registry.personal_data
        if entry.locked_first is not None
    ]
