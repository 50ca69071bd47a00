"""Pools of codes: files of thousands taken in at once, and what is left of them made void."""

import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of
from members.selectors.club import get_club
from purchases.parsing.files import inspect_file, read_rows
from rewards.codes import read_pool_code
from rewards.models import Reward, RewardCode

MAX_LENGTH = 80
# What a file's first line calls its columns.
_CODE_NAMES = frozenset(
    {
        "code", "codes", "voucher", "coupon", "coupon code", "voucher code", "コード",
        "クーポンコード", "代码", "券码", "兑换码", "优惠码", "代碼", "券碼", "兌換碼", "優惠碼",
    }
)  # fmt: skip
_DAY_NAMES = frozenset(
    {"expires_on", "expires", "expiry", "valid until", "last day", "有効期限", "有效期", "到期日"}
)

REPEATED, KNOWN, EMPTY, TOO_LONG, NO_DAY, OVER = (
    "repeated", "known", "empty", "too_long", "no_day", "over"
)  # fmt: skip
REASONS = {
    REPEATED: _("repeats an earlier line of the file"),
    KNOWN: _("is in the pool already"),
    EMPTY: _("holds no code"),
    TOO_LONG: _("is longer than 80 characters"),
    NO_DAY: _("has a last day that is no date like 2026-12-31"),
    OVER: _("has a last day that is over"),
}

_ADD = """
    INSERT INTO rewards_rewardcode (reward_id, code, match_key, expires_on, imported_at)
    SELECT %s, code, match_key, expires_on, %s
    FROM unnest(%s::text[], %s::text[], %s::date[]) WITH ORDINALITY
        AS u (code, match_key, expires_on, place)
    ORDER BY place
    ON CONFLICT (reward_id, match_key) DO NOTHING
    RETURNING match_key
"""


class NoPool(DomainError):
    code = "no_pool"
    message = _("This reward hands out no codes of a pool.")


class LastDayOver(DomainError):
    code = "last_day_over"
    field = "expires_on"
    message = _("That day is over: nobody could use the codes.")


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that brought no new code; ``first_line`` is the one that it repeats."""

    line: int
    reason: str
    first_line: int | None = None

    @property
    def text(self) -> Any:
        return REASONS[self.reason]


@dataclass(slots=True)
class CodeReport:
    """What a file brought, or would bring."""

    line_count: int = 0
    added_count: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def count_reasons(self) -> list[tuple[str, int]]:
        """Reasons in words, each with its number of lines."""
        counts = Counter(line.reason for line in self.refused)
        return [(str(REASONS[reason]), counts[reason]) for reason in REASONS if counts[reason]]


@dataclass(slots=True)
class _Entry:
    line: int
    code: str
    match_key: str
    expires_on: dt.date | None


def preview_codes(
    reward: Reward, source: BinaryIO | str, *, now: dt.datetime, expires_on: dt.date | None = None
) -> CodeReport:
    """What ``import_codes`` would do; nothing changes."""
    report, entries = _read(reward, source, now, expires_on)
    known = RewardCode.objects.filter(
        reward=reward, match_key__in=[entry.match_key for entry in entries]
    ).values_list("match_key", flat=True)
    _settle(report, entries, set(known))
    return report


@transaction.atomic
def import_codes(
    reward: Reward,
    source: BinaryIO | str,
    *,
    by: Any,
    now: dt.datetime,
    expires_on: dt.date | None = None,
) -> CodeReport:
    """Add the codes of a CSV or text file, or of a text, to the pool of a reward.

    The first column holds the codes; a first line that names ``code`` and ``expires_on`` says
    where both are. ``expires_on`` is the last usable day of the codes that bring none. Repeats,
    within the file and of what is there, are left out and reported by line; codes that differ
    only by capitals, spaces or hyphens count as one. Raises NoPool, LastDayOver, or what makes a
    file unreadable.
    """
    report, entries = _read(reward, source, now, expires_on)
    (added,) = read_together(
        [
            (
                _ADD,
                [
                    reward.pk,
                    now,
                    [entry.code for entry in entries],
                    [entry.match_key for entry in entries],
                    [entry.expires_on for entry in entries],
                ],
            )
        ]
    )
    new = {key for (key,) in added}
    _settle(report, entries, {entry.match_key for entry in entries} - new)
    record_audit(
        "reward.codes_imported", reward, by=by, now=now,
        changes={
            "added": report.added_count,
            "refused": len(report.refused),
            "expires_on": expires_on and expires_on.isoformat(),
        },
    )  # fmt: skip
    return report


@transaction.atomic
def void_codes(reward: Reward, *, reason: str, by: Any, now: dt.datetime) -> int:
    """Make void what the pool still holds; codes that members have stay theirs."""
    count = reward.codes.free().update(voided_at=now)
    record_audit(
        "reward.codes_voided", reward, by=by, now=now, note=reason, changes={"count": count}
    )
    return count


# --- Reading ------------------------------------------------------------------------------------


def _read(reward, source, now, expires_on) -> tuple[CodeReport, list[_Entry]]:
    """Lines that are right by themselves, once each, and the report of the others."""
    if not reward.has_pool:
        raise NoPool
    today = day_of(now, get_club().zone)
    if expires_on is not None and expires_on < today:
        raise LastDayOver
    report, entries = CodeReport(), []
    first_lines: dict[str, int] = {}
    for line, code, day in _read_lines(source):
        report.line_count += 1
        entry = _Entry(line, code, read_pool_code(code), expires_on)
        reason = _judge(entry, day, today)
        if not reason and entry.match_key in first_lines:
            report.refused.append(RefusedLine(line, REPEATED, first_lines[entry.match_key]))
        elif reason:
            report.refused.append(RefusedLine(line, reason))
        else:
            first_lines[entry.match_key] = line
            entries.append(entry)
    return report, entries


def _judge(entry: _Entry, day: str, today: dt.date) -> str:
    if not entry.match_key or not entry.code.isprintable():
        return EMPTY
    if max(len(entry.code), len(entry.match_key)) > MAX_LENGTH:
        return TOO_LONG
    if day:
        try:
            entry.expires_on = dt.date.fromisoformat(day)
        except ValueError:
            return NO_DAY
        if entry.expires_on < today:
            return OVER
    return ""


def _read_lines(source: BinaryIO | str) -> Iterator[tuple[int, str, str]]:
    """(number of the line, code, last day or "") of every line that isn't blank."""
    file = io.BytesIO(source.encode()) if isinstance(source, str) else source
    shape = inspect_file(file, max_bytes=settings.IMPORT_MAX_BYTES)
    code_at, day_at = 0, -1
    for number, (line, cells) in enumerate(read_rows(file, shape, settings.IMPORT_MAX_BYTES)):
        names = [cell.strip().casefold() for cell in cells]
        if number == 0 and any(name in _CODE_NAMES for name in names):
            code_at = next(at for at, name in enumerate(names) if name in _CODE_NAMES)
            day_at = next((at for at, name in enumerate(names) if name in _DAY_NAMES), -1)
            continue
        if not any(names):
            continue
        code = cells[code_at].strip() if code_at < len(cells) else ""
        yield line, code, cells[day_at].strip() if 0 <= day_at < len(cells) else ""


def _settle(report: CodeReport, entries: list[_Entry], known: set[str]) -> None:
    """Codes of the pool join the refused lines, in the order of the file."""
    report.added_count = sum(entry.match_key not in known for entry in entries)
    report.refused += [
        RefusedLine(entry.line, KNOWN) for entry in entries if entry.match_key in known
    ]
    report.refused.sort(key=lambda line: line.line)
