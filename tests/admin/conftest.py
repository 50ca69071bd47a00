import pytest
import time_machine
from django.test import Client

from members.services.logins import create_login
from members.services.roles import sync_roles
from tests.admin.counters import mei, register, set_up, till  # noqa: F401  (fixtures)
from tests.purchases.conftest import storages  # noqa: F401  (fixtures)
from tests.rewards.conftest import (  # noqa: F401
    claim,
    counter,
    make_reward,
    make_rule,
    programme,
    rules,
    shop,
)

ROLES = ("clerk", "marketer", "manager", "owner")


@pytest.fixture(autouse=True)
def _waived_second_factor(settings):
    settings.STAFF_MFA_WAIVED = True


@pytest.fixture
def clock(now):
    """The back office reads the clock; it stands still at ``now``."""
    with time_machine.travel(now, tick=False):
        yield now


@pytest.fixture
def roles(club, now):
    sync_roles(by=None, now=now)


@pytest.fixture
def log_in(roles, now):
    """A client at the desk of one role."""

    def enter(role):
        user = create_login(
            email=f"{role}@example.com", display_name=role, is_staff=True, roles=(role,),
            by=None, now=now,
        )  # fmt: skip
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user
        return client

    return enter


@pytest.fixture
def owner(log_in):
    return log_in("owner")


@pytest.fixture
def clerk(log_in):
    return log_in("clerk")
