"""What a rule may ask of a value of each type: its shape, its SQL, and what it says of nothing."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from core.time import day_of, start_of
from members.selectors.club import get_club

# Shapes of a value, as a definition holds them.
NOTHING, NUMBER, TWO, DAYS, DAY, WORD, CODES = (
    "nothing", "number", "two", "days", "day", "word", "codes",
)  # fmt: skip

_MATH = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "="}
_OF_NUMBERS = {**dict.fromkeys(_MATH, NUMBER), "between": TWO}
_OF_KNOWING = {"known": NOTHING, "unknown": NOTHING}
_OF_TIMES = {
    "past": DAYS, "ago": DAYS, "next": DAYS, "this_month": NOTHING, "from": DAY, "before": DAY,
    **_OF_KNOWING,
}  # fmt: skip

# Operators of each type of attribute, in the order in which they are offered.
OPERATORS: dict[str, dict[str, str]] = {
    "number": {**_OF_NUMBERS, **_OF_KNOWING},
    "money": {**_OF_NUMBERS, **_OF_KNOWING},
    "text": {"is": WORD, "is_not": WORD, "starts": WORD, **_OF_KNOWING},
    "choice": {"in": CODES, "not_in": CODES, **_OF_KNOWING},
    "choices": {"any": CODES, "every": CODES, "no": CODES},
    "boolean": {"yes": NOTHING, "not": NOTHING},
    "day": _OF_TIMES,
    "moment": _OF_TIMES,
}
# Those of a count or a sum: where nothing happened it is 0, so it is always known.
OF_MEASURES = _OF_NUMBERS


@dataclass(frozen=True, slots=True)
class Sql:
    """Text and the values of its placeholders, in their order."""

    text: str
    params: tuple[Any, ...] = ()

    def wrap(self, before: str, after: str) -> "Sql":
        return Sql(f"{before}{self.text}{after}", self.params)


def join_sql(parts, separator: str) -> Sql:
    parts = list(parts)
    return Sql(
        separator.join(part.text for part in parts),
        tuple(value for part in parts for value in part.params),
    )


def is_true_of(operator: str, value: Any, number: Any) -> bool:
    """Whether a number passes: what members of whom no row tells have. The same in SQL:
    ``build_condition``.
    """
    if number is None:
        return operator in ("unknown", "is_not", "not_in")
    match operator:
        case "gte":
            return number >= value
        case "gt":
            return number > value
        case "lte":
            return number <= value
        case "lt":
            return number < value
        case "eq":
            return number == value
        case "between":
            return value[0] <= number <= value[1]
    return operator == "known"


def build_condition(ref: str, type: str, operator: str, value: Any, now: dt.datetime) -> Sql:
    """A condition on a column; not true where the column is NULL, but for what asks for that."""
    if operator in _MATH:
        return Sql(f"{ref} {_MATH[operator]} %s", (value,))
    match operator:
        case "between":
            return Sql(f"{ref} BETWEEN %s AND %s", tuple(value))
        case "known":
            return _is_known(ref, type, "IS NOT NULL", "<>", "AND")
        case "unknown":
            return _is_known(ref, type, "IS NULL", "=", "OR")
        case "is":
            return Sql(f"lower({ref}) = lower(%s)", (value,))
        case "is_not":
            return Sql(f"lower({ref}) IS DISTINCT FROM lower(%s)", (value,))
        case "starts":
            return Sql(f"starts_with(lower({ref}), lower(%s))", (value,))
        case "in":
            return Sql(f"{ref} IN ({_marks(value)})", tuple(value))
        case "not_in":
            return Sql(f"({ref} IN ({_marks(value)})) IS NOT TRUE", tuple(value))
        case "any":
            return Sql(f"{ref} && ARRAY[{_marks(value)}]::varchar[]", tuple(value))
        case "every":
            return Sql(f"{ref} @> ARRAY[{_marks(value)}]::varchar[]", tuple(value))
        case "no":
            return Sql(f"NOT ({ref} && ARRAY[{_marks(value)}]::varchar[])", tuple(value))
        case "yes":
            return Sql(f"{ref}")
        case "not":
            return Sql(f"{ref} IS NOT TRUE")
    first, last = _get_span(type, operator, value, now)
    conditions = [Sql(f"{ref} >= %s", (first,))] if first is not None else []
    conditions += [Sql(f"{ref} < %s", (last,))] if last is not None else []
    return join_sql(conditions, " AND ")


def _is_known(ref, type, null, equal, word) -> Sql:
    """Text that is empty is not known either."""
    text = f"{ref} {null}"
    return Sql(f"({text} {word} {ref} {equal} '')" if type == "text" else text)


def _marks(values) -> str:
    return ", ".join(["%s"] * len(values))


def _get_span(type: str, operator: str, value: Any, now: dt.datetime) -> tuple[Any, Any]:
    """From the first, up to but without the last; None is open. Days are the club's."""
    zone = get_club().zone
    today = day_of(now, zone)
    first: Any
    last: Any
    if operator == "this_month":
        first = today.replace(day=1)
        last = (first + dt.timedelta(days=31)).replace(day=1)
    elif operator in ("from", "before"):
        day = dt.date.fromisoformat(value)
        first, last = (day, None) if operator == "from" else (None, day)
    elif type == "moment":
        # Spans of days end now, to the second.
        span, tick = dt.timedelta(days=value), dt.timedelta(microseconds=1)
        match operator:
            case "past":
                return now - span + tick, now + tick
            case "ago":
                return None, now - span + tick
        return now, now + span
    else:
        span, one = dt.timedelta(days=value), dt.timedelta(days=1)
        match operator:
            case "past":
                return today - span, today + one
            case "ago":
                return None, today - span
        return today, today + span + one
    if type == "moment":
        first, last = (each and start_of(each, zone) for each in (first, last))
    return first, last
