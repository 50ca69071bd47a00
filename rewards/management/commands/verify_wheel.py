import datetime as dt

from django.core.management.base import BaseCommand, CommandError

from rewards.services.wheel.verifying import verify_day


class Command(BaseCommand):
    help = "Compute all draws of a past day again from the public log (docs/wheel.md)."

    def add_arguments(self, parser):
        parser.add_argument("--date", required=True, type=dt.date.fromisoformat, dest="day_on")

    def handle(self, *, day_on, **options):
        proofs = verify_day(day_on)
        if not proofs:
            raise CommandError(f"{day_on} has no seed.")
        problems = [problem for proof in proofs for problem in proof.problems]
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} things are wrong with the draws of {day_on}.")
        count = sum(proof.draw_count for proof in proofs)
        self.stdout.write(f"{count} draws of {day_on}, every one as its seed and its log say.")
