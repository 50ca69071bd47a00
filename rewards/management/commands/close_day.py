import argparse
import datetime as dt

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from core.errors import DomainError
from rewards.services.closing import close_days
from rewards.services.figures import count_figures


class Command(BaseCommand):
    help = "Closes the programme days that are over. Safe to run again, late and side by side."

    def add_arguments(self, parser):
        parser.add_argument(
            "--date",
            type=read_day,
            metavar="YYYY-MM-DD",
            help="the last day to close (default: yesterday in the club's time zone)",
        )

    def handle(self, *args, date=None, verbosity=1, **options):
        with tqdm(unit=" members", leave=False, disable=None, dynamic_ncols=True) as bar:
            try:
                now = timezone.now()
                closes = close_days(now=now, last=date, on_progress=bar.update)
                count_figures(now=now)
            except DomainError as refusal:
                raise CommandError(str(refusal)) from refusal
        if not verbosity:
            return
        if not closes:
            self.stdout.write("Nothing to close.")
            return
        first, last = closes[0].day_on, closes[-1].day_on
        span = f"{first}" if first == last else f"{first} to {last}"
        self.stdout.write(f"{'closed':<12} {len(closes):,} days, {span}")
        for label, field in (
            ("released", "released_points"),
            ("expired", "expired_points"),
            ("tiers up", "tier_up_count"),
            ("tiers down", "tier_down_count"),
        ):
            self.stdout.write(f"{label:<12} {sum(getattr(close, field) for close in closes):,}")


def read_day(text):
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"“{text}” is no day such as 2026-12-31") from error
