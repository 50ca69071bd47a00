from django.core.management.base import BaseCommand, CommandError

from rewards.services import verification


class Command(BaseCommand):
    help = "Proves that the books are right; exit status 0 only if every check holds."

    def handle(self, *args, verbosity=1, **options):
        counts, findings = verification.verify_ledger()
        wrong = {finding.check: finding for finding in findings}
        if verbosity:
            for name, count in counts.items():
                self.stdout.write(f"{count:>14,}  {name}")
        for check in verification.CHECKS:
            finding = wrong.get(check)
            if finding is None:
                if verbosity:
                    self.stdout.write(f"{'true':>14}  {check}")
                continue
            self.stdout.write(f"{'FALSE':>14}  {check}: {finding.wrong_count:,} rows")
            for example in finding.examples:
                self.stdout.write(f"{'':>16}{', '.join(map(str, example))}")
        if findings:
            raise CommandError(f"The ledger is wrong: {len(findings)} checks failed.")
        if verbosity:
            self.stdout.write("The ledger is true.")
