"""Files of purchases, from upload to report: the row is the truth, batches commit as they go."""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, BinaryIO

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.wakes import send_once_committed
from members.selectors.club import get_club
from purchases import errors
from purchases.enums import ImportState
from purchases.incoming import CLOCK_TOLERANCE
from purchases.models import ImportJob, Source, Store
from purchases.parsing.columns import guess_mapping
from purchases.parsing.files import FileShape, inspect_file, read_rows
from purchases.parsing.rows import RowNormaliser, find_newest_day
from purchases.services.intake import take_in
from purchases.services.known import Known
from purchases.services.outcome import PURCHASE
from purchases.services.reports import build_refused_report
from purchases.services.staging import Stage, drop_orphans

logger = logging.getLogger(__name__)

BATCH_SIZE = 2_000
BATCH_ROWS = 40_000
MAX_ATTEMPTS = 5
SILENT_FOR = dt.timedelta(minutes=2)  # then whoever ran it is taken for dead
DRAFTS_LIVE = dt.timedelta(days=1)
READING, SAVING = "reading", "saving"
_COUNTS = ("purchase_count", "line_count", "return_count", "total_amount")

Progress = Callable[[str, int, int], None]


class ImportOvertaken(DomainError):
    code = "import_overtaken"
    status = 409
    message = _("Another run of this import went ahead.")


class ImportNotDraft(DomainError):
    code = "import_not_draft"
    status = 409
    message = _("This import was already started.")


@dataclass(frozen=True, slots=True)
class Preview:
    """How a file would be read: its header, its first rows, and which column is which."""

    encoding: str
    delimiter: str
    header: list[str]
    rows: list[list[str]]
    mapping: dict[str, list[str]]
    missing: str = ""  # the reason why it can't be imported like this


def _ignore_progress(stage: str, done: int, total: int) -> None:
    pass


# --- Before: upload, preview, start --------------------------------------------------------------


def preview_file(
    file: BinaryIO,
    source: Source,
    mapping: Mapping[str, Sequence[str]] | None = None,
    *,
    encoding: str = "",
    row_count: int = 10,
    max_bytes: int | None = None,
) -> Preview:
    """The first rows of a file with the encoding and the columns that would be used.

    Raises where the file can't be read at all; a column that is still missing is told in
    ``missing``.
    """
    shape = inspect_file(file, encoding=encoding or source.encoding, max_bytes=max_bytes)
    rows = read_rows(file, shape, max_bytes)
    header, shown = next(rows, (1, []))[1], []
    for _number, cells in rows:
        shown.append(cells)
        if len(shown) == row_count:
            break
    rows.close()
    found, missing = {}, ""
    try:
        found = guess_mapping(header, declared=mapping, remembered=source.mapping)
    except DomainError as error:
        missing = str(error)
    return Preview(shape.encoding, shape.delimiter, header, shown, found, missing)


@transaction.atomic
def draft_import(file, source: Source, *, by, now: dt.datetime) -> ImportJob:
    """Keep an uploaded file until its mapping is confirmed; nothing is imported yet."""
    check_upload_size(file.size)
    job = ImportJob(
        source=source,
        file_name=PurePath(file.name).name[-255:],
        state=ImportState.DRAFT,
        created_at=now,
        created_by=by,
    )
    job.file.save(job.file_name, file, save=False)
    job.save()
    record_audit("import.uploaded", job, by=by, changes={"bytes": file.size}, now=now)
    return job


@transaction.atomic
def confirm_import(
    job: ImportJob,
    mapping: Mapping[str, Sequence[str]],
    *,
    options: Mapping[str, Any] | None = None,
    by,
    now: dt.datetime,
) -> ImportJob:
    """Let a draft run, and remember its mapping for the next file of the source."""
    started = ImportJob.objects.filter(pk=job.pk, state=ImportState.DRAFT).update(
        state=ImportState.WAITING, mapping=dict(mapping), options=dict(options or {})
    )
    if not started:
        raise ImportNotDraft
    _remember_mapping(job.source, mapping)
    job.refresh_from_db()
    record_audit("import.started", job, by=by, changes={"mapping": dict(mapping)}, now=now)
    _wake_workers(job.pk)
    return job


