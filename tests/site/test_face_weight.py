"""What the member home weighs on a cold visit, with static files as production serves them."""

from collections import Counter

import pytest
from django.test.testcases import LiveServerThread
from django.utils import timezone

from rewards.services.grants import grant_points
from tests.site.test_browser import (  # noqa: F401 (fixture)
    browser_type_launch_args,
)
from tests.site.test_face_pages import log_in_at_once
from tests.site.test_static_files import BACKEND, collect

pytestmark = [pytest.mark.django_db(transaction=True)]
MOST, MOST_SCRIPT = 100_000, 30_000


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def served(settings, tmp_path):
    """The address of a server without the live server's own handler of static files."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": BACKEND}}
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    collect()
    thread = LiveServerThread("127.0.0.1", lambda handler: handler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


def test_home_is_light_on_a_cold_visit(served, browser, own, rules, make_reward, make_client, now):
    mei = own("mei", given_name="Mei", family_name="Chen")
    grant_points(mei, 500, expires_on=None, note="", key="k", by=None, now=now)
    for points in (20, 50, 600, 900):
        make_reward(f"Reward of {points}", price_points=points)
    context = browser.new_context(viewport={"width": 390, "height": 844}, service_workers="block")
    page = context.new_page()
    log_in_at_once(page, make_client(mei.user), served)
    kinds, weights = {}, Counter()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event}))
    wire.on(
        "Network.loadingFinished",
        lambda event: weights.update({event["requestId"]: event["encodedDataLength"]}),
    )
    page.goto(f"{served}/home/", wait_until="networkidle")
    by_address = {
        kinds[key]["response"]["url"].removeprefix(served): (kinds[key]["type"], int(weight))
        for key, weight in weights.items()
    }
    context.close()
    assert {"Document", "Stylesheet", "Image"} <= {kind for kind, _weight in by_address.values()}
    scripts = sum(weight for kind, weight in by_address.values() if kind == "Script")
    assert 0 < scripts <= MOST_SCRIPT, by_address
    assert sum(weight for _kind, weight in by_address.values()) <= MOST, by_address
