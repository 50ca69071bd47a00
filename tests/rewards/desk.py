"""People of staff with their roles and limits, for tests of what they may do."""

import pytest

from members.models import User
from members.services.logins import create_login
from members.services.roles import sync_roles
from rewards.models import ActLimit
from rewards.receivers import create_act_limits

LIMITS = {
    ("adjustment", "clerk"): (500, 2_000, 500, 500, 0, 0),
    ("adjustment", "manager"): (5_000, 20_000, 5_000, 5_000, 10_000, 12_000),
}


@pytest.fixture
def staff(club, now):
    """``staff("clerk")`` is always the same clerk, ``staff("clerk", 2)`` another one."""
    create_act_limits(None)
    names = ("per_act", "per_actor_day", "per_member_day", "per_pair_day", "approve_act",
             "approve_day")  # fmt: skip
    for (kind, role), values in LIMITS.items():
        rows = ActLimit.objects.filter(kind=kind, role=role)
        rows.update(**dict(zip(names, values, strict=True)))
    sync_roles(by=None, now=now)

    def get(role, number=1):
        email = f"{role}{number}@example.com"
        known = User.objects.filter(email=email).first()
        return known or create_login(
            email=email, display_name=f"{role} {number}", is_staff=True, roles=(role,), by=None,
            now=now,
        )  # fmt: skip

    return get