def check_upload_size(byte_count: int) -> None:
    if byte_count > settings.IMPORT_MAX_BYTES:
        raise errors.FileTooLarge(limit=settings.IMPORT_MAX_BYTES // 1024**2)


def _remember_mapping(source, mapping):
    if mapping and source.mapping != mapping:
        source.mapping = dict(mapping)
        source.save(update_fields=["mapping"])


def _wake_workers(job_id):
    send_once_committed("purchases.tasks.run_import", job_id)


# --- Running -------------------------------------------------------------------------------------


def claim_import(job_id: int, *, now: dt.datetime) -> ImportJob | None:
    """Take a waiting import, or one whose run gave no sign of life; None where there is none."""
    free = ImportJob.objects.filter(pk=job_id, state=ImportState.WAITING) | (
        ImportJob.objects.filter(pk=job_id, state=ImportState.RUNNING, seen_at__lt=now - SILENT_FOR)
    )
    claimed = free.update(
        state=ImportState.RUNNING, seen_at=now, attempt_count=F("attempt_count") + 1
    )
    if not claimed:
        return None
    return ImportJob.objects.select_related("source__default_store").get(pk=job_id)


def list_due_imports(now: dt.datetime) -> list[int]:
    """Imports that wait, or whose run has gone silent."""
    waiting = ImportJob.objects.waiting()
    silent = ImportJob.objects.filter(state=ImportState.RUNNING, seen_at__lt=now - SILENT_FOR)
    return list((waiting | silent).order_by("created_at").values_list("pk", flat=True))


def clear_leftovers(now: dt.datetime) -> None:
    """Drop stage tables of imports that are over, and drafts that nobody confirmed."""
    drop_orphans(ImportJob.objects.unfinished().values_list("pk", flat=True))
    for draft in ImportJob.objects.drafts_before(now - DRAFTS_LIVE):
        draft.file.delete(save=False)
        draft.delete()


@transaction.atomic
def give_up(job: ImportJob, *, now: dt.datetime) -> None:
    """End an import that nobody can go on with."""
    _fail(job, str(_("It was interrupted; run the command again, nothing is taken twice.")), now)


def create_command_import(
    source: Source, file_name: str, mapping, options, *, now: dt.datetime
) -> ImportJob:
    """The row of an import that a command runs itself, in place and at once."""
    job = ImportJob.objects.create(
        source=source,
        file_name=file_name[-255:],
        mapping=mapping,
        options=options,
        state=ImportState.RUNNING,
        created_at=now,
        seen_at=timezone.now(),
        attempt_count=1,
    )
    _remember_mapping(source, mapping)
    return job


def run_import_job(
    job: ImportJob,
    file: BinaryIO,
    *,
    now: dt.datetime,
    max_bytes: int | None = None,
    on_progress: Progress = _ignore_progress,
) -> ImportJob:
    """Run a claimed import to its end, from where an earlier run stood.

    Opens a transaction for each batch; must not run inside one. A file that can't be read
    ends it as failed; anything unexpected leaves it to a later attempt and is raised.
    """
    stage = Stage(job.pk, job.source_id)
    try:
        if not stage.is_ready():
            _stage_file(job, stage, file, max_bytes, on_progress, now)
        _save_batches(job, stage, on_progress, now)
        _finish(job, stage, now)
    except ImportOvertaken:
        raise
    except DomainError as refusal:
        _fail(job, str(refusal), now)
        stage.drop()
    except Exception:
        if job.attempt_count >= MAX_ATTEMPTS or not job.file:
            _fail(job, str(_("It stopped unexpectedly; what was saved until then is kept.")), now)
        raise
    return job


def _stage_file(job, stage, file, max_bytes, on_progress, now):
    options, source = job.options, job.source
    currency = get_club().currency
    if options.get("currency") and options["currency"].upper() != currency:
        raise errors.WrongCurrency(value=options["currency"], currency=currency)
    shape = inspect_file(
        file, encoding=options.get("encoding") or source.encoding, max_bytes=max_bytes
    )
    lines = _normalise(job, file, shape, max_bytes, currency, now)

    def report(copied):
        _touch(job)
        on_progress(READING, copied, shape.row_count)

    job.row_count = stage.fill(lines, report)
    counts = stage.judge()
    job.done_count = 0
    job.todo_count = counts.get("new", 0)
    # What an earlier run of this very import saved is not "already known".
    job.known_count = counts.get("known", 0) - job.purchase_count - job.return_count
    job.refused_count = counts["refused"]
    job.shifted_count = counts["shifted"]
    _update(
        job,
        "row_count",
        "done_count",
        "todo_count",
        "known_count",
        "refused_count",
        "shifted_count",
    )


def _normalise(job, file, shape: FileShape, max_bytes, currency, now):
    options, source = job.options, job.source
    date_format = options.get("date_format") or source.date_format
    rows = read_rows(file, shape, max_bytes)
    header = next(rows, (1, []))[1]
    mapping = guess_mapping(header, declared=job.mapping, remembered=source.mapping)
    shift_days = 0
    if options.get("shift_to"):
        newest = find_newest_day(rows, header, mapping, date_format)
        if newest:
            shift_days = (dt.date.fromisoformat(options["shift_to"]) - newest).days
        rows = read_rows(file, shape, max_bytes)
        next(rows)
    known = Known(source)
    return RowNormaliser(
        header,
        mapping,
        currency=currency,
        latest=now + CLOCK_TOLERANCE,
        zone=source.default_store.zone if source.default_store else known.zone,
        zones=dict(Store.objects.values_list("code", "zone")),
        date_format=date_format,
        shift_days=shift_days,
    ).normalise(rows)


def _save_batches(job, stage, on_progress, now):
    known = Known(job.source)
    while job.done_count < job.todo_count:
        before = job.done_count
        for attempt in range(3):
            try:
                _save_batch(job, stage, known, now)
                break
            except OperationalError:
                # A deadlock or a lost connection: the batch is undone, and tried again.
                if attempt == 2:
                    raise
                logger.warning("import %s: batch after %s tried again", job.pk, before)
                job.refresh_from_db()
                known = Known(job.source)
        if job.done_count == before:
            break
        on_progress(SAVING, job.done_count, job.todo_count)


@transaction.atomic
def _save_batch(job, stage, known, now):
    before = job.done_count
    batch = stage.read_batch(before, BATCH_SIZE, BATCH_ROWS)
    result = take_in(job.source, batch.purchases, batch.returns, now=now, known=known)
    refused = result.refused
    for outcome in refused:
        stage.refuse(
            "p" if outcome.kind == PURCHASE else "r",
            outcome.external_id,
            getattr(outcome.refusal, "field", ""),
            str(outcome.refusal),
        )
    receipts = dict(job.receipts)
    for receipt in result.receipts:
        receipts[receipt.label] = receipts.get(receipt.label, 0) + receipt.number
    changes = {name: getattr(job, name) + getattr(result, name) for name in _COUNTS}
    changes |= {
        "done_count": batch.last,
        "known_count": job.known_count + result.known_count,
        "refused_count": job.refused_count + len(refused),
        "receipts": receipts,
        "seen_at": timezone.now(),
    }
    mine = ImportJob.objects.filter(
        pk=job.pk, attempt_count=job.attempt_count, done_count=before, state=ImportState.RUNNING
    )
    if not mine.update(**changes):
        raise ImportOvertaken
    transaction.on_commit(lambda: _set(job, changes))


def _set(job, changes):
    for name, value in changes.items():
        setattr(job, name, value)


def _finish(job, stage, now):
    with transaction.atomic():
        job.member_count = max(job.member_count, stage.count_members())
        if job.refused_count:
            with build_refused_report(stage.iter_refused()) as report:
                job.report.save(f"{job.pk}-refused.csv", report, save=False)
        job.state = ImportState.DONE
        job.finished_at = now
        _update(job, "member_count", "report", "state", "finished_at")
        record_audit(
            "import.finished",
            job,
            by=None,
            changes={"purchases": job.purchase_count, "refused": job.refused_count},
            now=now,
        )
    stage.drop()


def _fail(job, reason, now):
    job.state, job.failure, job.finished_at = ImportState.FAILED, reason, now
    _update(job, "state", "failure", "finished_at")


def _touch(job):
    job.seen_at = timezone.now()
    _update(job, "seen_at")


def _update(job, *names):
    """Write these fields, unless a later run has taken the import over."""
    values = {name: getattr(job, name) for name in names}
    if not ImportJob.objects.filter(pk=job.pk, attempt_count=job.attempt_count).update(**values):
        raise ImportOvertaken
