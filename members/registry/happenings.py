"""What is on in the club, with its dates: days of bonus points, appeals that end, events."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .entries import Registry


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that begins or ends on a day which is worth knowing, open to every member.

    ``kind`` says in a word what it is, ``note`` in a few what it gives. ``ends_at`` is the first
    instant after it (None: it stays). ``picture`` is the address of a drawing of four by three;
    ``photo`` stands in its place where there is one. ``url`` opens without a log-in.
    """

    kind: Any
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    url: str
    picture: str
    photo: Any = None
    note: str = ""

    def is_on(self, now: dt.datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or self.ends_at > now)

    def get_next(self, now: dt.datetime) -> dt.datetime | None:
        """Its beginning while that is to come, then its end."""
        return self.starts_at if self.starts_at > now else self.ends_at


HappeningSource = Callable[[dt.datetime, dt.datetime], Iterable[Happening]]
happening_sources: Registry[HappeningSource] = Registry("source of happenings")


def register_happenings(code: str, list_rows: HappeningSource) -> None:
    """``list_rows(now, until)`` returns what is on now or begins before ``until``, in the active
    language and a fixed number of queries. Whatever has no day to come is left out by the reader.
    """
    happening_sources.add(code, list_rows)
