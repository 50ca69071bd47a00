"""How many text messages a text is: GSM 03.38's seven bits where they suffice, else UCS-2.

A longer text travels in parts, each of which gives up some room to say which part it is.
"""

from dataclasses import dataclass

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape before each: two places
_ONE_GSM, _PART_GSM = 160, 153
_ONE_UCS2, _PART_UCS2 = 70, 67


@dataclass(frozen=True, slots=True)
class Counted:
    """``unit_count`` are septets, or UTF-16 units; ``segment_count`` is what is paid for."""

    is_gsm: bool
    unit_count: int
    segment_count: int


def count_segments(text: str) -> Counted:
    """What a gateway makes of a text; an empty one is one message."""
    is_gsm = all(letter in _BASIC or letter in _EXTENDED for letter in text)
    if is_gsm:
        widths = [2 if letter in _EXTENDED else 1 for letter in text]
        one, part = _ONE_GSM, _PART_GSM
    else:
        widths = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        one, part = _ONE_UCS2, _PART_UCS2
    total = sum(widths)
    return Counted(is_gsm, total, 1 if total <= one else _count_parts(widths, part))


def _count_parts(widths: list[int], part: int) -> int:
    """A letter of two places is never cut in two."""
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts
