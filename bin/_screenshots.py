"""Pictures of every page of a demonstration club of its own, for whoever judges how it looks.

Names say page-width-theme-language; index.html beside the pictures shows them in rows.
"""

# Tools of the workshop: they talk to a person and start programs.
# ruff: noqa: S603, T201

import argparse
import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from html import escape
from pathlib import Path

from _gate import PYTHON, REPOSITORY, Interrupted, install_packages
from _screenshot_pages import MEMBER, OWNER, Page, list_pages, make_mishaps

# The repository is on the path only from here on.
from loyalty_site.embedded.client import attach
from loyalty_site.embedded.layout import ServiceError
from loyalty_site.embedded.process import die_with_parent

LANGUAGES = {"en": "en-US", "zh-hans": "zh-CN", "zh-hant": "zh-TW", "ja": "ja-JP"}
THEMES = ("light", "dark")
WIDTHS = (390, 1280)
HEIGHTS = {390: 844, 1280: 900}
AT_ONCE = 4
# Those further down come when somebody scrolls to them.
SHOW_PICTURES = """
() => Promise.all([...document.images].map(each => {
  each.loading = "eager";
  return each.decode().catch(() => {});
}))
"""
PATIENCE_SECONDS = 90
CHROMIUM = ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars"]


def make_sessions() -> dict[str, str]:
    """A session for each login, without typing a password."""
    from allauth.usersessions.models import UserSession
    from django.conf import settings
    from django.test import Client

    from members.models import User

    sessions = {}
    for email in (MEMBER, OWNER):
        client = Client()
        user = User.objects.get(email=email)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        sessions[email] = key = client.cookies[settings.SESSION_COOKIE_NAME].value
        # A log-in by the page notes the device.
        device = {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (iPhone) Safari/605.1"}
        UserSession.objects.get_or_create(user=user, session_key=key, defaults=device)
    return sessions


# --- The club and its server -------------------------------------------------------------------


def prepare_club(members: int | None) -> None:
    """An embedded club below CLUB_VAR, with the files as production serves them."""
    import django
    from django.core.management import call_command

    django.setup()
    say("Preparing a demonstration club ...")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed_demo", members=members, verbosity=0)


def start_server() -> tuple[subprocess.Popen, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [PYTHON, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "2", "--blocking-threads", "4", "--no-ws"]
    server = subprocess.Popen(
        [*command, "loyalty_site.wsgi:application"],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=10).close()  # noqa: S310  (our own, on this machine)
        except urllib.error.HTTPError:
            return server, address
        except OSError:
            time.sleep(0.1)
        else:
            return server, address
    server.kill()
    raise ServiceError("The server did not answer.")


# --- Pictures ----------------------------------------------------------------------------------


async def take_pictures(
    address: str,
    pages: list[Page],
    sessions: dict[str, str],
    mishaps: dict[str, dict[str, str]],
    words: argparse.Namespace,
) -> list[str]:
    """Every page in every look; returns what went wrong."""
    from playwright.async_api import async_playwright

    looks = [
        (language, theme, width)
        for language in words.languages
        for theme in words.themes
        for width in words.widths
    ]
    say(f"{len(pages) * len(looks)} pictures into {words.folder} ...")
    troubles: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*CHROMIUM, "--no-sandbox"]
        )
        turn = asyncio.Semaphore(AT_ONCE)

        def show(html: str):
            return lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")

        async def take(language: str, theme: str, width: int, who: str) -> None:
            screen = {"width": width, "height": HEIGHTS.get(width, 900)}
            context = await browser.new_context(
                viewport=screen,
                color_scheme=theme,
                locale=LANGUAGES[language],
                reduced_motion="reduce",
                service_workers="block",
            )
            cookies = {"django_language": language}
            if who:
                cookies["sessionid"] = sessions[who]
            await context.add_cookies(
                [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
            )
            tab = await context.new_page()
            for path, html in mishaps[language].items():
                await tab.route(address + path, show(html))
            for page in pages:
                if page.who == who:
                    name = f"{page.name}-{width}-{theme}-{language}"
                    path = page.path.replace("/en/", f"/{language}/", 1)
                    try:
                        await tab.set_viewport_size(screen)
                        await tab.goto(address + path, wait_until="load")
                        if not words.screen:
                            # As tall as the page: what is fixed to the foot stays at the foot.
                            tall = await tab.evaluate("document.documentElement.scrollHeight")
                            await tab.set_viewport_size({"width": width, "height": tall})
                        await tab.evaluate(SHOW_PICTURES)
                        await tab.screenshot(path=words.folder / f"{name}.png")
                    except Exception as error:  # the other pictures are wanted all the same
                        troubles.append(f"{name}: {str(error).splitlines()[0]}")
            await context.close()

        async def in_turn(*look) -> None:
            async with turn:
                await take(*look)

        kinds = dict.fromkeys(page.who for page in pages)
        await asyncio.gather(*(in_turn(*look, who) for who in kinds for look in looks))
        await browser.close()
    return troubles


def write_index(folder: Path, pages: list[Page]) -> None:
    """One row for each page, of all pictures that are there, older ones too."""
    names = sorted(path.stem for path in folder.glob("*.png"))
    known = [page.name for page in pages]
    rows: dict[str, list[str]] = {name: [] for name in known}
    for name in names:
        page = name.rsplit("-", 4 if name.endswith(("-zh-hans", "-zh-hant")) else 3)[0]
        rows.setdefault(page, []).append(name)
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Every page</title>",
        "<style>body{font:14px system-ui;margin:2rem}div{display:flex;gap:1rem;overflow-x:auto}",
        "figure{margin:0}img{height:24rem;border:1px solid #ccc}</style><h1>Every page</h1>",
    ]
    for page, pictures in rows.items():
        shown = "".join(
            f'<figure><a href="{name}.png"><img loading=lazy src="{name}.png" alt="{name}"></a>'
            f"<figcaption>{name}</figcaption></figure>"
            for name in map(escape, pictures)
        )
        if shown:
            parts.append(f"<h2>{escape(page)}</h2><div>{shown}</div>")
    (folder / "index.html").write_text("\n".join(parts))


