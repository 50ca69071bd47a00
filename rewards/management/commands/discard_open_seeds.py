from django.core.management.base import BaseCommand
from django.utils import timezone

from rewards.services.wheel import discard_open_seeds


class Command(BaseCommand):
    help = "After a backup was restored: no sealed seed of it draws any more (docs/wheel.md)."

    def handle(self, **options):
        count = discard_open_seeds(by=None, now=timezone.now())
        self.stdout.write(f"{count} sealed seeds discarded; the coming days have new ones.")
