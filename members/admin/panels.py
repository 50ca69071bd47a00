"""What this floor shows on the page of a member: the record, its sets, its stream, its trail."""

import datetime as dt

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode

from core.models import AuditEntry
from members import registry
from members.addresses import format_address
from members.enums import AudienceKind, Interest, MemberStatus, Preference
from members.models import Activity, Audience, DuplicatePair
from members.registry import STAFF_MEMBER, Panel
from members.selectors.addresses import list_addresses
from members.selectors.households import get_household, list_household_acts
from members.selectors.notices import list_notices
from members.services.addresses import MOST_ADDRESSES
from members.services.conduct import list_own_member_ids

SHOWN = 10


def _write_birthday(member):
    """As much of it as is known, as the language writes a day."""
    year, month, day = member.birth_year, member.birth_month, member.birth_day
    if not month:
        return str(year or "")
    born = dt.date(year or 2000, month, day or 1)
    if day:
        return date_format(born, "DATE_FORMAT" if year else "MONTH_DAY_FORMAT")
    return date_format(born, "YEAR_MONTH_FORMAT" if year else "F")


def _build_record(request, member, now):
    merges = member.merges_in.standing().select_related("source").order_by("pk")
    return {
        "references": list(member.references.order_by("pk")[:SHOWN]),
        "login": member.user,
        "birthday": _write_birthday(member),
        "merges": list(merges[:SHOWN]),
        "interests": [Interest(code).label for code in member.interests],
        "preferences": [Preference(code).label for code in member.preferences],
    }


def _build_addresses(request, member, now):
    addresses = list_addresses(member)
    may = request.user.has_perm
    is_closed_to_them = member.status in (MemberStatus.MERGED, MemberStatus.ERASED) or (
        may("members.change_address") and member.pk in list_own_member_ids(request.user)
    )
    return {
        "member": member,
        "addresses": [(address, format_address(address)) for address in addresses],
        "can_add": (
            may("members.add_address") and not is_closed_to_them and len(addresses) < MOST_ADDRESSES
        ),
        "can_change": may("members.change_address") and not is_closed_to_them,
        "can_remove": may("members.delete_address") and not is_closed_to_them,
    }


def _build_household(request, member, now):
    """The household and what happened in it; nothing for who lives alone."""
    shown = get_household(member, now=now)
    if shown is None:
        return None
    return {"shown": shown, "acts": list_household_acts(member, limit=SHOWN)}


def _build_duplicates(request, member, now):
    pairs = DuplicatePair.objects.about(member).open().for_list().order_by("-score", "pk")
    found = [
        (pair, pair.second if pair.first_id == member.pk else pair.first) for pair in pairs[:SHOWN]
    ]
    return {"pairs": found} if found else None


def _build_audiences(request, member, now):
    audiences = list(Audience.objects.holding(member).order_by("kind", "name"))
    can_change = member.is_active and request.user.has_perm("members.change_audience")
    lists = []
    if can_change:
        others = Audience.objects.of_kind(AudienceKind.LIST).exclude(
            pk__in=[each.pk for each in audiences]
        )
        lists = list(others.order_by("name")[:SHOWN])
    return {"audiences": audiences, "lists": lists, "can_change": can_change, "member": member}


def _build_activities(request, member, now):
    return {
        "activities": list(Activity.objects.of_member(member)[:SHOWN]),
        "all_url": _list_url("members_activity", member__id__exact=member.pk),
    }


def _build_notices(request, member, now):
    notices = list_notices(member, limit=SHOWN)
    return {"notices": notices, "all_url": _list_url("members_notice", member__id__exact=member.pk)}


def _build_audit(request, member, now):
    entries = AuditEntry.objects.about(member).for_list().order_by("-id")[:SHOWN]
    return {
        "entries": list(entries),
        "all_url": _list_url(
            "core_auditentry",
            subject_type__exact=member._meta.label_lower,
            subject_id__exact=member.pk,
        ),
    }


def _list_url(name, **filters):
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(filters)}"


for code, build, order, permission in (
    ("record", _build_record, 10, "members.view_member"),
    ("duplicates", _build_duplicates, 5, "members.view_duplicatepair"),
    ("addresses", _build_addresses, 12, "members.view_address"),
    ("household", _build_household, 14, "members.view_household"),
    ("audiences", _build_audiences, 70, "members.view_member"),
    ("notices", _build_notices, 80, "members.view_notice"),
    ("activities", _build_activities, 85, "members.view_activity"),
    ("audit", _build_audit, 90, "core.view_auditentry"),
):
    registry.register_panel(
        Panel(
            f"members.staff_{code}",
            STAFF_MEMBER,
            f"admin/members/_panel_{code}.html",
            build,
            order=order,
            permission=permission,
        )
    )
