"""The sprite and the tag that draws from it."""

import re
from pathlib import Path
from xml.etree import ElementTree

from django.conf import settings
from django.template import Context, Template

SPRITE = Path(settings.BASE_DIR, "static", "img", "icons.svg")


def list_names():
    return [
        symbol.get("id")
        for symbol in ElementTree.parse(SPRITE).getroot()
        if isinstance(symbol.tag, str)
    ]


def render(source, **context):
    return Template("{% load pictures %}" + source).render(Context(context))


def test_icon_beside_words_is_silent():
    drawn = render('{% icon "gift" %}')
    assert 'aria-hidden="true"' in drawn
    assert re.search(r'href="/static/img/icons[.\w]*\.svg#gift"', drawn)


def test_icon_alone_says_its_label_escaped():
    drawn = render('{% icon "heart" label %}', label="<Wish> & list")
    assert 'role="img" aria-label="&lt;Wish&gt; &amp; list"' in drawn


def test_sprite_is_one_hand():
    root = ElementTree.parse(SPRITE).getroot()
    symbols = [node for node in root if isinstance(node.tag, str)]
    assert {(s.get("viewBox"), s.get("stroke"), s.get("stroke-width")) for s in symbols} == {
        ("0 0 24 24", "currentColor", "1.75")
    }
    names = list_names()
    assert len(names) == len(set(names)) >= 40


def test_every_icon_named_in_a_template_is_drawn():
    used = {
        name
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for name in re.findall(r"{% icon \"([\w-]+)\"", path.read_text())
    }
    assert used <= set(list_names())
