"""Store credit: money in the ledger, what was refunded and what was given apart.

The law may see refunded credit as prepaid money, so the two never mix: what is spent comes from
the given credit first, and what comes back goes to where it came from.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.bulk import read_together
from core.errors import DomainError
from core.services.audit import record_audit
from members.models import Member
from rewards.engine.book import Book, Cause, NoticeDraft
from rewards.enums import AccountKind, Reason, Unit
from rewards.services.holding import HoldClosed
from rewards.services.ledger import Ledger, write_ledger
from rewards.services.settlement import open_settled_ledger

GRANTED, REFUNDED = AccountKind.CREDIT_GRANTED, AccountKind.CREDIT_REFUNDED
_HELD = AccountKind.CREDIT_HELD
_ORDER = (GRANTED, REFUNDED)
# What a cause took from each account and what came back to it since, on either way.
_PARTS = """
    SELECT a.kind, sum(CASE WHEN a.id = t.debit_account_id THEN t.amount ELSE -t.amount END)::bigint
    FROM rewards_transfer t
    JOIN rewards_account a ON a.id IN (t.debit_account_id, t.credit_account_id)
    WHERE t.cause_type = %s AND t.cause_id = %s AND t.unit = 'money'
      AND a.kind IN ('credit_granted', 'credit_refunded')
    GROUP BY a.kind
"""
_STEPS = """
    SELECT count(*) FROM rewards_transfer
    WHERE cause_type = %s AND cause_id = %s AND unit = 'money' AND reason = 'restore'
"""


class CreditTooLow(DomainError):
    code = "credit_too_low"
    message = _("This needs more store credit than there is.")


class InvalidCredit(DomainError):
    code = "invalid_credit"
    field = "amount"
    message = _("Name an amount above zero.")


class NoMembership(DomainError):
    code = "no_membership"
    message = _("Only a membership that is active can have store credit.")


@transaction.atomic
def give_credit(
    member: Member, amount: int, *, cause: Cause, is_refund: bool = False, by: Any,
    note: str = "", notice: NoticeDraft | None = None, now: dt.datetime,
) -> None:  # fmt: skip
    """Give store credit, once per cause: by the club's decision, or (``is_refund``) for money of
    the member that the club would otherwise pay back. ``amount`` in minor units; ``notice`` tells
    the member.

    Raises InvalidCredit, NoMembership.
    """
    if amount <= 0:
        raise InvalidCredit
    if not member.is_active:
        raise NoMembership
    key = f"{cause[0]}:{cause[1]}:credit"
    ledger = open_settled_ledger(
        [member.pk],
        now=now,
        build_extra=lambda terms: [("SELECT 1 FROM rewards_transfer WHERE key = %s", [key])],
    )
    if ledger.extra[0]:
        return
    origin, account, reason = (
        (AccountKind.RETURNED, REFUNDED, Reason.REFUND)
        if is_refund
        else (AccountKind.ISSUED, GRANTED, Reason.GRANT)
    )
    book = ledger.books[member.pk]
    book.transfer(origin, account, amount, reason, at=now, key=key, unit=Unit.MONEY, cause=cause)
    if notice is not None:
        book.notices.append(notice)
    write_ledger(ledger, now=now)
    changes = {"amount": amount, "kind": account, "cause": list(cause)}
    record_audit("credit.given", member, by=by, changes=changes, note=note, now=now)


def hold_credit(book: Book, amount: int, *, cause: Cause, now: dt.datetime) -> None:
    """Reserve credit of an open book, the given before the refunded. Raises CreditTooLow."""
    left = amount
    for kind in _ORDER:
        part = min(left, book.balance(kind))
        if part:
            _move(book, kind, _HELD, part, Reason.HOLD, cause, "hold", now)
            left -= part
    if left:
        raise CreditTooLow


def capture_credit(book: Book, amount: int, *, cause: Cause, now: dt.datetime) -> None:
    """Spend what is reserved."""
    _move(book, _HELD, AccountKind.REDEEMED, amount, Reason.CAPTURE, cause, "capture", now)


def return_credit(
    ledger: Ledger, book: Book, amount: int, *, cause: Cause, from_held: bool, now: dt.datetime
) -> None:
    """Give credit back to the accounts that it came from, what was taken last first.

    The rows that ``build_credit_statements`` asked for stand last in ``ledger.extra``. Raises
    HoldClosed where less was taken.
    """
    rows, ((step_count,),) = ledger.extra[-2:]
    taken = dict(rows)
    origin = _HELD if from_held else AccountKind.REDEEMED
    left = amount
    for kind in reversed(_ORDER):
        part = min(left, taken.get(kind, 0))
        if part > 0:
            step = f"restore:{step_count}"
            _move(book, origin, kind, part, Reason.RESTORE, cause, step, now)
            left -= part
    if left:
        raise HoldClosed


def build_credit_statements(cause: Cause) -> list[tuple[str, Sequence]]:
    """Statements for ``build_extra`` of the ledger that ``return_credit`` acts on."""
    return [(_PARTS, [*cause]), (_STEPS, [*cause])]


def get_credit(member: Member) -> dict[str, int]:
    """The member's credit by account kind, in minor units, as it stands in the ledger."""
    (rows,) = read_together(
        [
            (
                "SELECT kind, balance FROM rewards_account"
                " WHERE member_id = %s AND unit = 'money' AND balance > 0",
                [member.pk],
            )
        ]
    )
    return dict(rows)


def _move(book, debit, credit, amount, reason, cause, step, now) -> None:
    place = credit if reason == Reason.RESTORE else debit
    book.transfer(
        debit, credit, amount, reason, at=now, key=f"{cause[0]}:{cause[1]}:{step}:{place}",
        unit=Unit.MONEY, cause=cause,
    )  # fmt: skip
