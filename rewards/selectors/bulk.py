"""What members read about an act for many."""

from collections.abc import Iterable

from rewards.models import BulkAct
from rewards.selectors.programme import kept


def get_public_reason(act_id: int) -> str:
    """The same for a hundred thousand notices, and never changed: kept a moment."""
    reason = kept.get(("public reason", act_id))
    if reason is None:
        reason = list_public_reasons([act_id]).get(act_id, "")
        kept.put(("public reason", act_id), reason)
    return reason


def list_public_reasons(act_ids: Iterable[int]) -> dict[int, str]:
    found = BulkAct.objects.filter(pk__in=set(act_ids))
    return dict(found.values_list("pk", "public_reason"))
