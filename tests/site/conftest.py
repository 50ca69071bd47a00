"""A small club with a named cast: Mei and Ken are members, four people are staff."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
import time_machine
from django.test import Client

from members.models import Member, User
from members.roles import CLERK, MANAGER, MARKETER, OWNER
from members.services.logins import create_login
from members.services.profiles import attach_login, update_member
from members.services.roles import sync_roles
from tests.rewards.conftest import (  # noqa: F401 (fixtures)
    Shop,
    counter,
    make_reward,
    make_rule,
    programme,
    rules,
    shop,
)

PASSWORD = "harbor-lantern-42"
TODAY = dt.date(2026, 3, 10)


@dataclass
class Cast:
    """``cast.clients["mei"]`` is logged in as Mei; "anonymous" is nobody."""

    members: dict[str, Member] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def frozen(now):
    """Views read the clock; here it stands at ``now``."""
    with time_machine.travel(now, tick=False):
        yield now


@pytest.fixture
def make_client(now):
    def make(user):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def own(counter, now):  # noqa: F811
    """A member with a login: ``own("mei", family_name="Chen")``; known to the till by name."""

    def make(name, **changes):
        if not Member.objects.filter(references__external_id=name).exists():
            counter.buy(name, "1.00", on=TODAY - dt.timedelta(days=2))
        member = counter.member(name)
        user = create_login(email=f"{name}@example.com", password=PASSWORD, by=None, now=now)
        attach_login(member, user, by=None, now=now)
        member.refresh_from_db()
        return update_member(member, changes, by=None, now=now) if changes else member

    return make


@pytest.fixture
def cast(db, frozen, rules, counter, own, make_client, now):  # noqa: F811
    """Mei with two purchases, Ken with one, an outsider without a membership, four of staff."""
    sync_roles(by=None, now=now)
    people = Cast(clients={"anonymous": Client()})
    counter.buy("mei", "18.40", "3.00", on=TODAY - dt.timedelta(days=20))
    counter.buy("mei", "1.00", on=TODAY - dt.timedelta(days=2))
    people.members["mei"] = own("mei", given_name="Mei", family_name="Chen", birth_month=3)
    people.members["ken"] = own("ken", given_name="Ken", family_name="Mori")
    for name, member in people.members.items():
        people.users[name] = member.user
    outsider = create_login(email="new@example.com", password=PASSWORD, by=None, now=now)
    people.users["outsider"] = outsider
    for role in (CLERK, MARKETER, MANAGER, OWNER):
        people.users[role] = create_login(
            email=f"{role}@example.com",
            password=PASSWORD,
            is_staff=True,
            roles=(role,),
            by=None,
            now=now,
        )
    people.clients |= {name: make_client(user) for name, user in people.users.items()}
    return people
