"""Calendar files as RFC 5545 asks for them."""

import datetime as dt

from rewards.calendars import Event, build_calendar

START = dt.datetime(2026, 3, 8, 19, 0, tzinfo=dt.timezone(dt.timedelta(hours=9)))


def build(**changes):
    event = {
        "uid": "redemption-7@club.example", "stamp": START, "starts_at": START,
        "ends_at": START + dt.timedelta(hours=2), "title": "Tea",
    }  # fmt: skip
    return build_calendar(Event(**event | changes), product="Plumtree")


def unfold(text):
    return text.replace("\r\n ", "").split("\r\n")


def test_times_are_told_in_utc():
    lines = unfold(build())
    assert "DTSTART:20260308T100000Z" in lines
    assert "DTEND:20260308T120000Z" in lines
    assert "UID:redemption-7@club.example" in lines


def test_lines_end_as_they_must():
    text = build()
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_words_are_escaped():
    lines = unfold(build(title="Tea, cake; and \\ more", text="one\ntwo\r\nthree\x07"))
    assert "SUMMARY:Tea\\, cake\\; and \\\\ more" in lines
    assert "DESCRIPTION:one\\ntwo\\nthree" in lines


def test_long_lines_are_folded_between_characters():
    title = "茶の湯の会とお菓子の時間" * 10
    text = build(title=title)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert f"SUMMARY:{title}" in unfold(text)


def test_a_date_called_off_replaces_the_one_that_was_saved():
    lines = unfold(build(is_cancelled=True))
    assert "STATUS:CANCELLED" in lines
    assert "SEQUENCE:1" in lines
    assert "UID:redemption-7@club.example" in lines
