"""What a batch of automations needs, held all at once and in order.

Rows name members set by set: of two sets the second would come back to a member whom a merge
holds by then, and which waits for one of the first. The order is: ways, automations, members,
their points.
"""

from collections.abc import Collection

from django.db import connection

from campaigns.models import Automation
from rewards.services.ledger import lock_standings


def hold_members(automations: Collection[int], ids: Collection[int]) -> None:
    """As the rows that will name them would: a merge or an erasure waits, nobody else does."""
    _hold_automations(automations)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM members_member WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(ids)]
        )


def hold_points(automations: Collection[int], ids: Collection[int]) -> None:
    """As whoever gives points to them would."""
    hold_members(automations, ids)
    lock_standings(ids)


def _hold_automations(ids: Collection[int]) -> None:
    rows = Automation.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    list(rows.values_list("pk"))
