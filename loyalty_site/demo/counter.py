"""A register in each store, and PINs, so that somebody can serve at once."""

import datetime as dt

from django.db.models import F

from core.services.audit import record_audit
from loyalty_site.demo.data import LANGUAGE, read_club
from members.models import StaffPin, User
from members.roles import CLERK, MANAGER
from members.services.pins import set_pin
from purchases.models import Store
from rewards.models import Register

# Shown to everybody who starts the demonstration, as its password is.
PINS = {MANAGER: "270841", CLERK: "483902"}


def set_up_counter(manager: User, clerk: User, *, now: dt.datetime) -> list[Register]:
    """Any device of staff chooses one of the registers; both people have their PIN."""
    stores = Store.objects.in_bulk(field_name="code")
    # Registers are staff's own to edit in the back office; there is no service to call.
    made = []
    for store_code, name in list_register_names():
        register, is_new = Register.objects.get_or_create(store=stores[store_code], name=name)
        if is_new:
            record_audit("model.added", register, by=manager, now=now)
        made.append(register)
    set_pin(manager, PINS[MANAGER], by=manager, now=now)
    set_pin(clerk, PINS[CLERK], by=clerk, now=now)
    return made


def list_register_names() -> list[tuple[str, str]]:
    """(code of the store, name of its register)."""
    return [(store["slug"], store["register"][LANGUAGE]) for store in read_club()["stores"]]


def list_pins(emails: dict[str, str]) -> list[tuple[str, str]]:
    """(name, PIN) of whoever still has the PIN of the demonstration's start;
    ``emails`` by role. Another that was set since is theirs alone.
    """
    untouched = StaffPin.objects.filter(set_at=F("user__created_at")).select_related("user")
    users = {pin.user.email: pin.user for pin in untouched}
    return [
        (users[emails[role]].display_name, pin)
        for role, pin in PINS.items()
        if emails[role] in users
    ]
