"""Staff roles as groups, kept equal to the reviewed data."""

import datetime as dt
import fnmatch
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from core.services.audit import record_audit
from members import registry
from members.models import User
from members.roles import ROLES


@dataclass(frozen=True, slots=True)
class RoleDifference:
    """What a role lacks and what it has too much, as ``app.codename``."""

    role: str
    missing: tuple[str, ...]
    surplus: tuple[str, ...]


def list_wanted_permissions() -> dict[str, dict[str, int]]:
    """``{role: {"app.codename": permission id}}`` of the reviewed data of all apps.

    Raises ImproperlyConfigured for an unknown role or a pattern that matches nothing.
    """
    patterns = {role: list(own) for role, own in ROLES.items()}
    for addition in registry.role_permissions:
        for role, names in addition.items():
            if role not in patterns:
                raise ImproperlyConfigured(f"There is no staff role “{role}”.")
            patterns[role].extend(names)
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    wanted: dict[str, dict[str, int]] = {}
    for role, names in patterns.items():
        wanted[role] = {}
        for pattern in names:
            is_one = "*" not in pattern  # most are; matching asks every permission there is
            names_of_it = known.keys() & {pattern} if is_one else fnmatch.filter(known, pattern)
            matches = {name: known[name] for name in names_of_it}
            if not matches:
                raise ImproperlyConfigured(
                    f"“{pattern}” of the role “{role}” matches no permission."
                )
            wanted[role].update(matches)
    return wanted


def list_role_differences() -> list[RoleDifference]:
    """Where the groups differ from the reviewed data; empty when all is well."""
    return _compare(list_wanted_permissions())


def _compare(all_wanted: dict[str, dict[str, int]]) -> list[RoleDifference]:
    differences = []
    for role, wanted in all_wanted.items():
        held = {
            f"{app}.{codename}"
            for app, codename in Permission.objects.filter(group__name=role).values_list(
                "content_type__app_label", "codename"
            )
        }
        missing, surplus = set(wanted) - held, held - set(wanted)
        if missing or surplus or not Group.objects.filter(name=role).exists():
            differences.append(RoleDifference(role, tuple(sorted(missing)), tuple(sorted(surplus))))
    return differences


@transaction.atomic
def sync_roles(*, by: User | None, now: dt.datetime) -> list[RoleDifference]:
    """Make the groups equal to the reviewed data; returns what differed before."""
    wanted = list_wanted_permissions()
    differences = _compare(wanted)
    for difference in differences:
        group, _created = Group.objects.get_or_create(name=difference.role)
        group.permissions.set(wanted[difference.role].values())
        record_audit(
            "role.synced",
            group,
            by=by,
            now=now,
            changes={"added": list(difference.missing), "removed": list(difference.surplus)},
        )
    return differences
