"""What the tests of the counter share: a register, and who stands at it."""

import datetime as dt
import time
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from members.models import User
from members.services.pins import set_pin
from purchases.models import Channel, Store
from rewards.models import Register

PIN = "294817"


def url(name="", *args):
    return reverse(f"admin:counter_{name}" if name else "admin:counter", args=args)


@dataclass
class Till:
    """A device that is logged in as one of staff and knows its register."""

    client: Client
    register: Register
    clerk: User | None = None

    def get(self, name="", *args, **query):
        return self.client.get(url(name, *args), query)

    def post(self, name="", *args, **data):
        return self.client.post(url(name, *args), data)

    def give_pin(self, clerk, pin=PIN, **data):
        return self.post("switch", clerk=clerk.pk, pin=pin, **data)


@pytest.fixture
def register(programme):
    channel = Channel.objects.get_or_create(code="counter", defaults={"name": "Counter"})[0]
    store = Store.objects.create(
        code="main", name="Main Street", zone="America/Los_Angeles", channel=channel
    )
    return Register.objects.create(name="Till 1", store=store)


@pytest.fixture
def set_up(log_in, register, clock):
    """``set_up("clerk")``: a device of that login, at the register, with nobody there yet."""

    def make(role):
        client = log_in(role)
        client.post(url("register"), {"register": register.pk})
        return Till(client, register)

    return make


@pytest.fixture
def till(set_up, now):
    """A clerk's device with the clerk at it."""
    till = set_up("clerk")
    till.clerk = till.client.user
    set_pin(till.clerk, PIN, by=till.clerk, now=now)
    till.give_pin(till.clerk)
    return till


@pytest.fixture
def mei(counter, rules, claim):
    """A member with a login and 100 points."""
    counter.buy("mei", "100", on=dt.date(2026, 3, 1))
    return claim(counter.member("mei"))


def prove_log_in(client):
    """As if the person had given their password a moment ago."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(client.user.pk)
    session.save()
