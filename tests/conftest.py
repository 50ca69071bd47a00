"""What every test may ask for. Keep it small: an app's own fixtures lie beside its tests."""

import datetime as dt
import os
import uuid
from contextlib import contextmanager

import coverage
import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from loyalty_site.restore_drill import with_name
from tests.restoring import remember_base, restore_base
from tests.upgrade.fixture import dump

# The longest are begun first, so that nothing waits for them at the end; and by one worker, so that
# a club is seeded for all its tests once (bin/_gate.py lets the other one take over the rest).
LONG = (
    "tests/bench/",
    "tests/demo/",
    "tests/site/test_access.py",
    "tests/site/test_face_",
    "tests/upgrade/",
    "tests/workshop/",
)
# They open every page, seed whole clubs or drive a browser. What services do is told by the tests
# of services, and only those count: measuring branches makes Python half as slow again.
UNMEASURED = ("tests/admin/", "tests/demo/", "tests/site/", "tests/upgrade/")
# Pages by where they lie, but the only tests that some services have.
MEASURED = ("tests/site/test_merging.py", "tests/site/test_receipt_claims.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    measurement = coverage.Coverage.current()
    is_page = item.nodeid.startswith(UNMEASURED) or "live_server" in item.fixturenames
    if measurement is None or not is_page or item.nodeid.startswith(MEASURED):
        return (yield)
    measurement.stop()
    try:
        return (yield)
    finally:
        measurement.start()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """The gate migrates one database beforehand (bin/_gate.py); each worker's is a copy of it."""
    from django.conf import settings

    if template := os.environ.get("CLUB_TEST_TEMPLATE"):
        test = settings.DATABASES["default"].setdefault("TEST", {})
        test |= {"TEMPLATE": template, "MIGRATE": False}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """At the end the database is dropped, which a thread of a live server may still hold open."""
    from django.db import connection

    with django_db_blocker.unblock():
        remember_base(connection)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def migrated(django_db_setup, django_db_blocker):
    """What the migrations make, as a plain dump: a database of one's own is loaded in a second."""
    from django.db import connection

    return dump(with_name(os.environ["DATABASE_URL"], connection.settings_dict["NAME"]))


@pytest.fixture(autouse=True)
def _no_language():
    """A request leaves its language active behind it; the next test begins without one."""
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _restored_after_commits():
    """What tests with real commits leave behind goes table by table (tests/restoring.py)."""
    by_django = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: restore_base(connections["default"])
    yield
    TransactionTestCase._fixture_teardown = by_django


@pytest.fixture(autouse=True)
def _forget_between_tests(settings):
    """The club is kept in the process and rate limits in the cache; tests share neither.

    Each test has a key prefix of its own: clearing would also empty the cache under the test
    that runs beside it.
    """
    from django.core.cache import caches

    from members import panels
    from members.selectors import rooms
    from members.selectors.club import forget_club
    from rewards.selectors.programme import kept
    from surveys.selectors.results import forget_club_nps

    forget_club()
    forget_club_nps()
    kept.forget()
    panels.kept.forget()
    # Which rooms are open every page asks, and keeps: whoever counts queries counts them without.
    rooms.kept.forget()
    rooms.kept.put("open", set())
    prefix = f"test-{uuid.uuid4().hex}"
    settings.CACHES["default"]["KEY_PREFIX"] = prefix  # for the threads of a live server
    caches["default"].key_prefix = prefix


@pytest.fixture(scope="session", autouse=True)
def _static_files_from_their_sources():
    """No collectstatic before a test: files are served, and named, as they lie in the source.

    For the whole run: the live server answers a browser's last requests between two tests, too,
    and a storage that it makes at that moment stays.
    """
    from django.conf import settings

    sources = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        WHITENOISE_USE_FINDERS=True,
        WHITENOISE_AUTOREFRESH=True,
        STORAGES=settings.STORAGES | {"staticfiles": sources},
    ):
        yield


@pytest.fixture(autouse=True)
def sent_tasks(monkeypatch):
    """Tasks that services sent by name, as (name, arguments); none leaves for the broker."""
    from core.wakes import note_awake
    from loyalty_site.celery import app

    note_awake("members.tasks.sweep_work")  # the test before may have left somebody waiting
    sent = []
    monkeypatch.setattr(app, "send_task", lambda name, args=(): sent.append((name, list(args))))
    return sent


@pytest.fixture
def now():
    """A Tuesday noon in the club's zone; services are told it, nothing reads the clock."""
    return dt.datetime(2026, 3, 10, 19, 0, tzinfo=dt.UTC)


@pytest.fixture
def club(db):
    """The club as migrations leave it: dollars, Los Angeles."""
    from members.models import Club

    return Club.objects.get_or_create(pk=1)[0]


@pytest.fixture
def assert_statements(monkeypatch):
    """``with assert_statements(7):`` counts what goes to the database: Django's own cursors
    and those of ``core.bulk`` alike.
    """
    statements = []
    execute = psycopg.Cursor.execute

    def record(cursor, query, *arguments, **options):
        statements.append(str(query))
        return execute(cursor, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", record)

    @contextmanager
    def counted(wanted):
        statements.clear()
        yield
        assert len(statements) == wanted, "\n".join(statements)

    return counted
