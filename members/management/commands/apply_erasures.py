from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from members.services.erasure import apply_erasures
from members.services.erasure_log import write_log


class Command(BaseCommand):
    help = (
        "Does again what the log of erasures says: after a backup was restored, before the club "
        "opens. Safe to repeat."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--log",
            type=Path,
            default=None,
            metavar="FILE",
            help="the log (default: the setting ERASURE_LOG)",
        )
        parser.add_argument(
            "--write",
            type=Path,
            default=None,
            metavar="FILE",
            help="write the whole log from this database to a new file instead",
        )

    def handle(self, *args, log=None, write=None, **options):
        now = timezone.now()
        if write is not None:
            if write.exists():
                raise CommandError(f"{write} exists already.")
            count = write_log(now=now, path=write, whole=True)
            self.stdout.write(f"{count} lines written to {write}.")
            return
        path = log or settings.ERASURE_LOG
        if log is None and not path.exists():
            self.stdout.write(f"There is no log at {path}: nothing was ever erased here.")
            return
        try:
            result = apply_erasures(path, now=now)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Erased {result.erased_count} records again, {result.known_count} were erased "
            f"already, {result.absent_count} are not in this database; "
            f"{result.cancelled_count} requests cancelled."
        )
        if result.waiting_count:
            self.stdout.write(
                f"{result.waiting_count} wait for something that is still open; see the requests "
                "for erasure in the back office."
            )
