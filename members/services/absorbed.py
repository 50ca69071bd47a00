"""What is left of records that went up in others, once their merge can't be undone any more."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from core.services.audit import record_audit
from members.enums import MemberStatus
from members.models import Member, MemberMerge
from members.models.member import PERSONAL_BLANKS
from members.services.erasing import ABSORBED_EMPTIED, list_keys

_BLANKS = {**PERSONAL_BLANKS, "locale": ""}


def list_full_merges(before: dt.datetime) -> QuerySet[MemberMerge]:
    """Merges from before then that stand, and whose absorbed record still tells of the person."""
    blank = Q(**{f"source__{name}": value for name, value in _BLANKS.items()})
    merges = MemberMerge.objects.standing().filter(merged_at__lt=before)
    return merges.filter(~blank, source__status=MemberStatus.MERGED)


@transaction.atomic
def empty_absorbed(merge_ids: Iterable[int], *, now: dt.datetime) -> int:
    """Empty the absorbed records of these merges; their numbers go on leading to the survivors.

    Names, contacts, birthdays and what they told go, as in an erasure. Keyed hashes of their
    contacts stay in the audit row: should the person be erased, these keep them away as well.
    """
    rows = Member.objects.filter(merges_away__in=list(merge_ids), status=MemberStatus.MERGED)
    ids = set(rows.values_list("pk", flat=True))
    records = Member.objects.filter(pk__in=ids, status=MemberStatus.MERGED).order_by("pk")
    count = 0
    for record in records.select_for_update(skip_locked=True, no_key=True):
        keys = [[key.kind, key.key_id, key.key_hash] for key in list_keys([record])]
        Member.objects.filter(pk=record.pk).update(**_BLANKS)
        record_audit(ABSORBED_EMPTIED, record, by=None, now=now, changes={"keys": keys})
        count += 1
    return count
