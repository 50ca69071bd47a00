"""What members read about an act for many."""

from collections.abc import Iterable

from django.utils.translation import get_language

from core.words import shown
from rewards.models import BulkAct
from rewards.selectors.programme import kept


def get_public_reason(act_id: int) -> str:
    """The same for a hundred thousand notices, and never changed: kept a moment."""
    key = ("public reason", act_id, get_language())
    reason = kept.get(key)
    if reason is None:
        reason = list_public_reasons([act_id]).get(act_id, "")
        kept.put(key, reason)
    return reason


def list_public_reasons(act_ids: Iterable[int]) -> dict[int, str]:
    found = BulkAct.objects.filter(pk__in=set(act_ids))
    return dict(found.values_list("pk", shown("public_reason")))
