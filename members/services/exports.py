"""A download of everything that the club holds of one member: JSON and CSV in a zip."""

import csv
import datetime as dt
import io
import json
import logging
import secrets
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO, Any

from django.apps import apps
from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.services.audit import keeps_refusals, record_audit
from core.tables import escape_cell
from core.time import get_zone
from core.wakes import send_once_committed
from members import registry
from members.enums import ExportState, MemberStatus
from members.models import DataExport, Member, User
from members.registry import PersonalData
from members.retention import get_policy
from members.selectors.club import get_club
from members.services.conduct import check_actor
from members.services.erasing import list_records
from members.services.notices import NoticeRow, add_notices

logger = logging.getLogger(__name__)

MOST_A_DAY = 5
ATTEMPTS = 3
_LEASE = dt.timedelta(minutes=15)
READY_NOTICE = "export_ready"


class TooManyExports(DomainError):
    code = "too_many_exports"
    status = 429
    message = gettext_lazy("You have asked for several downloads today. Try again tomorrow.")


class ExportGone(DomainError):
    code = "export_gone"
    status = 410
    message = gettext_lazy("This download is over; ask for a new one.")


class NothingHeld(DomainError):
    code = "nothing_held"
    status = 410
    message = gettext_lazy("This record is empty.")


@keeps_refusals
@transaction.atomic
def request_export(
    member: Member, *, by: User | None, now: dt.datetime, as_staff: bool = False
) -> DataExport:
    """Have a download made; while one is being made, that is the answer.

    Raises TooManyExports, NothingHeld, or OwnRecord.
    """
    if as_staff:
        check_actor(member, by=by, act="export.request")
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.status in (MemberStatus.ERASED, MemberStatus.MERGED):
        raise NothingHeld
    mine = DataExport.objects.filter(member=member)
    if waiting := mine.waiting().first():
        return waiting
    if mine.filter(requested_at__gt=now - dt.timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyExports
    export = DataExport.objects.create(
        member=member,
        requested_at=now,
        requested_by=by,
        due_at=now,
        locale=translation.get_language() or "",
    )
    record_audit("export.requested", member, by=by, now=now)
    send_once_committed("members.tasks.sweep_exports")
    return export


@keeps_refusals
@transaction.atomic
def open_export(
    export: DataExport, *, by: User | None, now: dt.datetime, as_staff: bool = False
) -> IO[bytes]:
    """The file, for who may have it; each download leaves a row in the audit trail.

    Raises ExportGone, or OwnRecord.
    """
    if as_staff:
        check_actor(export.member, by=by, act="export.open")
    export = DataExport.objects.select_for_update(no_key=True).get(pk=export.pk)
    if not export.can_be_downloaded(now):
        raise ExportGone
    export.download_count += 1
    export.save(update_fields=["download_count"])
    record_audit("member.exported", export.member, by=by, now=now)
    try:
        return export.file.storage.open(str(export.file.name), "rb")
    except FileNotFoundError as error:
        raise ExportGone from error


# --- The sweep ----------------------------------------------------------------------------------


def process_waiting_exports(*, now: dt.datetime, limit: int = 20) -> int:
    """Make the downloads that wait; returns how many. Not in a transaction.

    A row is claimed with ``skip_locked`` for a quarter of an hour: a worker that dies loses the
    claim, and the row is taken again, three times at most.
    """
    done = 0
    for _attempt in range(limit):
        export = _claim(now)
        if export is None:
            break
        done += _make(export, now)
    return done


@transaction.atomic
def _claim(now):
    waiting = DataExport.objects.waiting().filter(due_at__lte=now).order_by("due_at", "pk")
    export = waiting.select_for_update(skip_locked=True, no_key=True).first()
    if export is None:
        return None
    export.attempt_count += 1
    if export.attempt_count > ATTEMPTS:
        export.state = ExportState.FAILED
        export.finished_at = now
    export.due_at = now + _LEASE
    export.save(update_fields=["attempt_count", "state", "finished_at", "due_at"])
    return export


def _make(export, now) -> bool:
    if export.state == ExportState.FAILED:
        return False
    try:
        with tempfile.TemporaryFile() as file:
            row_count = write_archive(export.member, file, locale=export.locale, now=now)
            file.seek(0)
            # Neither the number nor the name: an address may be seen.
            name = export.file.field.generate_filename(export, f"{secrets.token_hex(16)}.zip")
            name = export.file.storage.save(name, File(file))
    except Exception:
        # The claim runs out, and it is tried again.
        logger.exception("A download of data failed")
        return False
    if _finish(export, name, row_count, now):
        return True
    export.file.storage.delete(name)
    return False


@transaction.atomic
def _finish(export, name, row_count, now) -> bool:
    """Ready, unless somebody else was faster or the record was emptied meanwhile."""
    member = Member.objects.select_for_update(no_key=True).get(pk=export.member_id)
    mine = DataExport.objects.waiting().filter(pk=export.pk, attempt_count=export.attempt_count)
    if member.status in (MemberStatus.ERASED, MemberStatus.MERGED):
        mine.update(state=ExportState.FAILED, finished_at=now)
        return False
    expires_at = now + dt.timedelta(hours=get_policy().export_hours)
    if not mine.update(
        state=ExportState.READY,
        finished_at=now,
        expires_at=expires_at,
        file=name,
        row_count=row_count,
    ):
        return False
    add_notices([NoticeRow(member.pk, READY_NOTICE, now, f"export:{export.pk}", {})], now=now)
    return True


def delete_past_exports(*, now: dt.datetime) -> int:
    """Delete the files whose day is over; returns how many."""
    return delete_files(DataExport.objects.past(now)[:200])


@transaction.atomic
def delete_files(exports: QuerySet[DataExport]) -> int:
    """Take the files of these rows away; the rows stay."""
    ids = list(exports.values_list("pk", flat=True))
    rows = list(
        DataExport.objects.filter(pk__in=ids).select_for_update(skip_locked=True, no_key=True)
    )
    for export in rows:
        storage, name = export.file.storage, export.file.name
        export.state = ExportState.EXPIRED
        export.file = ""
        export.save(update_fields=["state", "file"])
        if name:
            transaction.on_commit(partial(storage.delete, name), robust=True)
    return len(rows)


# --- The archive --------------------------------------------------------------------------------


def write_archive(member: Member, file: IO[bytes], *, locale: str, now: dt.datetime) -> int:
    """Write a zip with a JSON and a CSV file for each kind of data; returns the entries.

    Rows are written while they are read. The names of files are the kinds' codes, the words
    in the CSV files and the list of contents are of the member's language.
    """
    count = 0
    contents: list[str] = []
    club = get_club()
    records = list_records(member)
    with (
        translation.override(locale or member.locale or club.locale),
        timezone.override(get_zone(club.zone)),
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for entry in registry.personal_data:
            if entry.export is None:
                continue
            stem = entry.model.lower().replace(".", "-")
            number = _write_kind(archive, stem, entry, records, now)
            count += number
            if number:
                contents.append(f"{stem}.csv, {stem}.json: {get_label(entry)} ({number})")
        head = _("What %(club)s holds of you, on %(day)s.") % {
            "club": club.name_i18n,
            "day": timezone.localtime(now).strftime("%Y-%m-%d %H:%M"),
        }
        text = "\ufeff" + "\r\n".join([head, "", *contents]) + "\r\n"
        archive.writestr(_name_file("README.txt", now), text)
    return count


def _name_file(name: str, now: dt.datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, timezone.localtime(now).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _write_kind(
    archive, stem: str, entry: PersonalData, records: list[Member], now: dt.datetime
) -> int:
    rows = (row for record in records for row in entry.export(record))  # type: ignore[misc]  # asked before
    first = next(rows, None)
    if first is None:
        return 0
    columns = list(first)
    count = 0
    with tempfile.TemporaryFile("w+b") as table:
        text = io.TextIOWrapper(table, encoding="utf-8", newline="", write_through=True)
        text.write("\ufeff")
        writer = csv.writer(text)
        words = [_find_words(entry, name) for name in columns]
        writer.writerow([escape_cell(label) for label, _choices in words])
        with archive.open(_name_file(f"{stem}.json", now), "w", force_zip64=True) as document:
            document.write(b"[")
            for row in _chain(first, rows):
                document.write(b",\n" if count else b"\n")
                document.write(_to_json(row))
                cells = [row.get(name) for name in columns]
                writer.writerow(
                    [
                        escape_cell(_write_cell(value, choices))
                        for value, (_label, choices) in zip(cells, words, strict=True)
                    ]
                )
                count += 1
            document.write(b"\n]\n")
        text.flush()
        table.seek(0)
        with archive.open(_name_file(f"{stem}.csv", now), "w", force_zip64=True) as copy:
            while chunk := table.read(256 * 1024):
                copy.write(chunk)
        text.detach()
    return count


def _chain(first: dict, rest: Iterable[dict]) -> Iterator[dict]:
    yield first
    yield from rest


def _to_json(row: dict) -> bytes:
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def _write_cell(value: Any, choices: dict[Any, str]) -> Any:
    if isinstance(value, str) and value in choices:
        return choices[value]
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return value


def get_label(entry: PersonalData) -> str:
    """What the member reads this kind of data called."""
    lines = get_policy().list_lines(entry.model)
    if lines:
        return str(lines[0].what)
    return str(apps.get_model(entry.model)._meta.verbose_name_plural)


def _find_words(entry: PersonalData, path: str) -> tuple[str, dict[Any, str]]:
    """How people read a column called, and its codes: by the model's own words."""
    own = dict(entry.labels).get(path)
    words: list[str] = []
    choices: dict[Any, str] = {}
    model = apps.get_model(entry.model)
    for name in path.split("__"):
        field = model._meta._forward_fields_map.get(name) if model else None
        if field is None:
            words = []
            break
        words.append(str(field.verbose_name))
        choices = {code: str(label) for code, label in field.flatchoices if code is not None}
        model = field.related_model
    return str(own or ": ".join(words) or path.replace("_", " ")), choices
