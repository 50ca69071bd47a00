"""The living page of the design system: every token and component, in every state. Debug only."""

import datetime as dt
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.views.decorators.http import require_safe

from core.pictures.addresses import pattern_url
from core.pictures.wheel import Slice, draw_disc, draw_frame, shape_wheel
from loyalty_site import design_surveys
from members.names import format_number
from members.numbers import build_qr_svg
from rewards.models import Appeal, Challenge, ChallengeVersion
from rewards.selectors.challenges import ShownCard
from rewards.selectors.giving import ShownAppeal

STATIC = Path(__file__).resolve().parent.parent / "static"
TOKENS = STATIC / "css" / "tokens.css"
ICONS = STATIC / "img" / "icons.svg"
COLOURS = (
    "paper", "raised", "sunken", "ink", "ink-soft", "line", "line-strong", "accent",
    "accent-strong", "accent-wash", "on-accent", "card", "card-ink", "card-soft", "good",
    "good-wash", "warn", "warn-wash", "bad", "bad-wash",
)  # fmt: skip
NUMBER = "752974591827"
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
    """Only in the address list where DEBUG is on. With ``?code`` the code of the sample card."""
    if "code" in request.GET:
        return HttpResponse(build_qr_svg(NUMBER), content_type="image/svg+xml")
    context = {
        "colours": COLOURS,
        "sizes": ("4xl", "3xl", "2xl", "xl", "l", "m", "s", "xs"),
        "spaces": _list_tokens("space"),
        "languages": [get_language_info(code) for code in ("en", "zh-hans", "zh-hant", "ja")],
        "cards": [_build_card(*each) for each in _CARDS],
        "balances": [_build_balance(*each) for each in _BALANCES],
        "progresses": [_build_progress(*each) for each in _PROGRESSES],
        "wheels": [_draw_wheel(*each) for each in _WHEELS],
        "stamp_cards": [_build_stamp_card(*each) for each in _STAMP_CARDS],
        "appeals": [_build_appeal(*each) for each in _APPEALS],
        "stages": design_surveys.list_stages(),
        "endings": design_surveys.list_endings(),
        "open_surveys": design_surveys.list_open(),
        "reviews": design_surveys.list_reviews(),
        "talks": design_surveys.TALKS,
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
    number = format_number(NUMBER)
    line = {"text": tier, "color": color, "art": pattern_url(pattern, color) if pattern else ""}
    return {
        "name": name or number,
        "is_long": len(name) > 26,
        "lines": [line] if tier else [],
        "reading": reading,
        "number": number,
        "code": "?code",
        "member": SimpleNamespace(number=NUMBER, joined_at=dt.datetime(2025, 11, 3, tzinfo=dt.UTC)),
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


# Labels with their weights; the last of each is gone.
_WHEELS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("A pot of tea for two, with cake", 1), ("Not this time", 1)),
    (("100ポイント", 30), ("ホットコーヒー", 20), ("もう1回", 10), ("季節の和菓子詰め合わせ", 9)),
    (("100點", 1), ("招牌咖啡一杯", 1), ("購物金50元", 1), ("季節限定鳳梨酥禮盒", 1)) * 3,
    (("100 points", 1), ("Coffee of the day", 1), ("Another spin", 1)) * 8,
    (("A weekend in Kyoto for two", 1), ("10 points", 499), ("20 points", 500)),
    ((LONG, 3), ("超級無敵豪華季節限定手工鳳梨酥綜合禮盒十二入", 3), ("10% off", 2)),
)  # fmt: skip


def _draw_wheel(*labels: tuple[str, int]) -> SafeString:
    slices = [
        Slice(label, weight, icon="gift", is_gone=at == len(labels) - 1)
        for at, (label, weight) in enumerate(labels)
    ]
    shape = shape_wheel([each.weight for each in slices])
    disc = draw_disc(slices, shape, icons=static("img/icons.svg"), rest=shape.find_rest(0))
    return mark_safe(disc + draw_frame())  # noqa: S308 (its words are escaped where it is drawn)


# Motif, name, what is counted, how many are on it, how many make it full, how many are new, whether
# its prize was given: one that was full, and lost stamps by a return; and one that is full.
_STAMP_CARDS = (
    ("coffee", "The tenth cup", "count", 0, 10, 0, False),
    ("bread", "パン棚ひとめぐり", "count", 4, 5, 1, False),
    ("tea", LONG, "count", 11, 24, 0, False),
    ("fruit", "一起吃蔬菜", "sum", 4_200, 10_000, 0, False),
    ("cake", "Everything sweet", "count", 7, 8, 7, False),
    ("flowers", "Six bouquets", "count", 5, 6, 0, True),
    ("book", "Three books", "count", 3, 3, 0, True),
)


def _build_stamp_card(
    motif: str, name: str, measure: str, count: int, target: int, fresh: int, is_paid: bool
) -> ShownCard:
    challenge = Challenge(slug=f"sample-{motif}", name=name, motif=motif)
    version = ChallengeVersion(
        challenge=challenge, measure=measure, target=target, prize_kind="points", prize_points=50
    )
    terms = ("a stamp for each item", "at most 3 stamps a day", "until December 31")
    return ShownCard(
        challenge, version, count, target, fresh=fresh, is_paid=is_paid, conditions=terms
    )


# Given, the goal, gifts, days left, whether it is open.
_APPEALS = (
    (0, 5_000, 0, 40, True),
    (3_150, 5_000, 21, 3, True),
    (987_654_321, 900_000_000, 123_456, 1, True),
    (1_200, 5_000, 9, None, False),
)


def _build_appeal(
    given: int, goal: int, gifts: int, days: int | None, is_open: bool
) -> ShownAppeal:
    return ShownAppeal(
        Appeal(goal_points=goal), is_open, given_points=given, gift_count=gifts, days_left=days
    )
