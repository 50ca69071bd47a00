"""Points that the club gives by its own decision: goodwill, a prize, a correction."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.time import day_of
from rewards.engine.book import Book, Cause, LotState
from rewards.engine.settling import start_sliding
from rewards.engine.terms import Terms
from rewards.enums import AccountKind, Reason, Unit
from rewards.models import Transfer
from rewards.services.ledger import write_ledger
from rewards.services.settlement import open_settled_ledger

MAX_KEY = 80  # leaves room for what derived entries put around it


class CannotGrant(DomainError):
    code = "cannot_grant"
    message = _("Only a membership that is active can be given points.")


class InvalidGrant(DomainError):
    code = "invalid_grant"
    message = _("Give at least one point, with a last usable day that is not over yet.")


@transaction.atomic
def grant_points(
    member, points: int, *, expires_on: dt.date | None, note: str, key: str, by, now: dt.datetime
) -> Transfer:
    """Give points that are available at once, until ``expires_on`` (None: as the programme says).

    What the member owes is repaid first. ``note`` is kept with the audit row, where an erasure
    reaches it. The same key again returns the first grant. No limit is asked: what staff give by
    hand goes through ``rewards.services.adjustments``. Raises CannotGrant or InvalidGrant.
    """
    if len(key) > MAX_KEY:
        raise ValueError("The key is longer than 80 characters.")
    if not member.is_active:
        raise CannotGrant
    ledger = open_settled_ledger([member.pk], now=now)
    full_key = f"grant:{key}"
    known = Transfer.objects.filter(key=full_key, member=member).first()
    if known is not None:
        return known
    lot = open_grant(
        ledger.books[member.pk], points, ledger.terms, expires_on=expires_on, key=full_key, now=now
    )
    write_ledger(ledger, now=now)
    grant = Transfer.objects.get(key=full_key)
    record_audit(
        "points.granted",
        member,
        by=by,
        now=now,
        note=note,
        changes={
            "points": points,
            "expires_on": lot.expires_on and lot.expires_on.isoformat(),
            "transfer": grant.pk,
        },
    )
    return grant


def open_grant(
    book: Book, points: int, terms: Terms, *, expires_on: dt.date | None, key: str,
    now: dt.datetime, cause: Cause | None = None,
) -> LotState:  # fmt: skip
    """Open the lot of a gift in a settled book; it first repays what the member owes.

    Raises InvalidGrant for less than one point, or a last usable day that is over.
    """
    today = day_of(now, terms.zone)
    if points < 1 or (expires_on is not None and expires_on < today):
        raise InvalidGrant
    if expires_on is None:
        expires_on = terms.programme_on(today).last_usable_day(today)
    lot = LotState(
        unit=Unit.POINTS,
        award=None,
        opened_at=now,
        original=points,
        release_on=today,
        expires_on=expires_on,
    )
    start_sliding(book, today, terms)
    book.open_lot(
        lot, AccountKind.ISSUED, "available", reason=Reason.GRANT, at=now, key=key, cause=cause
    )
    return lot
