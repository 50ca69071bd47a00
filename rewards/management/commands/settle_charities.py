from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from rewards.models import Charity
from rewards.services.giving import close_periods, preview_settlement, read_period
from rewards.services.giving.refusals import PeriodClosed


class Command(BaseCommand):
    help = "Closes a period of the charities: what each is owed, rounded once. Safe to run again."

    def add_arguments(self, parser):
        parser.add_argument(
            "--period", required=True, metavar="2026-Q3", help="a month, a quarter or a year"
        )
        parser.add_argument("--charity", metavar="CODE", help="only this one (default: all)")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what it would come to, close nothing"
        )

    def handle(self, *args, period, charity=None, dry_run=False, **options):
        charities = Charity.objects.order_by("pk")
        if charity:
            charities = charities.filter(slug=charity)
            if not charities:
                raise CommandError(f"There is no charity “{charity}”.")
        now = timezone.now()
        try:
            wanted = read_period(period)
            if dry_run:
                self._preview(charities, wanted, now)
                return
            made, refused = close_periods(wanted, charities=charities, by=None, now=now)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for settlement in made:
            self._write(settlement.charity, settlement)
        for each, why in refused:
            self.stdout.write(f"{each.name:<32} {why}")

    def _preview(self, charities, wanted, now):
        for charity in charities:
            try:
                self._write(charity, preview_settlement(charity, wanted, now=now))
            except PeriodClosed as refusal:
                self.stdout.write(f"{charity.name:<32} {refusal}")

    def _write(self, charity, sums):
        points = sums.points + sums.match_points
        amount = format_money(sums.amount, get_club().currency)
        self.stdout.write(
            f"{charity.name:<32} {sums.donation_count:>7,} donations {points:>11,} points {amount}"
        )
