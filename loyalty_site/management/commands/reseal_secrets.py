from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from loyalty_site import rotation


class Command(BaseCommand):
    help = "After a change of SECRET_KEY: seals anew what hangs on a former key."

    def add_arguments(self, parser):
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; exit 1 while anything hangs on a former key.",
        )

    def handle(self, *args, check, **options):
        if check:
            counts = rotation.count_secrets()
            self.stdout.write(f"{counts[rotation.RESEALED]} secrets hang on a former key.")
        else:
            counts = rotation.reseal_secrets(by=None, now=timezone.now())
            self.stdout.write(f"{counts[rotation.RESEALED]} secrets sealed anew.")
        self.stdout.write(f"{counts[rotation.CURRENT]} were sealed under the present key.")
        hashes = rotation.count_hashes_under_former_keys()
        problems = []
        if counts[rotation.LOST]:
            problems.append(
                f"{counts[rotation.LOST]} secrets open with no key: put the one they were sealed "
                "under into SECRET_KEY_FALLBACKS, or set them anew."
            )
        if hashes:
            problems.append(
                f"{hashes} hashes of erased people hang on a former key: keep it in ERASURE_KEYS."
            )
        if check and counts[rotation.RESEALED]:
            problems.append("Run reseal_secrets before the former key goes.")
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write("Nothing hangs on a former key: it may go from SECRET_KEY_FALLBACKS.")
