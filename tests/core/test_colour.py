"""Colours against values that others published, and what every pick must hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.colour import (
    TEXT,
    darken,
    find_nearest,
    get_contrast,
    get_luminance,
    is_hex,
    lighten,
    stands_out,
    to_hex,
    to_lch,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),  # the palest grey that passes on white
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#ffff00", "#ffffff", 1.07),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(get_contrast(one, other), 2) == ratio
    assert get_contrast(one, other) == get_contrast(other, one)


@pytest.mark.parametrize(
    ("color", "lightness", "chroma"),
    [
        ("#ffffff", 1.0, 0.0),
        ("#000000", 0.0, 0.0),
        ("#ff0000", 0.628, 0.258),  # CSS Color 4: oklch(0.628 0.2577 29.23)
        ("#00ff00", 0.866, 0.295),
        ("#0000ff", 0.452, 0.313),
    ],
)
def test_oklch_is_that_of_css_color(color, lightness, chroma):
    found = to_lch(color)
    assert (round(found.lightness, 3), round(found.chroma, 3)) == (lightness, chroma)


def test_luminance_of_the_primaries():
    primaries = ("#ff0000", "#00ff00", "#0000ff")
    assert [round(get_luminance(each), 4) for each in primaries] == [0.2126, 0.7152, 0.0722]


@given(COLOURS)
def test_colour_comes_back_from_oklch(color):
    assert to_hex(to_lch(color)) == color


@given(COLOURS, st.floats(0, 1), st.floats(0, 0.5))
def test_what_no_screen_shows_becomes_a_colour(color, lightness, chroma):
    assert is_hex(to_hex(to_lch(color)._replace(lightness=lightness, chroma=chroma)))


@given(COLOURS)
def test_nearest_shade_is_legible_and_no_further_than_needed(color):
    papers = ("#faf6ee", "#f1eadd")
    shade = find_nearest(color, papers, TEXT)
    assert shade is not None
    assert min(get_contrast(shade, paper) for paper in papers) >= TEXT
    if min(get_contrast(color, paper) for paper in papers) >= TEXT:
        assert shade == color
    else:
        assert min(get_contrast(shade, paper) for paper in papers) < TEXT + 0.15


def test_search_says_when_nothing_is_legible():
    grey = to_lch("#777777")
    assert get_contrast(darken(grey, ("#808080",), TEXT), "#808080") >= TEXT
    assert lighten(grey, ("#808080",), TEXT) is None
    assert find_nearest("#777777", ("#000000", "#ffffff"), 5) is None


def test_dot_is_seen_without_an_outline():
    assert stands_out("#6b5b4a", "#faf6ee")
    assert not stands_out("#d9b44a", "#faf6ee", "#1d1917")


@pytest.mark.parametrize("wrong", ["", "#fff", "#FFFFFF", "ffffff", "#gggggg", "#ffffff "])
def test_other_spellings_are_no_colour(wrong):
    assert not is_hex(wrong)
    with pytest.raises(ValueError, match="no colour"):
        get_luminance(wrong)