# --- The command -------------------------------------------------------------------------------


def read_words() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/screenshots",
        description="Pictures of every page of a demonstration club, into var/screenshots/.",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="PAGE", help="these pages alone, such as home or admin-index"
    )
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    parser.add_argument("--widths", nargs="+", type=int, default=list(WIDTHS), metavar="PIXELS")
    parser.add_argument(
        "--screen", action="store_true", help="what the first screen shows, not the whole page"
    )
    parser.add_argument(
        "--members", type=int, metavar="N", help="how many members the club has (default: all)"
    )
    parser.add_argument(
        "--folder", type=Path, default=REPOSITORY / "var" / "screenshots", metavar="FOLDER"
    )
    return parser.parse_args()


def choose_pages(only: list[str] | None) -> list[Page]:
    pages = list_pages()
    if unknown := set(only or ()) - {page.name for page in pages}:
        known = " ".join(page.name for page in pages)
        raise ServiceError(f"No such page: {' '.join(sorted(unknown))}. There are: {known}")
    return [page for page in pages if not only or page.name in only]


def make(words: argparse.Namespace) -> int:
    before = time.monotonic()
    prepare_club(words.members)
    from django.db import connections

    pages, sessions = choose_pages(words.only), make_sessions()
    mishaps = {language: make_mishaps(language) for language in words.languages}
    connections.close_all()
    words.folder.mkdir(parents=True, exist_ok=True)
    server, address = start_server()
    try:
        troubles = asyncio.run(take_pictures(address, pages, sessions, mishaps, words))
    finally:
        server.terminate()
        server.wait()
    write_index(words.folder, pages)
    for trouble in troubles:
        print(trouble, file=sys.stderr)
    say(f"Done in {time.monotonic() - before:.0f} s: {words.folder / 'index.html'}")
    return 1 if troubles else 0


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    words = read_words()
    if complaint := install_packages():
        print(complaint, file=sys.stderr)
        return 1

    def interrupt(*_) -> None:
        raise Interrupted

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupt)
    folder = Path(tempfile.mkdtemp(prefix="club-screenshots-"))
    # Servers that run as another user must be able to pass through.
    folder.chmod(0o711)
    try:
        with attach(folder / "var", durable=False) as services:
            os.environ.update(services.environment)
            os.environ["DJANGO_SETTINGS_MODULE"] = "loyalty_site.settings"
            return make(words)
    except Interrupted:
        print("\nStopped.", file=sys.stderr)
        return 130
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
