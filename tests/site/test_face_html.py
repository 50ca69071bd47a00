"""The HTML of every page is what a conformance checker accepts."""

import pytest

from tests.site.conformance import list_faults
from tests.site.face_pages import furnish, list_pages
from tests.site.test_access import arguments  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def furnished(cast, arguments, make_reward, now):  # noqa: F811
    return furnish(cast.members["mei"], make_reward, now)


@pytest.mark.parametrize("who", ["anonymous", "outsider", "mei"])
def test_html_of_every_page_conforms(who, cast, arguments, furnished):  # noqa: F811
    pages = list_pages(who, cast, arguments)
    if who == "mei":
        for address in furnished:
            pages.append((address, cast.clients[who].get(address).content.decode()))
    faults = {address: faults for address, html in pages if (faults := list_faults(html))}
    assert len(pages) > {"anonymous": 20, "outsider": 20, "mei": 40}[who]
    assert faults == {}


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p><div>a</div></p>", "unexpected-end-tag"),
        ('<p id="a"></p><p id="a"></p>', "id “a” 2 times"),
        ("<h3>a</h3>", "h3 after h1"),
        ("<h1>b</h1>", "2 headings of the first level"),
        ('<img src="/a.png" width="1" height="1">', "picture without alt: /a.png"),
        ('<label for="b">b</label>', "label for=“b” names nothing"),
        ("<ul><div>a</div></ul>", "<div> straight in <ul>"),
        ('<a href="/"><button type="button">a</button></a>', "<button> in what is pressed itself"),
        ('<p style="color: red">a</p>', "style of its own"),
    ],
)
def test_checker_finds_what_is_wrong(html, fault):
    page = (
        '<!doctype html><html lang="en"><head><title>a</title></head>'
        "<body><main><h1>a</h1>{}</main></body></html>"
    )
    assert list_faults(page.format("<p>a</p>")) == []
    assert any(fault in each for each in list_faults(page.format(html)))
