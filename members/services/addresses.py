"""A member's addresses: noted, changed, taken away."""

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from members.addresses import InvalidAddress, clean_address, get_form
from members.enums import AddressPurpose
from members.models import Address, Member, User
from members.services.conduct import check_actor
from members.services.profiles import check_editable

MOST_ADDRESSES = 10
_PARTS = (
    "postal_code", "region", "city", "district", "street", "building", "recipient", "phone",
)  # fmt: skip


class TooManyAddresses(DomainError):
    code = "too_many_addresses"
    message = _("Ten addresses are noted already. Remove one first.")


@keeps_refusals
@transaction.atomic
def save_address(
    member: Member,
    values: Mapping[str, str],
    *,
    by: User | None,
    now: dt.datetime,
    country: str,
    purpose: str = AddressPurpose.HOME,
    label: str = "",
    is_default: bool = False,
    address: Address | None = None,
    reason: str = "",
    as_staff: bool = False,
) -> Address:
    """Note a new address, or change ``address``. ``values`` are its parts (``members.addresses``).

    A member's first address of a purpose is the usual one; a new usual one takes the place of
    the former. Raises InvalidAddress (with the field), TooManyAddresses, RecordGone, OwnRecord.
    """
    if as_staff:
        check_actor(member, by=by, act="address.save")
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    check_editable(member)
    cleaned, errors = clean_address(country, values)
    for name, sentence in errors.items():
        label_of = get_form(country).labels.get(name, _("Country or region"))
        refusal = InvalidAddress(reason=f"{label_of}: {sentence}")
        refusal.field = name
        raise refusal
    is_new = address is None
    if address is None:
        if member.addresses.count() >= MOST_ADDRESSES:
            raise TooManyAddresses
        address = Address(member=member, created_at=now)
    others = member.addresses.of_purpose(purpose).exclude(pk=address.pk)
    address.is_default = is_default or not others.filter(is_default=True).exists()
    address.country, address.purpose, address.label = country, purpose, label.strip()[:40]
    for name in _PARTS:
        setattr(address, name, cleaned.get(name, ""))
    address.updated_at = now
    if address.is_default:
        others.filter(is_default=True).update(is_default=False)
    address.save()
    _choose_default(member)
    _record(member, "address_added" if is_new else "address_changed", address, by, now, reason)
    return address


@keeps_refusals
@transaction.atomic
def remove_address(
    address: Address,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str = "",
    as_staff: bool = False,
) -> None:
    """Forget an address. What was sent there keeps its own lines. Raises OwnRecord."""
    if as_staff:
        check_actor(address.member, by=by, act="address.remove")
    member = Member.objects.select_for_update(no_key=True).get(pk=address.member_id)
    address_id = address.pk
    if not Address.objects.filter(pk=address_id).delete()[0]:
        return  # gone already: pressed twice
    _choose_default(member)
    address.pk = address_id
    _record(member, "address_removed", address, by, now, reason)


def _choose_default(member):
    """Where addresses are left for a purpose, one of them is the usual one: the oldest."""
    for purpose in AddressPurpose.values:
        left = member.addresses.of_purpose(purpose)
        if not left.filter(is_default=True).exists() and (oldest := left.order_by("pk").first()):
            oldest.is_default = True
            oldest.save(update_fields=["is_default"])


def _record(member, act, address, by, now, reason):
    record_audit(
        f"member.{act}",
        member,
        by=by,
        now=now,
        changes={"address": address.pk, "purpose": address.purpose},
        note=reason,
    )


# --- Two records become one ---------------------------------------------------------------------


def merge_addresses(source: Member, target: Member, now: dt.datetime) -> dict[str, list[int]]:
    """All addresses go to the survivor, whose own usual ones stay the usual ones."""
    moved = list(source.addresses.order_by("pk").values_list("pk", flat=True))
    usual = set(target.addresses.filter(is_default=True).values_list("purpose", flat=True))
    stepped_back = list(
        source.addresses.filter(is_default=True, purpose__in=usual).values_list("pk", flat=True)
    )
    Address.objects.filter(pk__in=stepped_back).update(is_default=False)
    Address.objects.filter(pk__in=moved).update(member=target)
    return {"moved": moved, "stepped_back": stepped_back} if moved else {}


def undo_merge(
    source: Member, target: Member, moved: dict[str, list[int]], now: dt.datetime
) -> None:
    """What is still there goes back; each of the two has a usual one of each purpose again."""
    came = Address.objects.filter(pk__in=moved["moved"], member=target)
    came.filter(is_default=True).update(is_default=False)
    came = Address.objects.filter(pk__in=[address.pk for address in came])
    came.update(member=source)
    for purpose in AddressPurpose.values:
        own = source.addresses.of_purpose(purpose).order_by("pk")
        first = own.filter(pk__in=moved["stepped_back"]).first() or own.first()
        if first and not own.filter(is_default=True).exists():
            first.is_default = True
            first.save(update_fields=["is_default"])
    _choose_default(target)
