import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.time import add_months, day_of, resolve_local, start_of

ZONE = "America/Los_Angeles"


def test_time_skipped_by_the_clock_moves_forward_and_says_so():
    moment, shifted = resolve_local(dt.datetime(2026, 3, 8, 2, 30), ZONE)
    assert (moment, shifted) == (dt.datetime(2026, 3, 8, 10, 30, tzinfo=dt.UTC), True)


def test_repeated_time_takes_the_first_reading():
    moment, shifted = resolve_local(dt.datetime(2026, 11, 1, 1, 30), ZONE)
    assert (moment, shifted) == (dt.datetime(2026, 11, 1, 8, 30, tzinfo=dt.UTC), False)


def test_day_begins_where_midnight_does_not_exist():
    # Santiago skips midnight when summer time begins.
    start = start_of(dt.date(2026, 9, 6), "America/Santiago")
    assert day_of(start, "America/Santiago") == dt.date(2026, 9, 6)
    assert day_of(start - dt.timedelta(seconds=1), "America/Santiago") == dt.date(2026, 9, 5)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)))
@pytest.mark.parametrize("zone", [ZONE, "Asia/Tokyo", "Asia/Taipei", "Europe/Berlin"])
def test_start_of_day_is_its_first_instant(zone, day):
    start = start_of(day, zone)
    assert day_of(start, zone) == day
    assert day_of(start - dt.timedelta(microseconds=1), zone) == day - dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (dt.date(2026, 1, 31), 1, dt.date(2026, 2, 28)),
        (dt.date(2028, 1, 31), 1, dt.date(2028, 2, 29)),
        (dt.date(2026, 3, 31), -1, dt.date(2026, 2, 28)),
        (dt.date(2026, 11, 30), 3, dt.date(2027, 2, 28)),
    ],
)
def test_months_end_where_the_calendar_does(day, months, expected):
    assert add_months(day, months) == expected
