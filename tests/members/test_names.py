from types import SimpleNamespace

import pytest
from django.utils.translation import override

from members import names


def person(family="", given="", display="", gender="", locale=""):
    return SimpleNamespace(
        family_name=family, given_name=given, display_name=display, gender=gender, locale=locale
    )


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (person("Chen", "Mei"), "Mei Chen"),
        (person("王", "小明"), "王小明"),
        (person("山田", "太郎"), "山田太郎"),
        (person("佐藤", "さくら"), "佐藤 さくら"),
        (person("", "Mei"), "Mei"),
        (person("Chen"), "Chen"),
        (person(display="Mei"), "Mei"),
        (person(), ""),
    ],
)
def test_full_name_follows_the_order_of_the_name(who, expected):
    assert names.get_full_name(who) == expected


@pytest.mark.parametrize(
    ("who", "locale", "formal", "expected"),
    [
        (person("山田", "太郎"), "ja", True, "山田様"),
        (person("山田", "太郎"), "ja", False, "山田さん"),
        (person("山田", "太郎", display="タロ"), "ja", True, "山田様"),
        (person("山田", "太郎", display="タロ"), "ja", False, "タロさん"),
        (person("Chen", "Mei"), "ja", True, "Chen様"),
        (person("王", "小明", gender="male"), "zh-hans", True, "王小明先生"),
        (person("王", "芳", gender="female"), "zh-hant", True, "王芳女士"),
        (person("王", "芳"), "zh-hans", True, "王芳"),
        (person("王", "芳", gender="other"), "zh-hans", True, "王芳"),
        (person("王", "小明", gender="male"), "zh-hans", False, "小明"),
        (person("Chen", "Mei", gender="female"), "zh-hans", True, "Mei Chen"),
        (person("Chen", "Mei", gender="female"), "en", True, "Mei Chen"),
        (person("Chen", "Mei"), "en", False, "Mei"),
        (person("Chen", "Mei", display="M."), "en", False, "M."),
        (person(), "ja", True, ""),
        (person(), "en", False, ""),
    ],
)
def test_greeting_name_by_language(who, locale, formal, expected):
    assert names.get_greeting_name(who, locale, formal=formal) == expected


def test_greeting_uses_the_members_own_language():
    assert names.get_greeting_name(person("山田", "太郎", locale="ja"), formal=True) == "山田様"


def test_greeting_without_a_name_still_greets():
    assert names.get_greeting(person(), "en") == "Welcome"
    assert names.get_greeting(person("Chen", "Mei"), "en") == "Hello, Mei"


def test_number_is_grouped_for_reading():
    assert names.format_number("482109375514") == "4821 0937 5514"


@pytest.mark.parametrize(
    ("who", "language", "expected"),
    [
        (person("星野", "雪"), "ja", "星野雪様"),
        (person("Wong", "Mei"), "ja", "Mei Wong様"),
        (person("王", "小明", gender="male"), "zh-hant", "王小明先生"),
        (person("王", "小明"), "zh-hans", "王小明"),
        (person("星野", "雪"), "en", "星野雪"),
        (person(), "ja", ""),
    ],
)
def test_staff_read_names_with_the_title_of_their_language(who, language, expected):
    with override(language):
        assert names.get_titled_name(who) == expected
