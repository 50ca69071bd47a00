"""Words as people type them, before they are judged. Pure."""

import re
import unicodedata

_BREAKS = re.compile(r"\r\n?")
# Control characters, and halves of characters, which no database keeps.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_words(text: str) -> str:
    """The same words without what can't be kept, "" where nobody sees any. A line break counts as
    one character, as the browser counts it beside the field.
    """
    words = _UNFIT.sub("", _BREAKS.sub("\n", text)).strip()
    return words if any(map(_is_seen, words)) else ""


def _is_seen(char: str) -> bool:
    """Joiners, marks of direction and gaps say nothing by themselves."""
    return unicodedata.category(char)[0] not in "CZ"
