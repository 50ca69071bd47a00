"""Clubs of the demonstration, each seeded once: a test works on it and is rolled back to it."""

import datetime as dt
import shutil
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import override_settings

from loyalty_site.demo.seeding import seed_demo
from members.models import DataExport
from members.selectors.club import forget_club
from rewards.selectors.programme import kept as kept_programme

# A Friday evening in Oakland, so that "the coming Friday" is the farthest it can be.
NOW = dt.datetime(2026, 11, 21, 2, 0, tzinfo=dt.UTC)
# Of four members each with a story; and large enough that everything happens to somebody.
CLUBS = {"stories": 4, "larger_club": 60}
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_generate_tests(metafunc):
    """Tests of one club follow each other, and whoever asks for none finds an empty database."""
    if "seeded" in metafunc.fixturenames:
        name = next((name for name in CLUBS if name in metafunc.fixturenames), "no_club")
        metafunc.parametrize("seeded", [name], indirect=True, scope="package")


@contextmanager
def private_files_in(folder):
    storage = DataExport._meta.get_field("file").storage
    cached = ("base_location", "location")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "_location", str(folder))
        for name in cached:
            storage.__dict__.pop(name, None)
        yield
    for name in cached:
        storage.__dict__.pop(name, None)


@pytest.fixture(scope="package", autouse=True)
def seeded(request, django_db_setup, django_db_blocker, tmp_path_factory):
    """A club inside a transaction, in which each test's own is a savepoint."""
    if request.param not in CLUBS:
        yield None
        return
    folder = tmp_path_factory.mktemp("seeded")
    outer = transaction.atomic()
    outer._from_testcase = True  # as the transactions of Django's own test cases
    with django_db_blocker.unblock():
        outer.__enter__()
        try:
            forget_club()
            kept_programme.forget()
            # Its chance goes by members' ids: the same ones, whatever was tested before.
            with connection.cursor() as cursor:
                cursor.execute("ALTER SEQUENCE members_member_id_seq RESTART WITH 1")
            with override_settings(PASSWORD_HASHERS=QUICK), private_files_in(folder):
                report = seed_demo(member_count=CLUBS[request.param], seed=1, now=NOW)
            connection.check_constraints()
        except BaseException:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            raise
    yield SimpleNamespace(report=report, folder=folder)
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = QUICK


@pytest.fixture(autouse=True)
def private_folder(seeded, tmp_path):
    """Private files of this test alone, with those that its club came with."""
    folder = tmp_path / "private"
    if seeded:
        shutil.copytree(seeded.folder, folder)
    with private_files_in(folder):
        yield folder


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def stories(seeded, db):
    """A club of the four members with a story; what its seeding told."""
    return seeded.report


@pytest.fixture
def larger_club(seeded, db):
    return seeded.report
