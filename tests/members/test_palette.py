"""Whatever the owner picks, every pair of colours that meets on a page can be read."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.colour import TEXT, get_contrast
from members.palette import (
    DARK,
    HOUSE_ACCENT,
    HOUSE_CARD,
    LIGHT,
    LIT,
    ON_DARK,
    ON_LIGHT,
    SHADED,
    build_palette,
    build_sample_stylesheet,
    build_stylesheet,
    build_version,
    clean_color,
    get_bar_colors,
    judge_accent,
    judge_card,
    list_card_grounds,
    read_version,
)

TOKENS = Path(__file__).resolve().parents[2] / "static/css/tokens.css"
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS, COLOURS)
def test_every_pair_of_a_palette_is_legible(accent, card):
    palette = build_palette(judge_accent(accent).nearest, judge_card(card).nearest)
    for colours, papers in ((palette.light, ON_LIGHT), (palette.dark, ON_DARK)):
        words, wash = ("accent", "accent-strong"), colours["accent-wash"]
        for name, paper in product(words, (*papers, wash)):
            assert get_contrast(colours[name], paper) >= TEXT, (name, paper)
        for name in words:
            assert get_contrast(colours["on-accent"], colours[name]) >= TEXT
        for name, ground in product(("card-ink", "card-soft"), list_card_grounds(colours["card"])):
            assert get_contrast(colours[name], ground) >= TEXT, (name, ground)


@given(COLOURS)
def test_nearest_card_is_accepted(card):
    found = judge_card(card)
    assert found.nearest is not None
    assert judge_card(found.nearest).is_legible
    assert found.is_legible == (found.nearest == card)


def test_white_on_yellow_is_refused_with_a_shade_that_passes():
    found = judge_accent("#ffd400")
    assert not found.is_legible
    assert round(found.contrast, 1) == 1.2
    assert judge_accent(found.nearest).is_legible


def test_yellow_card_takes_dark_words():
    colours = build_palette("", "#ffd400").light
    assert judge_card("#ffd400").is_legible
    assert get_contrast(colours["card-ink"], "#ffd400") > 7


def test_grey_card_on_which_no_words_stand_out_is_refused():
    found = judge_card("#808080")
    assert (found.is_legible, judge_card(found.nearest).is_legible) == (False, True)


def test_papers_and_house_colours_are_those_of_the_tokens():
    """A new paper in tokens.css must be judged upon: change ``members.palette`` with it."""
    css = TOKENS.read_text()
    light, dark = css.split("prefers-color-scheme: dark", 1)

    def read(part):
        return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part))

    house = {"accent": HOUSE_ACCENT, "card": HOUSE_CARD}
    assert {**LIGHT, **house}.items() <= read(light).items()
    assert DARK.items() <= read(dark).items()
    assert get_bar_colors("") == (read(light)["accent-wash"], read(dark)["accent-wash"])


def test_veils_are_those_of_the_card():
    """A stronger gleam in card.css must be judged upon: change ``members.palette`` with it."""
    css = (TOKENS.parent / "components/card.css").read_text()
    gleam = re.search(r"linear-gradient\(125deg, rgb\(255 255 255 / (\d+)%\).*/ (\d+)%\)\)", css)
    assert (int(gleam[1]) / 100, int(gleam[2]) / 100) == (LIT, SHADED)


def test_house_colours_need_no_stylesheet():
    assert build_version("", "") == ""


def test_address_says_the_colours():
    version = build_version("#1e5945", "")
    assert version == "1-1e5945-6c2642"
    assert read_version(version) == build_palette("#1e5945", "")


@pytest.mark.parametrize(
    "version",
    ["", "1", "9-1e5945-6c2642", "1-1E5945-6c2642", "1-ffd400-6c2642", "1-1e5945-808080", "../x"],
)
def test_address_that_no_page_links_has_no_colours(version):
    assert read_version(version) is None


def test_stylesheet_is_small_and_declares_tokens_only():
    css = build_stylesheet(build_palette("#1e5945", "#1e5945"))
    assert len(css) < 600
    assert css.count("--accent:") == 2
    assert re.sub(r"--[a-z-]+:#[0-9a-f]{6};", "", css) == (
        ":root{}\n@media (prefers-color-scheme:dark){:root{}}\n"
    )
    assert ".is-dark{color-scheme:dark;--paper:#1d1917;" in build_sample_stylesheet(
        build_palette("#1e5945", "#1e5945")
    )


@pytest.mark.parametrize(
    ("typed", "kept"), [(" #1E5945 ", "#1e5945"), ("1e5945", "#1e5945"), ("", "")]
)
def test_color_is_kept_in_one_spelling(typed, kept):
    assert clean_color(typed) == kept


@pytest.mark.parametrize("typed", ["green", "#12", "#12345g", "url(x)", "#1e5945;}"])
def test_what_is_no_colour_is_refused(typed):
    with pytest.raises(ValueError, match=re.escape(typed)):
        clean_color(typed)
