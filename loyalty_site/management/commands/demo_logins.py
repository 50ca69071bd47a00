from unicodedata import east_asian_width

from django.core.management.base import BaseCommand, CommandError

from loyalty_site.demo.counter import list_pins
from loyalty_site.demo.people import PASSWORD, STAFF, list_demo_logins
from loyalty_site.demo.seeding import count_demo_members
from members.models import User

_PARTS = {
    "near_gold": "member, near Golden Plum",
    "points_expiring_friday": "member, points expiring on Friday",
    "just_joined": "member, just joined",
    "long_asleep": "member, long asleep",
}


class Command(BaseCommand):
    help = "Prints the logins of the demonstration where it is loaded."

    def handle(self, *args, **options):
        emails = [login.email for login in list_demo_logins()]
        there = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
        if not there or not count_demo_members():
            raise CommandError("The demonstration is not loaded.")
        rows = [
            (_PARTS.get(login.part, login.part), login.name, login.email)
            for login in list_demo_logins()
            if login.email in there
        ]
        widths = [max(_width(row[column]) for row in rows) for column in range(2)]
        self.stdout.write(f"Logins, all with the password {PASSWORD}")
        for part, name, email in rows:
            self.stdout.write(f"  {_fill(part, widths[0])}  {_fill(name, widths[1])}  {email}")
        pins = list_pins({role: email for role, email, _name in STAFF})
        if pins:
            said = ", ".join(f"{name} {pin}" for name, pin in pins)
            self.stdout.write(f"PINs at the counter (admin/counter/): {said}")


def _width(text):
    """Columns on a terminal: Chinese and Japanese characters take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _fill(text, width):
    return text + " " * (width - _width(text))
