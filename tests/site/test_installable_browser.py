"""The worker in a real Chromium, against files as production serves them: offline, after a
log-out, after a deployment, beside the back office.
"""

import json

import pytest
from django.test.testcases import LiveServerThread
from playwright.sync_api import Error, expect

from members.selectors.club import forget_club, get_club
from members.services.logins import create_login
from members.services.theming import update_theme
from tests.site.conftest import PASSWORD
from tests.site.test_browser import (  # noqa: F401 (fixtures)
    _folder_of_static_files,
    assert_well_made,
    browser_type_launch_args,
    mei,
    now,
)
from tests.site.test_static_files import collected  # noqa: F401 (fixture)

pytestmark = [pytest.mark.django_db(transaction=True)]
KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const each of await (await caches.open(name)).keys())
            found.push(new URL(each.url).pathname);
    return found;
}"""


@pytest.fixture
def site(collected):  # noqa: F811
    """A server that answers as in production: WhiteNoise with what was collected."""
    thread = LiveServerThread("localhost", static_handler=lambda handler: handler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert not thread.error
    yield f"http://localhost:{thread.port}"
    thread.terminate()


@pytest.fixture
def phone(browser, site):
    """``phone()`` → a page of a browser of its own; ``locale="ja-JP"`` for another reader."""
    contexts = []

    def open_page(locale="en-US", scheme="light", width=390):
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            locale=locale,
            base_url=site,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: said.type in ("error", "warning") and page.complaints.append(said.text),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()


def wait_for_worker(page):
    """A page that was on its way meanwhile isn't controlled by it, and needn't be."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def wait_until(page, question, argument):
    """``wait_for_function`` takes a promise for a yes."""
    page.evaluate(
        f"""async (argument) => {{
            const question = {question};
            for (let tries = 0; tries < 200; tries += 1) {{
                if (await question(argument)) return;
                await new Promise((later) => setTimeout(later, 100));
            }}
            throw new Error("never: " + JSON.stringify([argument, await ({KEPT})()]));
        }}""",
        argument,
    )


def wait_for_kept(page, *paths):
    """Until the worker is there and has kept these, and no other card."""
    wait_for_worker(page)
    wait_until(
        page,
        f"""async (wanted) => {{
            const cards = (await ({KEPT})()).filter((path) => path.startsWith("/card/"));
            return JSON.stringify(cards.sort()) === JSON.stringify(wanted);
        }}""",
        sorted(paths),
    )


def cards_of(member):
    return "/card/offline/", f"/card/{member.number}.svg"


def switch(page, *, offline):
    page.context.set_offline(offline)


def test_browser_finds_nothing_that_keeps_it_from_installing(phone, mei):  # noqa: F811
    page = phone()
    page.goto("/")
    devtools = page.context.new_cdp_session(page)
    wait_for_worker(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    assert found["url"].endswith("/en/manifest.webmanifest")
    said = json.loads(found["data"])
    for icon in [
        *said["icons"],
        {"src": page.locator("[rel=apple-touch-icon]").get_attribute("href")},
    ]:
        size = page.evaluate(
            "async src => { const image = new Image(); image.src = src; await image.decode();"
            " return image.naturalWidth; }",
            icon["src"],
        )
        assert size > 0
    problems = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in problems if each["errorId"] != "in-incognito"] == []
    assert page.complaints == []


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("ja-JP", "dark")])
def test_offline_shows_the_card_and_never_a_balance(locale, scheme, phone, mei):  # noqa: F811
    page = phone(locale, scheme)
    enter(page)
    balance = page.locator("[data-count]").inner_text()
    wait_for_kept(page, *cards_of(mei))
    switch(page, offline=True)
    for path in ("/home/", "/statement/", "/rewards/", "/card/"):
        page.complaints.clear()
        page.goto(path)
        language = page.locator("html").get_attribute("lang")
        assert language == locale[:2]
        code = page.locator(".card-code")
        assert code.evaluate("async image => { await image.decode(); return image.naturalWidth; }")
        text = page.locator("body").inner_text()
        assert mei.number[:4] in text
        assert "星野" in text
        assert balance not in text
        assert page.locator("[data-count]").count() == 0
        assert [each for each in page.complaints if "ERR_INTERNET_DISCONNECTED" not in each] == []
    page.complaints.clear()
    assert_well_made(page, "offline")
    switch(page, offline=False)
    page.locator("main .button").click()
    page.wait_for_url("**/card/")
    expect(page.locator(".bar-nav")).to_be_visible()


