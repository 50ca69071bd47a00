"""What a phone reads before it puts the club on its home screen."""

from typing import Any
from unicodedata import east_asian_width

from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, to_locale
from django.utils.translation import gettext as _

from loyalty_site.installable.icons import ICONS, get_icon_url, get_sign
from members.models import Club
from members.palette import LIGHT, get_bar_colors

SHORT = 12  # letters that fit below an icon; wide ones count twice


def build_manifest(club: Club) -> dict[str, Any]:
    """In the active language. ``id`` stays the same in each, so the phone sees one app."""
    home, name = reverse("member_home"), club.name_i18n
    return {
        "id": home,
        "name": name,
        "short_name": shorten(name),
        "description": club.theme.tagline_i18n,
        "lang": to_locale(get_language() or "").replace("_", "-"),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": home,
        "scope": "/",
        "display": "standalone",
        "theme_color": get_bar_colors(club.theme.accent)[0],
        "background_color": LIGHT["paper"],
        "icons": list_icons(club),
        "shortcuts": [
            {"name": words, "url": reverse(page)}
            for words, page in (
                (_("Card"), "member_card"),
                (_("Rewards"), "reward_list"),
                (_("Points"), "statement"),
            )
        ],
    }


def list_icons(club: Club) -> list[dict[str, str]]:
    drawn = [
        {
            "src": get_icon_url(club, name),
            "sizes": f"{icon.size}x{icon.size}",
            "type": "image/png",
            "purpose": "maskable" if icon.is_full else "any",
        }
        for name, icon in ICONS.items()
        if not name.startswith("touch")
    ]
    if get_sign(club):
        return drawn
    svg = {"src": get_icon_url(club, "svg"), "sizes": "any", "type": "image/svg+xml"}
    return [*drawn, {**svg, "purpose": "any"}]


def shorten(name: str) -> str:
    """As many whole words as fit below an icon; of a longer first word, its beginning."""
    name = " ".join(name.split())
    if _measure(name) <= SHORT:
        return name
    kept = ""
    for word in name.split(" "):
        longer = f"{kept} {word}".strip()
        if _measure(longer) > SHORT:
            break
        kept = longer
    if kept:
        return kept
    while _measure(name) > SHORT:
        name = name[:-1]
    return name


def _measure(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
