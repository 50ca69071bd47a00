"""The one clock of attention, whatever is planned: properties of ``surveys.engine.attention``."""

import datetime as dt
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from surveys.engine.attention import Act, Attention, Planned, judge

NOW = dt.datetime(2026, 3, 10, 19, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
days = st.integers(-40, 40)


@st.composite
def planned(draw, number):
    due_at = NOW + draw(days) * DAY
    return Planned(
        id=number,
        priority=draw(st.integers(1, 4)),
        clock_days=draw(st.sampled_from([0, 7, 30, 90])),
        due_at=due_at,
        expires_at=due_at + draw(st.integers(1, 60)) * DAY,
        obstacle=draw(st.sampled_from(["", "", "", "closed"])),
    )


@st.composite
def cases(draw):
    numbers = count(1)
    rows = [draw(planned(next(numbers))) for _each in range(draw(st.integers(0, 6)))]
    last = draw(st.none() | st.integers(0, 100))
    return rows, Attention(None if last is None else NOW - last * DAY, draw(st.booleans()))


def free(row, attention):
    last = attention.last_sent_at
    return None if last is None else last + row.clock_days * DAY


@given(cases())
def test_verdicts(case):
    rows, attention = case
    verdicts = {each.id: each for each in judge(rows, attention, now=NOW)}
    by_id = {row.id: row for row in rows}
    # Exactly those that are due are decided about, each once.
    assert sorted(verdicts) == sorted(row.id for row in rows if row.due_at <= NOW)
    assert len(list(judge(rows, attention, now=NOW))) == len(verdicts)
    released = [by_id[pk] for pk, each in verdicts.items() if each.act == Act.RELEASE]
    assert len(released) <= (0 if attention.is_one_on_its_way else 1)
    for row in released:
        assert not row.obstacle
        assert row.expires_at > NOW
        assert free(row, attention) is None or free(row, attention) <= NOW
        for other in rows:
            end = free(other, attention)
            could = not other.obstacle and (
                end is None or max(end, other.due_at) < other.expires_at
            ) and (other.due_at > NOW or other.expires_at > NOW)  # fmt: skip
            is_near = other.due_at <= NOW + row.clock_days * DAY
            assert not (could and is_near and other.priority < row.priority)
    for pk, each in verdicts.items():
        assert (each.act == Act.SKIP) == bool(each.reason)
        if each.act == Act.WAIT:
            # Later than now, and never too late: nothing waits for ever.
            assert NOW < each.until < by_id[pk].expires_at


def test_somebody_alone_is_asked():
    row = Planned(1, 50, 30, NOW, NOW + DAY)
    assert [each.act for each in judge([row], Attention(), now=NOW)] == [Act.RELEASE]
    recent = Attention(NOW - 29 * DAY - DAY / 2)
    assert [each.act for each in judge([row], recent, now=NOW)] == [Act.WAIT]
    assert [each.reason for each in judge([row], Attention(NOW), now=NOW)] == ["clock"]
