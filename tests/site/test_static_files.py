"""What collectstatic leaves for production."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

BACKEND = "loyalty_site.static_files.BundledStaticFilesStorage"


# The pages of the API's description are as large as all others together; a start of the club
# collects them, too (tests/workshop).
OTHERS = ["ninja"]


def collect():
    call_command("collectstatic", "--no-input", ignore_patterns=OTHERS, verbosity=0)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": BACKEND}}
    with override_settings(STATIC_ROOT=folder, STORAGES=storages):
        collect()
        yield folder


@pytest.mark.parametrize("name", ["site", "counter"])
def test_stylesheet_is_one_file_that_holds_every_part(name, collected):
    source = Path(finders.find(f"css/{name}.css")).read_text()
    parts = re.findall(r'^@import url\("([^"]+)"\)', source, re.MULTILINE)
    (path,) = collected.glob(f"css/{name}.????????????.css")
    text = path.read_text()
    assert len(parts) > 4
    assert "@import" not in text
    for part in parts:
        rule = re.search(r"^.*{$", Path(finders.find(f"css/{part}")).read_text(), re.M)
        assert rule[0] in text, part
    assert path.with_suffix(".css.gz").exists()


def test_collecting_again_changes_nothing(collected):
    def list_sheets():
        return {path.name: path.read_bytes() for path in collected.glob("css/*.css")}

    before = list_sheets()
    collect()
    assert list_sheets() == before