def enter(page, email="mei@example.com"):
    """``log_in`` in whatever language."""
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/home/")


def test_log_out_takes_the_card_away_also_when_its_answer_is_lost(phone, mei):  # noqa: F811
    page = phone()
    enter(page)
    wait_for_kept(page, *cards_of(mei))
    page.goto("/home/")
    switch(page, offline=True)
    page.evaluate("fetch('/accounts/logout/', { method: 'POST' }).catch(() => {})")
    page.goto("/home/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
    assert page.locator(".card").count() == 0
    wait_for_kept(page)
    switch(page, offline=False)
    page.goto("/home/")  # still logged in, as the log-out never arrived: kept again
    wait_for_kept(page, *cards_of(mei))
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(lambda url: url.endswith("/") and "home" not in url)
    wait_for_kept(page)
    switch(page, offline=True)
    page.goto("/home/")
    expect(page.get_by_role("heading", level=1)).to_have_text("You are offline")
    assert page.locator(".card").count() == 0
    assert mei.number[:4] not in page.locator("body").inner_text()


def test_another_login_finds_only_its_own_card(phone, mei, own, now):  # noqa: F811
    ken = own("ken", given_name="Ken", family_name="Mori")
    page = phone()
    enter(page)
    wait_for_kept(page, *cards_of(mei))
    page.context.clear_cookies()  # the session ended without a log-out on this device
    page.goto("/accounts/login/")
    wait_for_kept(page)
    enter(page, "ken@example.com")
    wait_for_kept(page, *cards_of(ken))
    switch(page, offline=True)
    page.goto("/home/")
    text = page.locator("body").inner_text()
    assert "Ken Mori" in text
    assert mei.number[:4] not in text


def test_worker_of_a_new_deployment_replaces_the_old_and_keeps_the_card_again(phone, mei, now):  # noqa: F811
    page = phone()
    enter(page)
    wait_for_kept(page, *cards_of(mei))
    (old,) = page.evaluate("caches.keys()")
    update_theme({"accent": "#1e5945", "card": "#1e5945"}, by=None, now=now)
    forget_club()
    page.goto("/rewards/")
    wait_until(page, "async (old) => !(await caches.keys()).includes(old)", old)
    wait_for_kept(page, *cards_of(mei))
    assert f"/theme/{get_club().theme_version}.css" in page.evaluate(KEPT)
    assert len(page.evaluate("caches.keys()")) == 1


def test_switched_off_worker_leaves_nothing_behind(phone, mei, settings):  # noqa: F811
    page = phone()
    enter(page)
    wait_for_kept(page, *cards_of(mei))
    settings.SERVICE_WORKER = False
    page.goto("/rewards/")
    wait_until(
        page,
        """async () => !(await navigator.serviceWorker.getRegistrations()).length
            && !(await caches.keys()).length""",
        None,
    )
    page.goto("about:blank")  # with its last page the worker itself is gone
    page.goto("/home/")
    assert page.evaluate("navigator.serviceWorker.controller") is None


def test_back_office_and_its_log_out_work_beside_the_worker(phone, rules, now):  # noqa: F811
    create_login(
        email="owner@example.com", password=PASSWORD, is_staff=True, is_superuser=True,
        by=None, now=now,
    )  # fmt: skip
    page = phone(width=1280)
    page.goto("/")
    wait_for_worker(page)
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill("owner@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto("/admin/")
    assert page.evaluate("!!navigator.serviceWorker.controller")
    page.goto("/admin/members/member/")
    expect(page.locator("#changelist, #content").first).to_be_visible()
    switch(page, offline=True)
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        page.goto("/admin/")
    switch(page, offline=False)
    page.goto("/")
    assert not [each for each in page.evaluate(KEPT) if each.startswith(("/admin", "/card"))]


def test_hint_to_install_shows_only_when_offered_and_stays_away_once_answered(phone, mei):  # noqa: F811
    offer = """() => {
        const event = new Event("beforeinstallprompt", { cancelable: true });
        event.prompt = () => { window.asked = true; };
        dispatchEvent(event);
    }"""
    page = phone()
    enter(page)
    hint = page.locator("[data-install]")
    expect(hint).to_be_hidden()
    page.evaluate(offer)
    expect(hint).to_be_visible()
    assert_well_made(page, "hint")
    page.get_by_role("button", name="Add to home screen").click()
    expect(hint).to_be_hidden()
    assert page.evaluate("window.asked")
    page.goto("/home/")
    page.evaluate(offer)
    expect(hint).to_be_hidden()
