"""Drawn pictures: the same words, the same picture; small, whole, without script."""

import re
from xml.etree import ElementTree

import pytest
from django.template import Context, Template
from django.urls import reverse

from core.pictures.addresses import cover_url, pattern_url, scene_url, seed_of
from core.pictures.covers import draw_cover
from core.pictures.motifs import MOTIFS
from core.pictures.palettes import PALETTES
from core.pictures.patterns import PATTERNS, draw_pattern
from core.pictures.scenes import SCENES, draw_scene

SEEDS = range(12)
_KNOWN = {
    "svg", "style", "defs", "filter", "feDropShadow", "pattern", "g", "path", "rect", "circle",
    "ellipse",
}  # fmt: skip


def read(drawing):
    root = ElementTree.fromstring(drawing)
    return {node.tag.removeprefix("{http://www.w3.org/2000/svg}") for node in root.iter()}


def test_covers_are_small_whole_and_still():
    for motif in MOTIFS:
        for seed in SEEDS:
            drawing = draw_cover(motif, seed)
            assert len(drawing.encode()) <= 4096, (motif, seed)
            assert read(drawing) <= _KNOWN, (motif, seed)
            assert not re.search(r"nan|inf|href|None|\.\d{3}|  ", drawing), (motif, seed)


def test_covers_vary_with_their_seed_alone():
    for motif in MOTIFS:
        assert draw_cover(motif, 7) == draw_cover(motif, 7)
        assert len({draw_cover(motif, seed) for seed in SEEDS}) == len(SEEDS), motif


def test_cover_takes_the_papers_it_is_given():
    for papers in PALETTES.values():
        drawing = draw_cover("mug", 1, palette=papers)
        assert f".w{{fill:{papers.wall}}}" in drawing
        assert f".w{{fill:{papers.night[0]}}}" in drawing.partition("dark")[2]


def test_motif_nobody_has_drawn_becomes_a_pattern():
    assert read(draw_cover("flying-carpet", 3)) <= _KNOWN


@pytest.mark.parametrize("color", ["6c2642", "f3e9d2", "000000", "ffffff"])
def test_patterns_are_faint_on_their_colour(color):
    for kind in PATTERNS:
        drawing = draw_pattern(kind, color)
        assert read(drawing) <= _KNOWN
        (ink,) = {*re.findall(r'(?:fill|stroke)="#(\w{6})"', drawing)} - {color}
        ground, thread = (relative_luminance(part) for part in (color, ink))
        ratio = (max(ground, thread) + 0.05) / (min(ground, thread) + 0.05)
        assert 1.02 < ratio < 1.6, kind


def relative_luminance(color):
    parts = (int(color[at : at + 2], 16) / 255 for at in (0, 2, 4))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_scenes_are_small_and_whole():
    for name in SCENES:
        assert read(draw_scene(name)) <= _KNOWN, name
        assert len(draw_scene(name).encode()) <= 4096, name


@pytest.mark.parametrize(
    "address",
    ["/pictures/cover/coffee/1.svg", "/pictures/cover/nobody/99999999.svg",
     "/pictures/pattern/waves/6c2642.svg", "/pictures/scene/missing.svg"],
)  # fmt: skip
def test_picture_is_kept_for_good(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    assert "Set-Cookie" not in answer
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "address",
    ["/pictures/pattern/plaid/6c2642.svg", "/pictures/pattern/waves/red.svg",
     "/pictures/scene/nowhere.svg", f"/pictures/cover/tea/{'9' * 5000}.svg"],
)  # fmt: skip
@pytest.mark.django_db
def test_picture_that_nobody_can_draw_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_picture_is_not_posted(client):
    assert client.post(reverse("picture_cover", args=["tea", 1])).status_code == 405


def test_addresses_say_the_edition():
    assert cover_url("tea", 3) == "/pictures/cover/tea/3.svg?e=1"
    assert pattern_url("rays", "#6C2642") == "/pictures/pattern/rays/6c2642.svg?e=1"
    source = '{% load pictures %}{% scene_url "locked" %}'
    assert Template(source).render(Context()) == scene_url("locked")


def test_seed_of_a_code_is_the_same_everywhere():
    assert seed_of("coffee-beans") == 1821494
