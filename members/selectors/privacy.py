"""What the club holds of one member, by the registry of personal data and the policy."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core.bulk import read_together
from core.models import AuditEntry
from members import registry
from members.models import Member, Recipient
from members.postal import get_country_name
from members.registry import PersonalData
from members.retention import CATEGORIES, MONTH, YEAR, AtErasure, Line, Then, get_policy
from members.selectors.club import get_club

SEEN_ACTIONS = ("member.viewed", "member.exported")


@dataclass(slots=True)
class HeldLine:
    """One kind of data: what it is for, how long it stays, how much of it there is."""

    line: Line
    count: int | None
    keeping: str
    erasing: str


@dataclass(slots=True)
class HeldCategory:
    label: Any
    lines: list[HeldLine] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(line.count or 0 for line in self.lines)


def list_policy() -> list[HeldCategory]:
    """The policy in words, under its headings; without counts."""
    return _group([(line, None) for line in get_policy().lines])


def list_held(member: Member) -> list[HeldCategory]:
    """The same for one member, with the number of entries of each kind; kinds of which there
    are none are left out. A fixed number of queries.
    """
    counts = count_held(member)
    rows = [(line, counts.get(line.model.lower())) for line in get_policy().lines]
    return _group([(line, count) for line, count in rows if count])


def _group(rows: list[tuple[Line, int | None]]) -> list[HeldCategory]:
    found = {code: HeldCategory(label) for code, label in CATEGORIES.items()}
    for line, count in rows:
        words = HeldLine(line, count, write_keeping(line), write_erasing(line))
        found[line.category].lines.append(words)
    return [category for category in found.values() if category.lines]


@transaction.atomic
def count_held(member: Member) -> dict[str, int]:
    """Entries by model: of all apps that count plainly in one round trip, and of the others."""
    counts: dict[str, int] = {}
    plain: list[tuple[str, tuple[str, list]]] = []
    for entry in registry.personal_data:
        if entry.count is not None:
            counts[entry.model.lower()] = entry.count(member)
        elif name := _find_key(entry):
            rows = apps.get_model(entry.model)._base_manager.filter(**{name: member.pk})
            sql, params = rows.order_by().values("pk").query.sql_with_params()
            statement = f"SELECT count(*) FROM ({sql}) AS mine"
            plain.append((entry.model.lower(), (statement, list(params))))
    answers = read_together([statement for _model, statement in plain])
    for (model, _statement), ((number,),) in zip(plain, answers, strict=True):
        counts[model] = number
    return counts


def _find_key(entry: PersonalData) -> str:
    """The model's key to Member, the one called ``member`` before others."""
    try:
        model = apps.get_model(entry.model)
    except LookupError:
        return ""
    names = [
        field.name
        for field in model._meta.local_fields
        if field.is_relation and field.related_model is Member
    ]
    return "member" if "member" in names else next(iter(names), "")


# --- In words -----------------------------------------------------------------------------------


def write_keeping(line: Line) -> str:
    """How long."""
    if line.days is None or line.then == Then.KEEP:
        if line.erased == AtErasure.KEPT:
            return _("As long as the books must be kept.")
        return _("As long as you are a member.")
    span = _write_span(line.days)
    if line.then == Then.ERASE:
        return _("As long as you are a member, and %(span)s after.") % {"span": span}
    if line.then == Then.EMPTY_ABSORBED:
        return _("After %(span)s only the old number is left of them.") % {"span": span}
    return _("%(span)s.") % {"span": span[:1].upper() + span[1:]}


def _write_span(days: int) -> str:
    if days % YEAR == 0:
        years = days // YEAR
        return ngettext("%(number)s year", "%(number)s years", years) % {"number": years}
    if days % MONTH == 0:
        months = days // MONTH
        return ngettext("%(number)s month", "%(number)s months", months) % {"number": months}
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": days}


def write_erasing(line: Line) -> str:
    """What a request to be forgotten does with it."""
    return {
        AtErasure.DELETED: _("Deleted when you ask to be forgotten."),
        AtErasure.BLANKED: _("Emptied when you ask to be forgotten."),
        AtErasure.KEPT: _("Stays without your name when you ask to be forgotten."),
    }[line.erased]


# --- With whom ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownRecipient:
    """Somebody outside of the club who gets data; ``abroad`` names the country where it is one."""

    name: str
    what_for: str
    abroad: str


def list_recipients() -> list[ShownRecipient]:
    """Whoever outside of the club gets data, at home before abroad."""
    home = get_club().country
    rows = Recipient.objects.filter(is_current=True)
    return [
        ShownRecipient(
            row.name_i18n,
            row.what_for_i18n,
            "" if row.country == home else get_country_name(row.country, get_language() or "en"),
        )
        for row in sorted(rows, key=lambda row: (row.country != home, row.name_i18n))
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """How often staff opened the record."""

    count: int
    last_at: dt.datetime | None


def get_seen(member: Member) -> Seen:
    """Views by staff, without saying by whom; downloads that the member made don't count."""
    entries = AuditEntry.objects.about(member).filter(action__in=SEEN_ACTIONS)
    if member.user_id:
        entries = entries.exclude(actor_id=member.user_id)
    last_at = entries.aggregate(last=Max("recorded_at"))["last"]
    return Seen(entries.count(), last_at)
