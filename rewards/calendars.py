"""Calendar files (RFC 5545) of bookings; every instant in UTC, so that no zone has to be told."""

import datetime as dt
from dataclasses import dataclass

_FOLD = 75  # octets in a line, its break left out


@dataclass(frozen=True, slots=True)
class Event:
    """``uid`` stays the same for ever, so that a later file puts the first one right."""

    uid: str
    stamp: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    title: str
    place: str = ""
    text: str = ""
    url: str = ""
    is_cancelled: bool = False


def build_calendar(event: Event, *, product: str) -> str:
    """A file with one event."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_escape(product)}//Rewards//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{_write(event.stamp)}",
        f"SEQUENCE:{1 if event.is_cancelled else 0}",
        f"DTSTART:{_write(event.starts_at)}",
        f"DTEND:{_write(event.ends_at)}",
        f"SUMMARY:{_escape(event.title)}",
        *([f"LOCATION:{_escape(event.place)}"] if event.place else []),
        *([f"DESCRIPTION:{_escape(event.text)}"] if event.text else []),
        *([f"URL:{event.url}"] if event.url else []),
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_fold(line) + "\r\n" for line in lines)


def _write(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _escape(text: str) -> str:
    """A TEXT value: backslash, semicolon, comma and line breaks; other control characters go."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(char for char in text if char.isprintable() or char == "\t")


def _fold(line: str) -> str:
    """At most 75 octets a line, never within a character; what follows begins with a space."""
    parts, size = [""], 0
    for char in line:
        width = len(char.encode())
        if size + width > _FOLD:
            parts.append(" ")
            size = 1
        parts[-1] += char
        size += width
    return "\r\n".join(parts)
