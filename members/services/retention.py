"""Executing the retention policy: small batches, each in its own transaction."""

import datetime as dt
import logging
from functools import partial

from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet

from core.errors import DomainError
from core.services.audit import record_audit
from members.enums import RequestSource
from members.models import Club
from members.retention import Line, Then, get_policy
from members.services.absorbed import empty_absorbed
from members.services.erasing import erase_member

logger = logging.getLogger(__name__)

BATCH = 500
MOST = 20_000  # rows of one line in a day, so that a first run doesn't last all night


def apply_retention(*, now: dt.datetime, most: int = MOST) -> dict[str, int]:
    """Do what the policy says with every row whose time is over; rows by model.

    Safe twice and side by side: rows are claimed with ``skip_locked``. One line that fails
    doesn't keep the others from being done.
    """
    done: dict[str, int] = {}
    for line in get_policy().lines:
        if not line.is_executed:
            continue
        try:
            count = _apply(line, now, most)
        except Exception:
            # Whatever breaks on one model, the others' time is over all the same.
            logger.exception("The retention of %s failed", line.model)
            continue
        if count:
            done[line.model] = done.get(line.model, 0) + count
    if done:
        club = Club.objects.get_or_create(pk=1)[0]
        record_audit("retention.applied", club, by=None, now=now, changes=done)
    return done


def list_due(line: Line, now: dt.datetime) -> QuerySet:
    """Rows of the line whose time is over."""
    before = now - dt.timedelta(days=line.days or 0)
    if line.rows is not None:
        return line.rows(before)
    rows = apps.get_model(line.model)._base_manager.filter(
        **{f"{line.since}__lt": before}, **line.only
    )
    if line.then in (Then.FILE, Then.BLANK):
        model = rows.model
        full = Q()
        for name in line.columns:
            full |= ~Q(**{name: model._meta.get_field(name).get_default()})
        rows = rows.filter(full)
    return rows


def _apply(line: Line, now: dt.datetime, most: int) -> int:
    count, skipped = 0, 0
    while count + skipped < most:
        ids = list(list_due(line, now).order_by("pk").values_list("pk", flat=True)[
            skipped : skipped + BATCH
        ])  # fmt: skip
        if not ids:
            break
        done = _ACTS[line.then](line, ids, now)
        count += done
        skipped += len(ids) - done
    return count


@transaction.atomic
def _delete(line, ids, now):
    model = apps.get_model(line.model)
    rows = model._base_manager.filter(pk__in=ids).select_for_update(skip_locked=True)
    mine = list(rows.values_list("pk", flat=True))
    model._base_manager.filter(pk__in=mine).delete()
    return len(mine)


@transaction.atomic
def _blank(line, ids, now):
    model = apps.get_model(line.model)
    blank = {name: model._meta.get_field(name).get_default() for name in line.columns}
    return model._base_manager.filter(pk__in=ids).update(**blank)


@transaction.atomic
def _delete_files(line, ids, now):
    model = apps.get_model(line.model)
    rows = list(model._base_manager.filter(pk__in=ids).select_for_update(skip_locked=True))
    for row in rows:
        for name in line.columns:
            file = getattr(row, name)
            if file:
                storage, path = file.storage, file.name
                setattr(row, name, "")
                transaction.on_commit(partial(storage.delete, path), robust=True)
        row.save(update_fields=list(line.columns))
    return len(rows)


def _erase(line, ids, now):
    """One transaction each: what can't be erased yet stays, and comes up again tomorrow."""
    model = apps.get_model(line.model)
    count = 0
    for member in model._base_manager.filter(pk__in=ids):
        try:
            erase_member(member, by=None, now=now, source=RequestSource.RETENTION)
            count += 1
        except DomainError as refusal:
            logger.info("Retention: a record waits (%s)", refusal.code)
    return count


def _empty_absorbed(line, ids, now):
    return empty_absorbed(ids, now=now)


_ACTS = {
    Then.DELETE: _delete,
    Then.BLANK: _blank,
    Then.FILE: _delete_files,
    Then.ERASE: _erase,
    Then.EMPTY_ABSORBED: _empty_absorbed,
}
