"""Wheels as drawn: sizes that are true or say so, words that fit, ink that can be read."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.colour import TEXT, get_contrast
from core.pictures.lettering import LEAST, MOST, measure, place_label
from core.pictures.wheel import (
    BETWEEN,
    DEEP,
    PALE,
    Slice,
    choose_ink,
    choose_inside,
    draw_disc,
    draw_emblem,
    draw_frame,
    list_colors,
    list_pegs,
    shape_wheel,
)

PARSE = "<svg xmlns='http://www.w3.org/2000/svg'>{}</svg>"
LABELS = (
    "20 points", "はずれ", "ホットコーヒー一杯", "季節限定鳳梨酥禮盒十二入裝特大", "購物金50元",
    "A slice of today’s cake",
    "Wolfeschlegelsteinhausenbergerdorff", "<b>&\"'", "🌸", "",
)  # fmt: skip


def test_slices_are_as_wide_as_their_weights():
    shape = shape_wheel([1, 2, 1])
    assert shape.angles == (90, 180, 90)
    assert shape.is_true


def test_a_slice_of_a_thousandth_is_seen_and_that_is_said():
    shape = shape_wheel([1, 499, 500])
    assert shape.angles[0] == 4
    assert sum(shape.angles) == pytest.approx(360)
    assert not shape.is_true


def test_equal_sizes_are_true_only_for_equal_weights():
    assert shape_wheel([5, 5], is_equal=True).is_true
    assert not shape_wheel([5, 6], is_equal=True).is_true


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=24))
@settings(max_examples=60, deadline=None)
def test_any_weights_fill_the_whole_turn(weights):
    shape = shape_wheel(weights)
    assert sum(shape.angles) == pytest.approx(360)
    assert min(shape.angles) > 3.99


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=24), st.integers(1, 10_000), st.data())
@settings(max_examples=60, deadline=None)
def test_wheel_rests_with_its_pointer_inside_the_slice(weights, counter, data):
    shape = shape_wheel(weights)
    index = data.draw(st.integers(0, len(weights) - 1))
    rest = shape.find_rest(index, choose_inside(counter))
    under_pointer = (360 - rest) % 360
    assert shape.start_of(index) < under_pointer < shape.start_of(index) + shape.angles[index]


@pytest.mark.parametrize("count", [2, 3, 7, 8, 24])
def test_neighbours_differ_all_the_way_round(count):
    colors = list_colors([Slice("x", 1)] * count)
    assert all(one != other for one, other in zip(colors, colors[1:] + colors[:1], strict=True))


def test_own_colours_are_kept_where_somebody_chose_them():
    assert list_colors([Slice("a", 1, "#112233"), Slice("b", 1, "#445566")]) == [
        "#112233", "#445566"
    ]  # fmt: skip
    # One and the same everywhere is the form's own, and nobody's choice.
    same = [Slice("a", 1, "#c8553d"), Slice("b", 1, "#c8553d")]
    assert list_colors(same) == [DEEP[0], PALE[0]]


@pytest.mark.parametrize(
    "color", [*DEEP, *PALE, BETWEEN, "#808080", "#777777", "#c8553d", "#ff0000"]
)
def test_words_can_be_read_on_every_colour(color):
    assert get_contrast(choose_ink(color), color) >= TEXT


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("angle", [4, 8, 15, 30, 60, 180, 360])
def test_words_are_drawn_within_bounds_and_escaped(label, angle):
    svg = place_label(label, angle, icon="gift", icons="/icons.svg", ink="#000000")
    ET.fromstring(PARSE.format(svg))
    sizes = [float(each) for each in re.findall(r'font-size="([\d.]+)"', svg)]
    assert all(2 <= each <= MOST for each in sizes)
    if angle < 5.5 or not label:
        assert not svg


def write(label, angle):
    return place_label(label, angle)


def test_long_words_of_a_narrow_slice_end_in_dots():
    svg = write("超級無敵豪華季節限定手工鳳梨酥綜合禮盒十二入", 8)
    assert "…" in svg
    assert f'font-size="{LEAST}"' in svg


def test_chinese_stands_one_below_the_other_in_a_narrow_slice():
    svg = write("再轉一次", 15)
    heights = [float(y) for y in re.findall(r'<tspan x="0" y="(-?[\d.]+)"', svg)]
    assert len(heights) == 4
    assert heights == sorted(heights)


def test_mark_of_a_long_vowel_lies_in_vertical_writing():
    assert re.findall(r'rotate\(90\)"[^>]*>([^<]+)<', write("コーヒー", 15)) == ["ー", "ー"]


def test_wide_characters_count_double():
    assert measure("中") > measure("m") > measure("i")


@pytest.mark.parametrize("count", [2, 8, 24])
def test_disc_is_sound_svg_with_a_slice_for_each(count):
    slices = [Slice("<100> points", 1, icon="gift", is_gone=at == 0) for at in range(count)]
    svg = draw_disc(slices, shape_wheel([1] * count), icons="/icons.svg", rest=10, won=1)
    root = ET.fromstring(PARSE.format(svg))
    drawn = [each for each in root.iter() if "wheel-slice" in each.get("class", "")]
    assert len(drawn) == count
    assert [at for at, each in enumerate(drawn) if "is-won" in each.get("class")] == [1]
    assert svg.count('url(#gone)"') == 1
    assert "style" not in svg
    assert len(svg) < 16_000


@pytest.mark.parametrize("draw", [draw_frame, draw_emblem])
def test_frame_and_emblem_are_sound_svg(draw):
    ET.fromstring(PARSE.format(draw()))
    assert len(draw()) < 4_000


def test_pegs_stand_at_every_border_and_never_far_apart():
    assert list_pegs(shape_wheel([1] * 24))[:3] == [0, 15, 30]
    pegs = list_pegs(shape_wheel([1, 1]))
    assert len(pegs) == 12
