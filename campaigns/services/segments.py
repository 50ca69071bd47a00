"""Segments written and built: the definition, and the rows of the audience."""

import datetime as dt
import logging
import time
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import SegmentSchedule
from campaigns.models import Segment, SegmentBuild
from campaigns.ready_segments import READY
from campaigns.selectors.segments import (
    check_plan,
    compile_segment,
    limited,
    read_definition,
    sort_by_need,
)
from campaigns.selectors.segments.operators import Sql
from core.errors import DomainError
from core.services.audit import record_audit
from core.slugs import make_slug
from core.time import day_of, start_of
from core.wakes import send_once_committed
from core.words import rename, translate_label
from members.enums import AudienceKind
from members.models import Audience, User
from members.selectors.club import get_club

logger = logging.getLogger(__name__)

BUILD_MS = 600_000


class SegmentBusy(DomainError):
    code = "segment_busy"
    status = 409
    message = _("This segment is being rebuilt right now.")


# --- Writing ---


@transaction.atomic
def make_segment(
    *,
    name: str,
    definition: Mapping[str, Any] | None = None,
    schedule: str = SegmentSchedule.DAILY,
    note: str = "",
    i18n: dict[str, str] | None = None,
    code: str = "",
    by: User | None,
    now: dt.datetime,
) -> Segment:
    """A segment with its audience, not built yet. Raises BadDefinition, CrossJoin."""
    slug = make_slug(Audience, code or name, fallback="segment")
    audience = Audience.objects.create(slug=slug, kind=AudienceKind.SEGMENT, name=name, i18n=i18n)
    segment = Segment(
        audience=audience,
        code=code,
        note=note,
        schedule=schedule,
        created_at=now,
        changed_at=now,
        changed_by=by,
    )
    segment.save()
    if definition:
        _set_definition(segment, definition, now)
        segment.save(update_fields=["definition", "wanted_at"])
    record_audit("segment.made", segment, by=by, now=now, changes={"name": name})
    if definition:
        wake_builder()
    return segment


@transaction.atomic
def change_segment(
    segment: Segment,
    *,
    definition: Mapping[str, Any],
    name: str,
    schedule: str,
    note: str,
    by: User | None,
    now: dt.datetime,
) -> Segment:
    """Write a segment down anew, and ask for its rebuild. Raises BadDefinition, CrossJoin."""
    segment = Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
    before = {"name": segment.audience.name, "schedule": segment.schedule, "note": segment.note}
    after = {"name": name, "schedule": schedule, "note": note}
    changes: dict[str, Any] = {
        key: [old, after[key]] for key, old in before.items() if old != after[key]
    }
    if definition != segment.definition:
        # The old tree too: who asks later why somebody was in it finds what held then.
        changes["definition"] = [segment.definition, definition]
        _set_definition(segment, definition, now)
    if not changes:
        return segment
    audience = segment.audience
    rename(audience, "name", name)
    audience.save(update_fields=["name", "i18n"])
    segment.schedule, segment.note = schedule, note
    segment.changed_at, segment.changed_by = now, by
    segment.save(
        update_fields=[
            "definition", "wanted_at", "schedule", "note", "changed_at", "changed_by",
        ]
    )  # fmt: skip
    record_audit("segment.changed", segment, by=by, now=now, changes=changes)
    wake_builder()
    return segment


def _set_definition(segment, definition, now):
    group = read_definition(definition, segment=segment)
    check_plan(compile_segment(group, now=now))
    segment.definition = definition
    segment.wanted_at = now


@transaction.atomic
def request_build(segment: Segment, *, by: User | None, now: dt.datetime) -> None:
    """Have it rebuilt soon, by a worker."""
    Segment.objects.filter(pk=segment.pk).update(wanted_at=now)
    record_audit("segment.build_asked", segment, by=by, now=now)
    wake_builder()


def wake_builder() -> None:
    send_once_committed("campaigns.tasks.build_segments")


# --- Building ---

# ANALYZE beside them: without it PostgreSQL would guess how many were found.
_FIND = """
    CREATE TEMPORARY TABLE segment_found ON COMMIT DROP AS
    SELECT x.member_id FROM ({ids}) AS x (member_id)
    WHERE NOT EXISTS (SELECT FROM campaigns_segmentpick p
                      WHERE p.segment_id = %s AND p.member_id = x.member_id)
    UNION ALL
    SELECT p.member_id FROM campaigns_segmentpick p
    JOIN members_member m ON m.id = p.member_id AND m.status = 'active'
    WHERE p.segment_id = %s AND p.is_in
"""
# In order of the members, as every other writer of audience rows.
_ADD = """
    WITH moved AS (
        INSERT INTO members_audiencemember (audience_id, member_id, added_at)
        SELECT %(audience)s, f.member_id, %(now)s FROM segment_found f
        WHERE NOT EXISTS (SELECT FROM members_audiencemember a
                          WHERE a.audience_id = %(audience)s AND a.member_id = f.member_id)
        ORDER BY f.member_id
        ON CONFLICT DO NOTHING
        RETURNING member_id
    ), noted AS (
        INSERT INTO campaigns_segmentmove (segment_id, member_id, is_entry, moved_at)
        SELECT %(segment)s, member_id, true, %(now)s FROM moved WHERE %(is_noted)s
    )
    SELECT count(*) FROM moved
"""
_REMOVE = """
    WITH moved AS (
        DELETE FROM members_audiencemember a
        WHERE a.audience_id = %(audience)s
          AND NOT EXISTS (SELECT FROM segment_found f WHERE f.member_id = a.member_id)
        RETURNING member_id
    ), noted AS (
        INSERT INTO campaigns_segmentmove (segment_id, member_id, is_entry, moved_at)
        SELECT %(segment)s, member_id, false, %(now)s FROM moved WHERE %(is_noted)s
    )
    SELECT count(*) FROM moved
"""
_NOBODY = Sql("SELECT NULL::bigint WHERE FALSE")


@transaction.atomic
def build_segment(segment: Segment, *, by: User | None, now: dt.datetime) -> SegmentBuild:
    """Bring the audience's rows to what the definition and the picks say: those who are missing
    are added, those too many removed, the others stay untouched.

    The segment is held for the time. Raises SegmentBusy where somebody else builds it,
    BadDefinition, CrossJoin, TooSlow.
    """
    held = Segment.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    row = held.select_related("audience").filter(pk=segment.pk).first()
    if row is None:
        raise SegmentBusy
    before = time.perf_counter()
    with limited(BUILD_MS):
        added, removed, size = _move_rows(row, now)
    took = round((time.perf_counter() - before) * 1000)
    row.built_at = row.tried_at = now
    row.member_count, row.last_error = size, ""
    row.save(update_fields=["built_at", "tried_at", "member_count", "last_error"])
    return SegmentBuild.objects.create(
        segment=row,
        built_at=now,
        took_ms=took,
        member_count=size,
        added_count=added,
        removed_count=removed,
        built_by=by,
    )


def _move_rows(segment, now):
    ids = _NOBODY
    if segment.definition:
        compiled = compile_segment(read_definition(segment.definition, segment=segment), now=now)
        check_plan(compiled)
        ids = compiled.select_ids()
    values = {
        "audience": segment.audience_id,
        "segment": segment.pk,
        "now": now,
        "is_noted": segment.built_at is not None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND.format(ids=ids.text), [*ids.params, segment.pk, segment.pk])
        cursor.execute("ANALYZE segment_found")
        cursor.execute(_ADD, values)
        ((added,),) = cursor.fetchall()
        cursor.execute(_REMOVE, values)
        ((removed,),) = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM segment_found")
        ((size,),) = cursor.fetchall()
        cursor.execute("DROP TABLE segment_found")
    return added, removed, size


def list_due(*, now: dt.datetime) -> list[Segment]:
    """Those to be rebuilt now; what others ask for comes first."""
    zone = get_club().zone
    midnight = start_of(day_of(now, zone), zone)
    return sort_by_need(list(Segment.objects.due(now, midnight).select_related("audience")))


def build_due_segments(*, now: dt.datetime) -> int:
    """Rebuild each that is due, in a transaction of its own; returns how many.

    One that can't be built keeps its members and says why; it is tried again when it is due.
    """
    built = 0
    for segment in list_due(now=now):
        try:
            build_segment(segment, by=None, now=now)
            built += 1
        except SegmentBusy:
            continue
        except DomainError as error:
            logger.warning("Segment %s could not be built: %s", segment.pk, error.code)
            _note_failure(segment, str(error), now)
        except Exception as error:
            # Whatever went wrong, the others must go on.
            logger.exception("Segment %s could not be built", segment.pk)
            _note_failure(segment, type(error).__name__, now)
    return built


@transaction.atomic
def _note_failure(segment: Segment, why: str, now: dt.datetime) -> None:
    Segment.objects.filter(pk=segment.pk).update(tried_at=now, last_error=why[:300])


# --- Ready ones ---


@transaction.atomic
def ensure_ready_segments(*, by: User | None, now: dt.datetime) -> list[Segment]:
    """The ready segments, made where they are missing; what the club changed stays as it is."""
    known = {each.code: each for each in Segment.objects.exclude(code="")}
    found = []
    for ready in READY:
        segment = known.get(ready.code)
        if segment is None:
            name, i18n = translate_label(ready.name, "name")
            note, _translated = translate_label(ready.note, "note")
            segment = make_segment(
                name=name,
                i18n=i18n,
                note=note,
                code=ready.code,
                definition=ready.definition,
                schedule=ready.schedule,
                by=by,
                now=now,
            )
        found.append(segment)
    return found
