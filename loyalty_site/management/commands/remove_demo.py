from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from loyalty_site.demo.removal import DemoNotLoaded, count_what_goes, remove_demo


class Command(BaseCommand):
    help = "Removes the demonstration from a club that starts for real. What is yours stays."

    def add_arguments(self, parser):
        parser.add_argument("--yes", action="store_true", help="don't ask")
        parser.add_argument(
            "--keep-rules", action="store_true", help="keep tiers, programme, rules and channels"
        )

    def handle(self, *args, yes=False, keep_rules=False, verbosity=1, **options):
        counts = count_what_goes()
        if not counts["members"]:
            raise CommandError(str(DemoNotLoaded()))
        if not yes:
            self._ask(counts, keep_rules)
        try:
            removed = remove_demo(keep_rules=keep_rules, now=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        if not verbosity:
            return
        for table, count in removed.items():
            self.stdout.write(f"{count:>10,}  {table}")
        self.stdout.write("The demonstration is removed, and the ledger is true.")
        if not keep_rules:
            self.stdout.write(
                "The club has no tiers and rules now: the first page of the back office sets up "
                "your own."
            )
        self.stdout.write("The first login of your own: “manage.py createsuperuser”.")

    def _ask(self, counts, keep_rules):
        listed = ", ".join(f"{count:,} {label}" for label, count in counts.items())
        rules = "Tiers and rules stay." if keep_rules else "Its tiers and rules go as well."
        self.stdout.write(f"This deletes for good: {listed}. {rules}")
        try:
            answer = input("Type “remove” to go on: ")
        except EOFError:
            answer = ""
        if answer.strip().strip("“”\"'") != "remove":
            raise CommandError("Nothing was removed.")
