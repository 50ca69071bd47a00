"""The owner's plain text on a page: what it may do, and that it can do nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prose import render_prose, split_paragraphs


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("One.\n\n\nTwo.", '<p dir="auto">One.</p>\n<p dir="auto">Two.</p>'),
        ("One\r\ntwo", '<p dir="auto">One<br>two</p>'),
        ("## Who\nWe.", '<h2 dir="auto">Who</h2>\n<p dir="auto">We.</p>'),
        ("- a\n- b", '<ul dir="auto"><li>a</li><li>b</li></ul>'),
        ("- a\nb", '<p dir="auto">- a<br>b</p>'),
        (
            "See https://example.com/a?b=1&c=2.",
            '<p dir="auto">See <a href="https://example.com/a?b=1&amp;c=2">'
            "https://example.com/a?b=1&amp;c=2</a>.</p>",
        ),
        (
            "詳細は https://example.jp/a。",
            '<p dir="auto">詳細は <a href="https://example.jp/a">https://example.jp/a</a>。</p>',
        ),
        ("mailto:a@b.example", '<p dir="auto"><a href="mailto:a@b.example">a@b.example</a></p>'),
        (
            "<script>alert(1)</script>",
            '<p dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;</p>',
        ),
        ("javascript:alert(1)", '<p dir="auto">javascript:alert(1)</p>'),
    ],
)
def test_prose_becomes_html(text, html):
    assert render_prose(text) == html


@given(st.text(alphabet="<>\"'&/:.#- \nahtps日", max_size=200))
def test_prose_holds_no_mark_up_but_its_own(text):
    html = render_prose(text)
    for own in ('<p dir="auto">', "</p>", '<h2 dir="auto">', "</h2>", "<ul>", "</ul>", "<br>",
                '<ul dir="auto">', "<li>", "</li>", "</a>", '<a href="'):  # fmt: skip
        html = html.replace(own, "")
    assert "<" not in html


def test_paragraphs_lie_between_empty_lines():
    assert split_paragraphs("a\n \nb\n\n\n") == ["a", "b"]
