"""A new member in ten seconds: one contact, or a name, or both."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.services.idempotency import run_once
from members.contacts import clean_email, clean_phone
from members.models import Member
from members.selectors.club import get_club
from members.selectors.search import search_members
from members.services.enrolment import create_member
from rewards.models import Register
from rewards.services.counter.selling import get_caller

ENROL = "counter.enrol"


class NothingKnown(DomainError):
    code = "nothing_known"
    field = "contact"
    message = _("Give a phone number, an e-mail address or a name.")


def read_contact(text: str) -> dict[str, str]:
    """What was typed, as a field of Member. Raises InvalidEmail or InvalidPhone."""
    text = text.strip()
    if not text:
        return {}
    if "@" in text:
        return {"email": clean_email(text)}
    return {"phone": clean_phone(text, get_club().country)}


def list_alike(contact: dict[str, str]) -> list[Member]:
    """Active members who share the contact: it may be one of them."""
    values = list(contact.values())
    found = search_members(values[0], limit=5) if values else []
    return [
        member
        for member in found
        if member.is_active and any(getattr(member, name) == contact[name] for name in contact)
    ]


@transaction.atomic
def enrol_at_counter(
    register: Register,
    *,
    contact: str,
    names: dict[str, str],
    locale: str = "",
    key: str,
    by: Any,
    now: dt.datetime,
) -> Member:
    """A new member, once per ``key``; whoever is alike was offered before (``list_alike``).

    ``names`` are fields of Member. Raises NothingKnown, InvalidEmail or InvalidPhone.
    """
    fields: dict[str, Any] = {name: text.strip() for name, text in names.items()}
    fields |= read_contact(contact)
    if not any(fields.values()):
        raise NothingKnown

    def perform() -> dict[str, int]:
        source = f"store:{register.store.code}"[:40]
        member = create_member(now=now, source=source, locale=locale, **fields)
        record_audit("member.enrolled", member, by=by, now=now, changes={"register": register.pk})
        return {"member": member.pk}

    payload = [fields, locale]
    result, _is_repeat = run_once(
        ENROL, perform, caller=get_caller(register), key=key, payload=payload, now=now
    )
    return Member.objects.get(pk=result["member"])
