"""The variables of the environment: typed, explained where wrong, and all in the table."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from loyalty_site.embedded.client import list_missing_services
from loyalty_site.embedded.layout import REPOSITORY
from loyalty_site.environment import Environment

LIST = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty_site.settings"
from loyalty_site.settings import env
print(json.dumps([[each.name, each.type, each.default] for each in env.known.values()]))
"""


def run(code, **environment):
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "CLUB_VAR") if key in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={**kept, "CLUB_EMBEDDED": "0", **environment},
        capture_output=True,
        text=True,
    )


def read_table():
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    table = text[text.index("## Environment") : text.index("## Backup")]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row[:3]] for row in rows]


def test_table_of_the_handbook_is_that_of_the_settings():
    done = run(LIST, SECRET_KEY="s" * 50, DATABASE_URL="postgres://club@db/club")
    assert done.returncode == 0, done.stderr
    empty_var = {"CLUB_VAR": ""}
    known = [
        [name, kind, "required" if default is None else empty_var.get(name, default)]
        for name, kind, default in json.loads(done.stdout)
    ]
    assert sorted(read_table()) == sorted(known)


def test_nothing_else_in_the_product_reads_the_environment():
    """Services start before there are settings; everything else asks those."""
    allowed = {
        "manage.py",
        "celery.py",
        "wsgi.py",
        "deployment.py",
        "restore_drill.py",
        "metrics.py",
    }
    found = [
        str(path.relative_to(REPOSITORY))
        for app in settings.OWN_APPS
        for path in (REPOSITORY / app).rglob("*.py")
        if re.search(r"\benviron\b|getenv", path.read_text())
        and "embedded" not in path.parts
        and path.name not in {*allowed, "environment.py"}
        and not re.search(r"\benviron\.get\(\"(HTTP_|REMOTE_)", path.read_text())
    ]
    assert found == []


def test_wrong_start_names_everything_at_once_and_no_secret():
    done = run(
        "import loyalty_site.settings",
        DATABASE_URL="mysql://club:s3cret@db/club",
        HTTPS="ture",
        SMTP_PORT="many",
        DATABASE_POOL="0",
        CELERY_BROKER_URL="amqp://club:s3cret@queue//",
        LANGUAGE_CODE="de",
        LOG_LEVEL="chatty",
        SMS_BACKEND="gateway",
    )
    assert done.returncode != 0
    told = done.stderr[done.stderr.rindex("The environment is not right yet") :]
    assert [line.split()[0] for line in told.splitlines()[1:]] == [
        "SECRET_KEY",
        "DATABASE_URL",
        "DATABASE_POOL",
        "CELERY_BROKER_URL",
        "LANGUAGE_CODE",
        "SMTP_PORT",
        "SMS_BACKEND",
        "HTTPS",
        "LOG_LEVEL",
    ]
    assert "SECRET_KEY is not set. Make one with: python -c" in told
    assert "HTTPS is “ture”. Set 1 for yes or 0 for no." in told
    assert "SMTP_PORT is “many”. Set a whole number, 1 or more, such as 25." in told
    assert "LANGUAGE_CODE is “de”. Set one of: en, zh-hans, zh-hant, ja." in told
    assert "s3cret" not in done.stderr


def test_command_says_what_is_wrong_without_a_trace():
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=REPOSITORY,
        env={**kept, "CLUB_EMBEDDED": "0", "SECRET_KEY": "s" * 50},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The environment is not right yet")
    assert "DATABASE_URL is not set. Start bin/run once, or name your own" in done.stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("off", False)],
)
def test_flag_is_yes_or_no(text, value):
    assert Environment({"A": text}).flag("A", not value) is value


def test_empty_variable_counts_as_unset():
    env = Environment({"A": "", "B": " ", "C": "", "D": ""})
    assert (env.flag("A", True), env.text("B", "x"), env.number("C", 4)) == (True, "x", 4)
    assert env.names("D", ["a", "b"]) == ["a", "b"]
    env.check()


def test_list_is_divided_by_commas():
    assert Environment({"A": "a.example.com, b.example.com,"}).names("A") == [
        "a.example.com",
        "b.example.com",
    ]


def test_value_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    assert Environment({"A_FILE": str(path)}).required("A", "") == "from-a-file"
    assert list_missing_services({"DATABASE_URL_FILE": str(path)}) == ("broker", "mail")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"A": "x", "A_FILE": "/nowhere"}, "A_FILE stands beside A. Set one of the two."),
        ({"A_FILE": "/nowhere"}, "/nowhere can't be read: No such file or directory."),
        ({}, "A is not set. Think of one."),
    ],
)
def test_file_and_absence_are_explained(values, complaint):
    env = Environment(values)
    env.required("A", "Think of one.")
    with pytest.raises(ImproperlyConfigured, match=re.escape(complaint)):
        env.check()


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("postgres://club:p%40ss@db:5432/club?sslmode=require", True),
        ("postgresql:///club?host=/run/postgresql", True),
        ("postgres://", False),
        ("postgres://club@db:port/club", False),
        ("sqlite:///club.db", False),
    ],
)
def test_database_is_a_postgresql(value, is_right):
    env = Environment({"A": value})
    found = env.database("A", "")
    assert (env.problems == []) is is_right
    assert bool(found) is is_right
