"""Who the tests of privacy are about: Mei, young Jo, people of staff; files of one test alone."""

import time

import pytest

from members.models import DataExport
from members.services.profiles import attach_login
from members.services.roles import sync_roles


@pytest.fixture
def mei(make_member, make_login, now):
    return attach_login(make_member(given_name="Mei"), make_login(), by=None, now=now)


@pytest.fixture
def young(make_member, make_login, now):
    member = make_member(given_name="Jo", birth_year=2015, birth_month=3, birth_day=11)
    return attach_login(member, make_login("jo@example.com"), by=None, now=now)


@pytest.fixture
def as_member(client):
    """``as_member(mei)`` is logged in as Mei; with ``recently`` a moment ago."""

    def log_in(member, recently=True):
        client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
        if recently:
            session = client.session
            session["account_authentication_methods"] = [{"method": "code", "at": time.time()}]
            session["account_authentication_methods_user"] = str(member.user.pk)
            session.save()
        return client

    return log_in


@pytest.fixture
def staff(club, make_login, client, now):
    """``staff("clerk")`` is logged in as one."""
    sync_roles(by=None, now=now)

    def log_in(role):
        user = make_login(f"{role}@example.com", is_staff=True, roles=(role,))
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        client.user = user
        return client

    return log_in


@pytest.fixture
def private_folder(tmp_path, monkeypatch):
    """Private files of this test alone."""
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path / "private"))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    yield tmp_path / "private"
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
