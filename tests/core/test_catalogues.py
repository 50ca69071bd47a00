"""The languages are equals: every string that is marked has its words in each of them."""

import ast
import gettext
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "locale"
BORROWED = ROOT / "loyalty_site" / "borrowed_words"  # what libraries say, said anew
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
LANGUAGES = ["ja", "zh_Hans", "zh_Hant"]
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def read(path):
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)._catalog


@pytest.fixture(params=LANGUAGES)
def folder(request):
    return LOCALE / request.param / "LC_MESSAGES"


def test_catalogue_is_whole_and_sound(folder):
    answer = subprocess.run(
        ["msgfmt", "--check", "--statistics", "-o", "/dev/null", str(folder / "django.po")],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert "untranslated" not in answer.stderr
    assert "fuzzy" not in answer.stderr


@pytest.mark.parametrize(
    ("root", "language"),
    [(LOCALE, each) for each in LANGUAGES] + [(BORROWED, each) for each in ["en", *LANGUAGES]],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_compiled_catalogue_is_current(root, language, tmp_path):
    folder = root / language / "LC_MESSAGES"
    fresh = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "-o", str(fresh), str(folder / "django.po")], check=True)
    ours = {key: value for key, value in read(folder / "django.mo").items() if key}
    assert ours == {key: value for key, value in read(fresh).items() if key}


def test_translations_keep_their_placeholders(folder):
    for key, words in read(folder / "django.mo").items():
        msgid = key[0] if isinstance(key, tuple) else key
        if msgid:
            asked = set(_PLACEHOLDER.findall(msgid.split("\x04")[-1]))
            assert set(_PLACEHOLDER.findall(words)) <= asked | {"%(count)s"}, msgid


def test_no_string_hides_in_an_f_string():
    """xgettext reads none of them, so the catalogues would look whole without it."""
    apps = (path.parent for path in ROOT.glob("*/apps.py"))
    files = [
        file for app in (*apps, ROOT / "core", ROOT / "loyalty_site") for file in app.rglob("*.py")
    ]
    assert len(files) > 500
    hidden = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in files
        for text in ast.walk(ast.parse(file.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in MARKS
    ]
    assert hidden == []
