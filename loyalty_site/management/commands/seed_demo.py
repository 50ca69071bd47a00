from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from core.errors import DomainError
from core.money import format_money
from loyalty_site.demo.seeding import check_empty, seed_demo, seed_programme
from members.selectors.club import get_club


class Command(BaseCommand):
    help = "Builds the demonstration club. Nothing is half done: a run that fails leaves nothing."

    def add_arguments(self, parser):
        parser.add_argument(
            "--members",
            type=int,
            metavar="N",
            help="how many members (default: all); 0 sets up programme, rules and tiers alone",
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="chooses members and chances (default: 1)"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where the club has members"
        )

    def handle(self, *args, members=None, seed=1, if_empty=False, verbosity=1, **options):
        if members is not None and members < 0:
            raise CommandError("--members is 0 or more.")
        if members == 0:
            self._set_up_programme(verbosity)
            return
        if if_empty:
            try:
                check_empty()
            except DomainError as reason:
                self._say(verbosity, f"Nothing to do. {reason}")
                return
        progress = Bars()
        try:
            seeded = seed_demo(
                member_count=members, seed=seed, now=timezone.now(), progress=progress
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        finally:
            progress.close()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # or the first pages would be planned for empty tables
        self._say(verbosity, self._describe(seeded))

    def _set_up_programme(self, verbosity):
        published = seed_programme(now=timezone.now())
        self._say(
            verbosity,
            "Programme, rules and tiers are set up."
            if published
            else "Nothing to do: programme, rules and tiers are set up already.",
        )

    def _describe(self, seeded):
        taken = seeded.taken
        parts = [
            f"{seeded.member_count:,} members",
            f"{taken.purchase_count:,} purchases",
            f"{taken.line_count:,} lines",
            format_money(taken.total_amount, get_club().currency),
            f"{taken.return_count:,} returns",
            *(f"{receipt.number:,} {receipt.label}" for receipt in taken.receipts),
            f"{seeded.closed_day_count:,} days closed",
        ]
        return ", ".join(parts)

    def _say(self, verbosity, text):
        if verbosity:
            self.stdout.write(text)


class Bars:
    """One bar after the other on a terminal; nothing where the output is piped."""

    def __init__(self):
        self.bar = None

    def begin(self, title, total=None):
        self.close()
        self.bar = tqdm(
            total=total, desc=str(title), leave=bool(total), disable=None, dynamic_ncols=True
        )

    def advance(self, count=1):
        if self.bar is not None:
            self.bar.update(count)

    def close(self):
        if self.bar is not None:
            self.bar.close()
