"""Takes out of a text what points to a person or opens a door.

The last line of defence, for logs and error reports: code doesn't put personal data into messages,
but a library, a driver or an exception may. A name can't be told from other words, so what a
database says about a row is cut off, and a value quoted at the end of a message goes too.
"""

import re

_HIDDEN = "[hidden]"
_DATE = re.compile(r"\d{4}-[01]\d-[0-3]\d(?: [0-2]\d)?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LEAST_DIGITS = 8  # of a number that may be somebody's

# PostgreSQL repeats the row that it refuses, after the line that says why.
_ROW = re.compile(r"^(?:DETAIL|CONTEXT|STATEMENT|QUERY):.*(?:\n[ \t]+\S.*)*\n?", re.MULTILINE)
_QUOTED_AT_END = re.compile(r"(: )(?:'[^'\n]*'|\"[^\"\n]*\"|“[^”\n]*”)(?=\.?$)", re.MULTILINE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/@\s]+@")
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=\[\]]+@[^\s@<>\"'(),;:=\[\]]+\.[^\W\d_]{2,}")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(\w*(?:password|passwd|secret|token|cookie|sessionid|authorization|api_?key|code|pin))"
    r"([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;)}\]]+",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![\w.-])(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[\w-]{24,}(?![\w-])", re.ASCII)
_NUMBER = re.compile(r"(?<![\w.,:-])\+?\(?\d(?:[ ().-]{0,2}\d)+(?![\w-])")


def redact(text: str) -> str:
    """The text without e-mail addresses, phone and membership numbers, tokens and codes."""
    text = _ROW.sub("", text)
    text = _QUOTED_AT_END.sub(rf"\1{_HIDDEN}", text)
    text = _IN_ADDRESS.sub(f"{_HIDDEN}@", text)
    text = _EMAIL.sub(_HIDDEN, text)
    text = _SCHEME.sub(rf"\1 {_HIDDEN}", text)
    text = _NAMED.sub(rf"\1\2{_HIDDEN}", text)
    text = _TOKEN.sub(_hide_token, text)
    return _NUMBER.sub(_hide_number, text)


def _hide_token(match: re.Match) -> str:
    return match[0] if _UUID.fullmatch(match[0]) else _HIDDEN  # a task's id, a request's id


def _hide_number(match: re.Match) -> str:
    found = match[0]
    digits = sum(character.isdigit() for character in found)
    return found if digits < _LEAST_DIGITS or _DATE.fullmatch(found) else _HIDDEN
