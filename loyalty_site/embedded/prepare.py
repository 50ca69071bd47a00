"""Brings the club's database and files up to date, in one process.

`python -m loyalty_site.embedded.prepare LOGINS_FD [--empty]`, run by the launcher once the services
are up. The one module here that imports Django. The logins go to the launcher, which shows them
last.
"""

import hashlib
import io
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from .layout import Layout

EMPTY = "--empty"
FIRST_LOGIN = """The club is empty. Make the first login in another terminal,
  .venv/bin/python manage.py createsuperuser
then open the back office: its first page says what comes next."""


def main() -> None:
    import django
    from django.core.management import CommandError, call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty_site.settings")
    django.setup()
    layout = Layout.of()
    step("Bringing the database up to date", lambda: call_command("migrate", verbosity=0))
    collect_static_files(layout, call_command)
    first_start(layout, empty=EMPTY in sys.argv, call_command=call_command)
    # Every permission by name would drown the address on the first start.
    step(
        "Bringing the staff roles up to date",
        lambda: call_command("sync_roles", verbosity=0, stdout=io.StringIO()),
    )
    with os.fdopen(int(sys.argv[1]), "w") as logins:
        if not has_logins():
            logins.write(FIRST_LOGIN)
        with suppress(CommandError):
            call_command("demo_logins", stdout=logins)  # refuses where none is loaded


def collect_static_files(layout: Layout, call_command: Callable) -> None:
    """Naming them by content and compressing them takes seconds: only where one has changed."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            found = os.stat(storage.path(path))
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    mark = layout.var / "collected"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return
    step(
        "Collecting the style sheets and scripts",
        lambda: call_command("collectstatic", interactive=False, clear=True, verbosity=0),
    )
    mark.write_text(digest.hexdigest())
    layout.own(mark)


def first_start(layout: Layout, *, empty: bool, call_command: Callable) -> None:
    """The club is filled once. The mark is made at the end, so a broken first start goes on."""
    mark = layout.var / "seeded"
    if mark.exists():
        return
    if holds_a_club() and not (layout.var / "seeding").exists():
        mark.write_text("found\n")
        return
    started = layout.var / "seeding"
    started.touch()
    if not empty:
        say("Loading the demonstration club (only on the first start) ...")
        before = time.monotonic()
        call_command("seed_demo", if_empty=True)
        say(f"The demonstration club is loaded ({time.monotonic() - before:.0f} s).")
    mark.write_text("empty\n" if empty else "demonstration\n")
    started.unlink()
    layout.own(mark)


def holds_a_club() -> bool:
    """A database of one's own may be in use already: a demonstration must not get into it."""
    from django.apps import apps

    return apps.get_model("members", "Member").objects.exists()


def has_logins() -> bool:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.exists()


def step(title: str, work: Callable[[], object]) -> None:
    before = time.monotonic()
    print(f"{title} ...", end=" " if sys.stdout.isatty() else "\n", flush=True)
    work()
    if sys.stdout.isatty():
        say(f"{time.monotonic() - before:.1f} s")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
