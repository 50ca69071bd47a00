"""The list of addresses that are not written to: asked about, added to, lifted from."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.addresses import make_address_key
from campaigns.enums import SuppressionReason
from campaigns.models import Suppression
from core.errors import DomainError
from core.services.audit import record_audit
from members.contacts import clean_email, clean_phone
from members.enums import Channel
from members.models import User
from members.selectors.club import get_club


class NoAddress(DomainError):
    code = "no_address"
    field = "address"
    message = _("This is no address of that channel.")


def find_suppression(channel: str, address: str) -> Suppression | None:
    """Whether the list holds this address. Raises NoAddress."""
    key = make_address_key(channel, _clean(channel, address))
    return Suppression.objects.for_list().filter(channel=channel, address_key=key).first()


@transaction.atomic
def add_suppression(
    channel: str, address: str, *, reason: str, note: str = "", by: User | None, now: dt.datetime
) -> Suppression:
    """Nothing is sent there any more; one that is on the list stays as it is. Raises NoAddress."""
    key = make_address_key(channel, _clean(channel, address))
    row, is_new = Suppression.objects.get_or_create(
        channel=channel,
        address_key=key,
        defaults={"reason": reason, "note": note, "added_at": now, "added_by": by},
    )
    if is_new:
        changes = {"channel": channel, "reason": reason}
        record_audit("suppression.added", row, by=by, now=now, changes=changes)
    return row


@transaction.atomic
def lift_suppression(suppression: Suppression, *, by: User | None, now: dt.datetime) -> None:
    """The address may be written to again: it exists after all, or its owner asked for it."""
    row = Suppression.objects.select_for_update().filter(pk=suppression.pk).first()
    if row is None:
        return
    changes = {
        "channel": row.channel, "reason": row.reason, "address_key": str(row.address_key)
    }  # fmt: skip
    record_audit("suppression.lifted", row, by=by, now=now, changes=changes)
    row.delete()


def suppress_keys(keys: Iterable[tuple[str, uuid.UUID]], *, reason: str, now: dt.datetime) -> None:
    """(channel, key) of addresses of which a provider told something; the row itself says why."""
    rows = [
        Suppression(channel=channel, address_key=key, reason=reason, added_at=now)
        for channel, key in sorted(set(keys), key=str)
    ]
    Suppression.objects.bulk_create(rows, ignore_conflicts=True)


def lift_keys(keys: Iterable[tuple[str, uuid.UUID]], *, reason: str) -> None:
    """What a provider takes back: somebody follows the club again."""
    for channel, key in keys:
        Suppression.objects.filter(channel=channel, address_key=key, reason=reason).delete()


def list_addable_reasons() -> list[tuple[str, str]]:
    """Those that staff may give."""
    return [
        (reason.value, str(reason.label))
        for reason in (
            SuppressionReason.BY_HAND,
            SuppressionReason.UNSUBSCRIBED,
            SuppressionReason.BOUNCED,
            SuppressionReason.COMPLAINED,
        )
    ]


def _clean(channel: str, address: str) -> str:
    """As the member's record would hold it."""
    try:
        if channel == Channel.EMAIL:
            cleaned = clean_email(address)
        elif channel in (Channel.SMS, Channel.PHONE):
            cleaned = clean_phone(address, get_club().country)
        else:
            cleaned = address.strip()
    except DomainError as error:
        raise NoAddress from error
    if not cleaned:
        raise NoAddress
    return cleaned
