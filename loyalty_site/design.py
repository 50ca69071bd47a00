"""The living page of the design system: every token and component, in every state. Debug only."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_info
from django.views.decorators.http import require_safe

from core.pictures.addresses import pattern_url

STATIC = Path(__file__).resolve().parent.parent / "static"
TOKENS = STATIC / "css" / "tokens.css"
ICONS = STATIC / "img" / "icons.svg"
COLOURS = (
    "paper", "raised", "sunken", "ink", "ink-soft", "line", "line-strong", "accent",
    "accent-strong", "accent-wash", "on-accent", "card", "card-ink", "card-soft", "good",
    "good-wash", "warn", "warn-wash", "bad", "bad-wash",
)  # fmt: skip
LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh y Ruiz de la Prada Ōnishi-Nakamura"


class SampleForm(forms.Form):
    """One field of each kind; bound with what is wrong in each."""

    name = forms.CharField(label="Name", help_text="So that we can greet you.")
    email = forms.EmailField(label="E-mail address")
    size = forms.ChoiceField(label="Size", choices=[("s", "Small"), ("l", "Large")])
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    agreed = forms.BooleanField(label="I have read the rules")


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Only in the address list where DEBUG is on."""
    context = {
        "colours": COLOURS,
        "sizes": ("4xl", "3xl", "2xl", "xl", "l", "m", "s", "xs"),
        "spaces": _list_tokens("space"),
        "languages": [get_language_info(code) for code in ("en", "zh-hans", "zh-hant", "ja")],
        "cards": [_build_card(*each) for each in _CARDS],
        "balances": [_build_balance(*each) for each in _BALANCES],
        "progresses": [_build_progress(*each) for each in _PROGRESSES],
        "icons": re.findall(r'<symbol id="([a-z-]+)"', ICONS.read_text()),
        "form": SampleForm(),
        "wrong_form": SampleForm({"email": "mei@", "size": "xl"}),
    }
    return render(request, "design.html", context)


def _list_tokens(prefix: str) -> list[str]:
    return re.findall(rf"^  --({prefix}-\d): ", TOKENS.read_text(), re.MULTILINE)


# Name, its reading, tier, colour, pattern.
_CARDS = (
    ("星野雪", "ホシノ ユキ", "Blossom", "#8c2f55", "plum"),
    ("Sam O’Neill", "", "Golden Plum", "#72500f", "waves"),
    (LONG, "", "Grove Keeper", "#4b2a63", "rings"),
    ("🌸🌸", "", "Sprout", "#33592b", "leaves"),
    ("محمد الفاسي", "", "Guest", "#27425f", "hemp"),
    ("", "", "", "", ""),
)


def _build_card(name: str, reading: str, tier: str, color: str, pattern: str) -> dict[str, Any]:
    number = "7529 7459 1827"
    line = {"text": tier, "color": color, "art": pattern_url(pattern, color) if pattern else ""}
    return {
        "name": name or number,
        "is_long": len(name) > 26,
        "lines": [line] if tier else [],
        "reading": reading,
        "number": number,
        "member": SimpleNamespace(
            number="752974591827", joined_at=dt.datetime(2025, 11, 3, tzinfo=dt.UTC)
        ),
    }


# Available, pending, held, owed, with an end near.
_BALANCES = (
    (0, 0, 0, 0, False),
    (66, 12, 0, 0, False),
    (1_234, 0, 300, 0, True),
    (0, 0, 0, 85, False),
    (9_876_543_210, 123_456_789, 1, 0, False),
)


def _build_balance(
    available: int, pending: int, held: int, owed: int, is_soon: bool
) -> dict[str, Any]:
    today = dt.datetime.now(tz=dt.UTC).date()
    numbers = {"available": available, "pending": pending, "held": held, "owed": owed}
    return {
        "balances": numbers,
        "release": (today + dt.timedelta(days=9), pending) if pending else None,
        "expiry": (today + dt.timedelta(days=12), max(available // 3, 1)) if available else None,
        "is_soon": is_soon,
    }


# How full, whether in grace, whether at the top.
_PROGRESSES = ((0, False, False), (640, False, False), (1000, False, True), (820, True, False))


def _build_progress(permille: int, in_grace: bool, is_top: bool) -> dict[str, Any]:
    today = dt.datetime.now(tz=dt.UTC).date()
    tier = SimpleNamespace(id=1, name="Blossom", multiplier_milli=1250, color="#a6426a")
    return {
        "progress": SimpleNamespace(
            tier=tier,
            next_tier=None if is_top else SimpleNamespace(name="Golden Plum"),
            missing=600 - 600 * permille // 1000,
            permille=permille,
            status=600 * permille // 1000,
            window="rolling",
            window_months=12,
            grace_until_on=today + dt.timedelta(days=40) if in_grace else None,
            missing_to_keep=108 if in_grace else 0,
            kept_until_on=None if in_grace else today + dt.timedelta(days=140),
        ),
        "ladder": "",
    }
