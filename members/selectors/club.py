import threading
import time
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from core.words import pick_word
from members.models import Activity, Club, FooterLink, Theme
from members.palette import build_version

_LIFE = 30  # seconds; other processes notice a change within them
_lock = threading.Lock()
_known: tuple[float, Club] | None = None


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A line of the footer, in the reader's language when it is read."""

    kind: str
    words: dict[str, Any]
    address: str
    slug: str

    @property
    def label(self) -> str:
        return pick_word(self.words, "label")

    @property
    def url(self) -> str:
        return reverse("legal_page", args=[self.slug]) if self.slug else self.address

    @property
    def is_elsewhere(self) -> bool:
        return not self.slug


def get_club() -> Club:
    """The club with its ``theme``, its ``theme_version`` and its ``footer_links``, kept in this
    process for half a minute; one query.

    A club that was never saved (an empty database) answers with the defaults, unsaved.
    """
    global _known
    known = _known
    if known and known[0] > time.monotonic():
        return known[1]
    club = _read_club()
    with _lock:
        _known = (time.monotonic() + _LIFE, club)
    return club


def is_currency_in_use() -> bool:
    """Whether amounts are kept in the club's currency: they are bare numbers of it."""
    return Activity.objects.filter(kind="purchase").exists()


def _read_club() -> Club:
    links = FooterLink.objects.order_by("position", "pk").values(
        row=JSONObject(
            kind="kind", label="label", i18n="i18n", address="address", slug="page__slug"
        )
    )
    clubs = Club.objects.filter(pk=1).select_related("theme")
    club: Any = clubs.annotate(link_rows=ArraySubquery(links)).first() or Club(pk=1)
    if not hasattr(club, "theme"):
        club.theme = Theme(club=club)
    club.theme_version = build_version(club.theme.accent, club.theme.card)
    club.footer_links = [_build_link(row) for row in getattr(club, "link_rows", [])]
    return club


def _build_link(row: dict[str, Any]) -> ShownLink:
    words = {"label": row["label"], **(row["i18n"] or {})}
    return ShownLink(row["kind"], words, row["address"], row["slug"] or "")


def forget_club() -> None:
    """Read the club again at the next question (after a change, and between tests)."""
    global _known
    with _lock:
        _known = None
