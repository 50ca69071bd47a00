"""What apps show on pages of lower floors: panels, rooms, lines of the card, notices."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .entries import Registry

# --- Panels: pieces of a page ---------------------------------------------------------------------


MEMBER_HOME = "member_home"
LANDING = "landing"
STAFF_MEMBER = "staff_member"
COUNTER = "counter"
CONTACT = "contact"
PLACES = (MEMBER_HOME, LANDING, STAFF_MEMBER, COUNTER, CONTACT)


@dataclass(frozen=True, slots=True)
class Panel:
    """A piece of a page of a lower floor.

    ``build_context(request, member, now)`` returns the template's context, or None to stay away
    (``member`` may be None on the landing and the contact page). Lower ``order`` stands first. A
    panel with a ``permission`` shows to staff who hold it. ``probe`` is a SELECT over %(member)s,
    %(now)s and %(today)s: on the member's home and at the counter all probes are asked in one
    statement, and a panel whose own finds no row is not built.
    """

    code: str
    place: str
    template: str
    build_context: Callable[..., dict[str, Any] | None]
    order: int = 100
    permission: str = ""
    probe: str = ""


panels: Registry[Panel] = Registry("panel")


def register_panel(panel: Panel) -> None:
    if panel.place not in PLACES:
        raise ImproperlyConfigured(f"No page has a place “{panel.place}”.")
    panels.add(panel.code, panel)


def list_panels(place: str) -> list[Panel]:
    return sorted((panel for panel in panels if panel.place == place), key=lambda p: p.order)


# --- Rooms: pages that have a link on every page --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the site that every page leads to while there is something in it.

    ``probe`` is a SELECT over %(now)s that finds a row then; the answer is kept for a moment.
    Visitors see the link too where the room is ``for_visitors``. The bar of members has little
    room: what isn't ``in_bar`` is only at the foot. Lower ``order`` stands first.
    """

    code: str
    label: Any
    url_name: str
    icon: str
    probe: str
    for_visitors: bool = False
    order: int = 100
    in_bar: bool = True


rooms: Registry[Room] = Registry("room")


def register_room(room: Room) -> None:
    rooms.add(room.code, room)


# --- Card lines: what a floor says on the membership card -----------------------------------------


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line below the club's name: the tier, for one. ``art`` is the address of the card's ground
    that comes with it.
    """

    text: str
    art: str = ""


CardLineBuilder = Callable[[Any, Any, dt.datetime], CardLine | None]
card_lines: Registry[CardLineBuilder] = Registry("card line")


def register_card_line(code: str, build: CardLineBuilder) -> None:
    """``build(request, member, now)`` returns the line, or None to stay away."""
    card_lines.add(code, build)


# --- Notices: wording by code ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticeText:
    """The words of a notice. ``build_text(params)`` returns a translated sentence; ``build_url``
    the page that it leads to, or "".
    """

    code: str
    build_text: Callable[[dict[str, Any]], str]
    build_url: Callable[[dict[str, Any]], str] | None = None


notice_texts: Registry[NoticeText] = Registry("notice text")
unread_sources: Registry[str] = Registry("source of what is unread")


def register_notice_text(text: NoticeText) -> None:
    notice_texts.add(text.code, text)


def register_unread_source(code: str, sql: str) -> None:
    """``sql`` is a SELECT over members_member.id with a row for each thing that is unread."""
    unread_sources.add(code, sql)
