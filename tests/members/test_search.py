import pytest
from django.db import connection

from members.models import Member
from members.selectors.search import search_members
from members.services.profiles import update_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(make_member):
    return {
        "mei": make_member(
            family_name="Chen", given_name="Mei", email="mei@example.com", phone="415 555 0123"
        ),
        "wang": make_member(
            family_name="王",
            given_name="小明",
            family_name_reading="Wáng",
            given_name_reading="Xiǎo Míng",
        ),
        "ouyang": make_member(family_name="欧阳", given_name="娜娜"),
        "yamada": make_member(
            family_name="山田",
            given_name="太郎",
            family_name_reading="ヤマダ",
            given_name_reading="タロウ",
        ),
        "sasaki": make_member(
            family_name="佐々木",
            given_name="希",
            family_name_reading="ささき",
            given_name_reading="のぞみ",
        ),
        "garcia": make_member(family_name="García López", given_name="José"),
        "nick": make_member(display_name="Björk"),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mei@EXAMPLE.com", ["mei"]),
        ("(415) 555-0123", ["mei"]),
        ("+1 415 555 0123", ["mei"]),
        ("mei@example.co", []),
        ("Che", ["mei"]),
        ("mei", ["mei"]),
        ("mei chen", ["mei"]),
        ("CHEN M", ["mei"]),
        ("王小", ["wang"]),
        ("小明", ["wang"]),
        ("王小明", ["wang"]),
        ("王 小明", ["wang"]),
        ("wang", ["wang"]),
        ("wáng xiǎo", ["wang"]),
        ("wangxiaoming", ["wang"]),
        ("wang xiao ming", ["wang"]),
        ("xiaoming", ["wang"]),
        ("阳娜", ["ouyang"]),
        ("欧阳", ["ouyang"]),
        ("山田", ["yamada"]),
        ("田太", ["yamada"]),
        ("山田太郎", ["yamada"]),
        ("やまだ", ["yamada"]),
        ("ヤマダ", ["yamada"]),
        ("ﾔﾏﾀﾞ", ["yamada"]),
        ("やまだ たろう", ["yamada"]),
        ("たろうやまだ", ["yamada"]),
        ("佐々", ["sasaki"]),
        ("さ", ["sasaki"]),
        ("garcia", ["garcia"]),
        ("GARCÍA", ["garcia"]),
        ("lopez", ["garcia"]),
        ("jose garcia", ["garcia"]),
        ("bjork", ["nick"]),
        ("nobody", []),
        ("", []),
        ("   ", []),
        ("%", []),
        ("'", []),
        ("o'x & !(:*", []),
        ("\x00", []),
    ],
)
def test_search_finds(cast, text, expected):
    assert search_members(text) == [cast[name] for name in expected]


def test_search_by_number_as_printed(cast):
    number = cast["mei"].number
    assert search_members(f"{number[:4]} {number[4:8]} {number[8:]}") == [cast["mei"]]


def test_lists_sort_by_reading_with_kana_and_pinyin_folded(cast):
    named = Member.objects.exclude(pk=cast["ouyang"].pk).sorted_by_name()
    names = {member.pk: name for name, member in cast.items()}
    assert [names[member.pk] for member in named] == [
        "nick",
        "mei",
        "garcia",
        "wang",
        "sasaki",
        "yamada",
    ]


def test_search_words_follow_a_change_of_name(cast, now):
    update_member(cast["mei"], {"family_name": "Lin"}, by=None, now=now)
    assert search_members("chen") == []
    assert search_members("lin") == [cast["mei"]]


def test_first_fifty(make_member):
    for _ in range(52):
        make_member(family_name="Smith")
    assert len(search_members("smi")) == 50
    assert len(search_members("smi", limit=7)) == 7


def test_best_match_first_and_none_twice(make_member):
    given = make_member(family_name="Abe", given_name="Lee")
    family = make_member(family_name="Lee", given_name="Lee")
    assert search_members("lee") == [family, given]


def test_nameless_members_cost_the_word_index_nothing(make_member):
    make_member()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name_words IS NULL, name_sort FROM members_member")
        assert cursor.fetchone() == (True, "")
