"""Every page in a real Chromium: axe in both themes and at two widths, the smallest phone, 200 %
zoom, no complaint of the browser, nothing that jumps.
"""

import pytest
from django.conf import settings
from django.utils import timezone

from tests.site.face import WATCH_SHIFTS, list_flaws
from tests.site.face_pages import furnish, list_pages
from tests.site.test_access import arguments  # noqa: F401 (fixture)
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    visit,
)

pytestmark = [pytest.mark.django_db(transaction=True)]
# Where a page that jumps would be noticed first.
STILL = ("/", "/home/", "/rewards/")


@pytest.fixture
def now():
    """The browser keeps its own clock, so here the server's must be the real one."""
    return timezone.now()


@pytest.fixture
def frozen(now):
    """Nothing stands still for a browser."""
    return now


@pytest.fixture
def furnished(cast, arguments, make_reward, now):  # noqa: F811
    return furnish(cast.members["mei"], make_reward, now)


@pytest.mark.parametrize("who", ["anonymous", "mei"])
def test_every_page_is_well_made(who, cast, arguments, furnished, visit, live_server):  # noqa: F811
    pages = [address for address, _html in list_pages(who, cast, arguments)]
    if who == "mei":
        pages += furnished
    else:
        outside = list_pages("outsider", cast, arguments)
        assert "/membership/" in dict(outside)
    page = visit(390, "light", reduced_motion="reduce")
    page.add_init_script(WATCH_SHIFTS)
    flaws = []
    if who != "anonymous":
        log_in_at_once(page, cast.clients[who], live_server.url)
    for address in dict.fromkeys(pages):
        answer = page.goto(address)
        if answer.status >= 400:
            page.complaints.clear()  # Chromium complains of every page that is not found
        flaws += [(address, *flaw) for flaw in list_flaws(page, shift=address in STILL)]
    assert not flaws, "\n".join(map(str, flaws))


# What a page must not do, and the word by which it is told.
WRONGS = {
    "layout shift": "document.querySelector('main').insertAdjacentHTML("
    "'beforebegin', '<p><img width=300 height=300 alt></p>')",
    "Content Security Policy": "document.querySelector('main').insertAdjacentHTML("
    "'beforeend', '<p style=\"color: red\">a</p>')",
    "broken on purpose": "console.error('broken on purpose')",
    "px too wide": "document.querySelector('main').insertAdjacentHTML("
    "'beforeend', '<p><img width=900 height=1 alt class=\"hero-wide\"></p>');"
    "document.querySelector('.hero-wide').style.maxInlineSize = 'none'",
    "color-contrast": "document.querySelector('main h1').style.color = '#eee'",
}


@pytest.mark.parametrize("wrong", WRONGS)
def test_measures_notice_what_is_wrong(wrong, club, visit):  # noqa: F811
    page = visit(390, "light", reduced_motion="reduce")
    page.add_init_script(WATCH_SHIFTS)
    page.goto("/")
    page.wait_for_timeout(200)
    page.evaluate(WRONGS[wrong])
    flaws = list_flaws(page, shift=True)
    assert wrong in str(flaws)


def log_in_at_once(page, client, address):
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
