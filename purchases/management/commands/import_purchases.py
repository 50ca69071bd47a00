import datetime as dt
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from purchases.enums import ImportState
from purchases.parsing.columns import FIELDS, guess_mapping, parse_mapping
from purchases.parsing.files import inspect_file, read_rows
from purchases.services import imports
from purchases.services.catalogue import import_products
from purchases.services.sources import ensure_source

MEMBER = ("member", "member_number", "member_email", "member_phone")


class Command(BaseCommand):
    help = (
        "Import purchases from a CSV file (plain or gzip). Nothing is taken twice: the same file "
        "again changes nothing. Exit status 1 where any purchase was refused."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, help="the till or shop that it comes from")
        parser.add_argument(
            "--map",
            nargs="+",
            action="extend",
            default=[],
            metavar="field=column[+column]",
            help=f"fields: {', '.join(FIELDS)}; a+b joins columns with “:”",
        )
        parser.add_argument(
            "--without-members", action="store_true", help="nobody is named in the file"
        )
        parser.add_argument("--currency", default="", help="of rows that name none")
        parser.add_argument("--products", type=Path, metavar="FILE", help="names and categories")
        parser.add_argument(
            "--shift-to",
            type=dt.date.fromisoformat,
            metavar="DATE",
            help="move the newest date there, and all others with it",
        )
        parser.add_argument("--encoding", default="", help="detected where not given")
        parser.add_argument("--date-format", default="", help="such as %%d/%%m/%%Y %%H:%%M")

    def handle(self, *args, **options):
        now = timezone.now()
        try:
            job = self._run(options, now)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        if job.state == ImportState.FAILED:
            raise CommandError(job.failure)
        self._print(job)
        if job.refused_count:
            sys.exit(1)

    def _run(self, options, now):
        declared = parse_mapping(options["map"])
        path = options["file"]
        with path.open("rb") as file:
            source = ensure_source(options["source"])
            shape = inspect_file(file, encoding=options["encoding"] or source.encoding)
            header = next(read_rows(file, shape))[1]
            mapping = guess_mapping(header, declared=declared, remembered=source.mapping)
            if options["products"]:
                with options["products"].open("rb") as products:
                    changed = import_products(source, products)
                self.stdout.write(f"{changed:,} products added or changed")
            self._print_columns(header, mapping)
            if not (options["without_members"] or any(name in mapping for name in MEMBER)):
                # Afterwards it would be too late: what was taken in stays as it is.
                raise CommandError(
                    "No column says who bought, so nothing would earn. Name one, for example "
                    "--map member_email=COLUMN, or say --without-members."
                )
            settings = {
                "encoding": shape.encoding,
                "currency": options["currency"],
                "date_format": options["date_format"],
                "shift_to": options["shift_to"].isoformat() if options["shift_to"] else "",
            }
            job = imports.create_command_import(source, path.name, mapping, settings, now=now)
            with _Bars() as bars:
                return imports.run_import_job(job, file, now=now, on_progress=bars.update)

    def _print_columns(self, header, mapping):
        for field, columns in mapping.items():
            self.stdout.write(f"{field:<16} from {' + '.join(columns)}")
        used = {column for columns in mapping.values() for column in columns}
        if left := [column for column in header if column not in used]:
            self.stdout.write(f"{'not used':<16} {', '.join(left)}")

    def _print(self, job):
        write = self.stdout.write
        write(f"purchases  {job.purchase_count:>14,}")
        write(f"lines      {job.line_count:>14,}")
        write(f"members    {job.member_count:>14,}")
        write(f"amount     {format_money(job.total_amount, get_club().currency):>14}")
        if job.return_count:
            write(f"returns    {job.return_count:>14,}")
        for label, number in job.receipts.items():
            write(f"{label:<10} {number:>14,}")
        if job.known_count:
            write(f"known      {job.known_count:>14,}")
        if job.shifted_count:
            write(f"moved      {job.shifted_count:>14,}  (their time was skipped by the clock)")
        write(f"refused    {job.refused_count:>14,}")
        if job.report:
            write(f"See {job.report.path}")


class _Bars:
    """One bar per stage, with rate and time left; quiet where nobody watches."""

    _WORDS = {imports.READING: ("Reading", "row"), imports.SAVING: ("Saving", "purchase")}

    def __enter__(self):
        self._bar, self._stage = None, ""
        return self

    def __exit__(self, *exception):
        if self._bar:
            self._bar.close()

    def update(self, stage, done, total):
        if stage != self._stage:
            self.__exit__()
            title, unit = self._WORDS[stage]
            self._stage = stage
            self._bar = tqdm(
                total=total, desc=title, unit=unit, unit_scale=True, file=sys.stderr, disable=None
            )
        self._bar.update(done - self._bar.n)
