import datetime as dt

import pytest

from loyalty_site.demo.seeding import seed_demo
from members.models import DataExport

# A Friday evening in Oakland, so that "the coming Friday" is the farthest it can be.
NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def private_folder(tmp_path, monkeypatch):
    """Private files of this test alone."""
    storage = DataExport._meta.get_field("file").storage
    monkeypatch.setattr(storage, "_location", str(tmp_path / "private"))
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    yield tmp_path / "private"
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def stories(db, now):
    """A club of the four members with a story."""
    return seed_demo(member_count=4, seed=1, now=now)
