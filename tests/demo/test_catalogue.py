"""The demonstration's catalogue: how much of it there is on any day, and in which words."""

import datetime as dt
from collections import Counter

import pytest

from core.pictures.motifs import MOTIFS
from core.time import day_of
from loyalty_site.demo.catalogue import (
    SEASONS,
    find_season,
    set_up_catalogue,
    start_of_seasons,
)
from loyalty_site.demo.data import read_rewards, read_table
from loyalty_site.demo.people import set_up_club
from loyalty_site.demo.programme import set_up_programme
from members.selectors.club import get_club
from purchases.models import Category
from rewards.models import Reward, Rotation
from rewards.selectors.rotation import list_resting, list_turns

LANGUAGES = ("en", "zh-hans", "zh-hant", "ja")
SENTENCES = ("name", "summary", "description")
REWARDS = read_rewards()["rewards"]
ON_SHOW = [each for each in REWARDS if not each.get("draft") and not each.get("retired")]
ONE_OF_EACH_SEASON = [
    dt.datetime(2027, 1, 15, 20, tzinfo=dt.UTC),
    dt.datetime(2027, 5, 31, 20, tzinfo=dt.UTC),  # the 92nd day of spring
    dt.datetime(2027, 8, 31, 20, tzinfo=dt.UTC),
    dt.datetime(2026, 11, 21, 2, tzinfo=dt.UTC),
]


def list_words(value, path=""):
    """(where, words by language) of everything that is written in languages."""
    if isinstance(value, dict) and "en" in value:
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from list_words(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            name = inner.get("slug", place) if isinstance(inner, dict) else place
            yield from list_words(inner, f"{path}/{name}")


def list_seasonal(season):
    return [each for each in ON_SHOW if each.get("season") == season]


# --- Words ---------------------------------------------------------------------------------------


def test_every_text_stands_in_four_languages_each_its_own():
    for path, words in list_words(read_rewards()):
        assert tuple(sorted(words)) == tuple(sorted(LANGUAGES)), path
        assert all(text.strip() == text and text for text in words.values()), path
        assert len(set(words.values())) == len(LANGUAGES), f"{path} is the same twice"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reward_speaks_in_another_one_s_words(language):
    for field in SENTENCES:
        counts = Counter(each[field][language] for each in REWARDS)
        assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reward_says_why_what_and_how(language):
    uses, conditions = read_rewards()["how_to_use"], read_rewards()["fine_print"]
    for each in REWARDS:
        assert 0 < len(each["summary"][language]) <= 200, each["slug"]
        assert each["description"][language], each["slug"]
        assert uses[each.get("use", each["kind"])][language]
        assert "fine_print" not in each or conditions[each["fine_print"]][language]


@pytest.mark.parametrize("file", ["departments.csv", "categories.csv", "products.csv"])
def test_goods_and_their_shelves_have_names_in_each_language(file):
    for row in read_table(file):
        assert all(row[f"name{end}"] for end in ("", "_zh_hans", "_zh_hant", "_ja")), row


def test_departments_are_those_of_the_categories():
    known = {row["slug"]: row["name"] for row in read_table("departments.csv")}
    used = {row["department"] for row in read_table("categories.csv")}
    assert set(known) == used
    assert all(name == slug.capitalize() for slug, name in known.items())


# --- How many ------------------------------------------------------------------------------------


def test_there_are_more_than_seventy_over_more_than_ten_kinds():
    assert len(ON_SHOW) == 80
    by_kind = Counter(each["category"] for each in ON_SHOW)
    assert set(by_kind) == {each["slug"] for each in read_rewards()["categories"]}
    assert len(by_kind) == 13
    assert min(by_kind.values()) >= 2
    assert len({each["kind"] for each in ON_SHOW}) == 8


def test_every_reward_is_drawn():
    assert {each["motif"] for each in REWARDS} <= set(MOTIFS)
    assert len({each["motif"] for each in ON_SHOW}) > 35


def test_each_season_brings_as_many():
    (rotation,) = (each for each in read_rewards()["rotations"] if each["slug"] == "seasons")
    assert [len(list_seasonal(season)) for season in SEASONS] == [rotation["slot_count"]] * 4
    assert {each.get("season") for each in REWARDS} == {None, *SEASONS}


# --- Seasons -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "season", "began"),
    [
        (dt.date(2026, 11, 30), "autumn", dt.date(2026, 9, 1)),
        (dt.date(2026, 12, 1), "winter", dt.date(2026, 12, 1)),
        (dt.date(2027, 1, 1), "winter", dt.date(2026, 12, 1)),
        (dt.date(2028, 2, 29), "winter", dt.date(2027, 12, 1)),
        (dt.date(2027, 3, 1), "spring", dt.date(2027, 3, 1)),
        (dt.date(2027, 6, 30), "summer", dt.date(2027, 6, 1)),
    ],
)
def test_a_season_begins_with_its_month(day, season, began):
    assert find_season(day) == (SEASONS.index(season), began)


