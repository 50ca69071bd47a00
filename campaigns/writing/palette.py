"""What a mail wears: the club's colours by day and by night, and fonts that every program has.

Programs that turn colours around by themselves (Gmail's and Outlook's apps) get neither pure
white nor pure black: near ones turn into near ones, and a pair that is legible stays so.
"""

from dataclasses import dataclass
from functools import lru_cache

from members.palette import DARK, LIGHT, build_palette

# A mail brings no font along; these stand on the systems on which it is read.
_CJK = {
    "ja": "'Hiragino Sans', 'Yu Gothic', Meiryo, 'Noto Sans CJK JP', ",
    "zh-hans": "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', ",
    "zh-hant": "'PingFang TC', 'Microsoft JhengHei', 'Noto Sans CJK TC', ",
}


def get_fonts(locale: str) -> str:
    """A stack that ends in a family; Latin first, so that figures are the same everywhere."""
    return f"-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, {_CJK.get(locale, '')}sans-serif"


def get_office_font(locale: str) -> str:
    """Word's engine takes the first family of a stack, or Times where it doesn't know it."""
    return {"ja": "Meiryo", "zh-hans": "Microsoft YaHei", "zh-hant": "Microsoft JhengHei"}.get(
        locale, "Arial"
    )


@dataclass(frozen=True, slots=True)
class Dress:
    """Every colour of a mail by day; ``night`` is the style sheet that turns it."""

    paper: str
    raised: str
    panel: str
    ink: str
    soft: str
    line: str
    accent: str
    on_accent: str
    night: str


@lru_cache(maxsize=16)
def get_dress(accent: str, card: str) -> Dress:
    palette = build_palette(accent, card)
    return Dress(
        paper=LIGHT["paper"],
        raised=LIGHT["raised"],
        panel=palette.light["accent-wash"],
        ink=LIGHT["ink"],
        soft=LIGHT["ink-soft"],
        line=LIGHT["line"],
        accent=palette.light["accent"],
        on_accent=palette.light["on-accent"],
        night=_build_night(palette.dark),
    )


def _build_night(dark: dict[str, str]) -> str:
    """For programs that ask (Apple Mail, Thunderbird) and for Outlook's, which mark what they
    turned around (``data-ogsc``, ``data-ogsb``).
    """
    grounds = {
        ".paper": DARK["paper"],
        ".raised, .raised > table": DARK["raised"],
        ".panel > table > tbody > tr > td > table": dark["accent-wash"],
        ".button td, .button a": dark["accent"],
    }
    inks = {
        ".ink div, .ink p, .ink h1, .ink h2, .ink h3, .ink li, .ink td": DARK["ink"],
        ".soft div, .soft p, .soft a, p.soft": DARK["ink-soft"],
        ".ink a.link, .number div": dark["accent"],
        ".button a": dark["on-accent"],
    }
    rules = [
        *(_rule(names, "background-color", value) for names, value in grounds.items()),
        *(_rule(names, "color", value) for names, value in inks.items()),
        f".ink td, .ink th, .ink hr{{border-color:{DARK['line']} !important}}",
    ]
    turned = [
        *(
            _rule(_mark(names, "ogsb"), "background-color", value)
            for names, value in grounds.items()
        ),
        *(_rule(_mark(names, "ogsc"), "color", value) for names, value in inks.items()),
    ]
    return "\n".join(("@media (prefers-color-scheme: dark){", *rules, "}", *turned))


def _rule(names: str, what: str, value: str) -> str:
    return f"{names}{{{what}:{value} !important}}"


def _mark(names: str, mark: str) -> str:
    return ", ".join(f"[data-{mark}] {each.strip()}" for each in names.split(","))
