import sys

from django.core.management.base import BaseCommand
from django.utils import timezone

from members.services.roles import list_role_differences, sync_roles


class Command(BaseCommand):
    help = "Makes the staff roles what members/roles.py and the other apps say."

    def add_arguments(self, parser):
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; exit 1 where a role differs."
        )

    def handle(self, *args, check, **options):
        differences = list_role_differences() if check else sync_roles(by=None, now=timezone.now())
        for difference in differences:
            self.stdout.write(f"{difference.role}:")
            for name in difference.missing:
                self.stdout.write(f"  + {name}")
            for name in difference.surplus:
                self.stdout.write(f"  - {name}")
        if not differences:
            self.stdout.write("All roles are as reviewed.")
        elif check:
            sys.exit(1)