def test_on_every_day_a_club_that_is_set_up_shows_the_season_of_that_day():
    for days in range(4 * 366):
        day = dt.date(2027, 1, 1) + dt.timedelta(days=days)
        rotation = Rotation(starts_on=start_of_seasons(day), turn_days=91, slot_count=1)
        (turn,) = list_turns(range(4), rotation, day, count=1)
        assert turn.members == [find_season(day)[0]], day
        assert turn.starts_on <= day <= turn.ends_on


@pytest.mark.django_db
@pytest.mark.parametrize("now", ONE_OF_EACH_SEASON)
def test_what_is_on_show_in_each_season(now):
    set_up_club(now=now)
    set_up_programme(now=now)
    set_up_catalogue(seed=1, now=now)
    today = day_of(now, get_club().zone)
    season, _began = find_season(today)

    resting = list_resting(today)
    shown = Reward.objects.published().exclude(pk__in=resting)
    slugs = set(shown.values_list("slug", flat=True))

    assert len(slugs) + len(resting) == 80
    assert len(slugs) == 52
    for place, name in enumerate(SEASONS):
        theirs = {each["slug"] for each in list_seasonal(name)}
        assert (theirs <= slugs) if place == season else not (theirs & slugs)
    assert shown.values("category").distinct().count() == 13


@pytest.mark.django_db
def test_a_year_passes_without_anybody_setting_it_up_again(now):
    set_up_club(now=now)
    set_up_programme(now=now)
    set_up_catalogue(seed=1, now=now)
    today = day_of(now, get_club().zone)
    kept = dict(Reward.objects.published().values_list("pk", "category_id"))
    seen = set()
    for days in range(0, 366, 13):
        shown = set(kept) - set(list_resting(today + dt.timedelta(days=days)))
        assert len(kept) > 70
        assert 48 <= len(shown) <= 56
        assert len({kept[pk] for pk in shown}) >= 10
        seen |= shown
    assert seen == set(kept)


@pytest.mark.django_db
def test_dates_of_a_season_to_come_lie_in_it(now):
    set_up_club(now=now)
    set_up_programme(now=now)
    set_up_catalogue(seed=1, now=now)
    zone = get_club().zone
    for each in ON_SHOW:
        if "season" not in each or "sessions" not in each:
            continue
        reward = Reward.objects.get(slug=each["slug"])
        for session in reward.sessions.all():
            day = day_of(session.starts_at, zone)
            if each["season"] != SEASONS[find_season(day_of(now, zone))[0]]:
                assert SEASONS[find_season(day)[0]] == each["season"], each["slug"]
            assert session.starts_at > now
            assert day.weekday() == 5 or "weekend" not in each
            assert session.i18n


def test_departments_of_goods_speak_each_language(stories):
    names = {row["name"] for row in read_table("departments.csv")}
    departments = Category.objects.filter(parent__isnull=True, name__in=names)
    assert {each.name for each in departments} == names
    for department in departments:
        assert {"name_ja", "name_zh_hans", "name_zh_hant"} <= set(department.i18n)
