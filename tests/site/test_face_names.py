"""Names that try a page: in the browser nothing is pushed beyond the screen."""

import pytest

from members.selectors.club import forget_club
from members.services.profiles import update_club
from members.services.theming import update_theme
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    browser_type_launch_args,
    now,
    visit,
)
from tests.site.test_face_pages import log_in_at_once

pytestmark = [pytest.mark.django_db(transaction=True)]
RTL = "نادي البرقوق للقهوة والحلويات"
LIST = "بدأ كل شيء.\n\n## القيم\n\n- طازج\n- عادل"
NAMES = {
    "long": "Plum & Heron Point Neighborhood Grocer, Café, Boathouse " * 2,
    "one word": "Internationalisierungsgesellschaft" * 3,
    "emoji": "🌸🍑🐦",
    "rtl": RTL,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_nothing_is_pushed_beyond_the_screen(name, cast, rules, visit, live_server, now):  # noqa: F811
    update_club({"name": name.strip()}, by=None, now=now)
    update_theme({"story_title": name[:120], "tagline": name, "story": LIST}, by=None, now=now)
    forget_club()
    page = visit(390, "light", reduced_motion="reduce")
    too_wide = []

    def look(*paths):
        for path in paths:
            page.goto(path)
            for width in (320, 390, 1280):
                page.set_viewport_size({"width": width, "height": 844})
                beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                bar = page.locator(".bar").bounding_box()["height"]
                if beyond > 0 or bar > 170:
                    too_wide.append((path, width, beyond, bar))

    look("/", "/en/story/", "/en/contact/", "/accounts/signup/")
    log_in_at_once(page, cast.clients["mei"], live_server.url)
    look("/home/", "/card/")
    assert too_wide == []
    assert page.complaints == []
