"""Who members are, for segments. The form of address is not here: members are told that it
serves nothing else.
"""

import datetime as dt
from functools import partial

from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    Q,
    Value,
    When,
)
from django.db.models.fields import BooleanField
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modeltrans.conf import get_default_language

from core.acts import name_act
from core.time import day_of
from members import registry
from members.enums import AddressPurpose, Channel, Interest
from members.models import Activity, Address, Consent, HouseholdMember
from members.purposes import list_asked
from members.registry import Attribute, Behaviour, Events, Filter, Measure
from members.selectors.club import get_club

WHO = _("Who they are")
AGREED = _("What they agreed to")
DID = _("What they did")


def register() -> None:
    for attribute in _ATTRIBUTES:
        registry.register_attribute(attribute)
    registry.register_behaviour(_DID)


# --- Age and birthday ---


def _today(now: dt.datetime) -> dt.date:
    return day_of(now, get_club().zone)


def _age(now):
    """In whole years; without a day, as if this year's birthday were over."""
    today = _today(now)
    to_come = Q(birth_month__gt=today.month) | Q(birth_month=today.month, birth_day__gt=today.day)
    not_yet = Case(When(to_come, 1), default=0, output_field=IntegerField())
    return ExpressionWrapper(
        Value(today.year) - F("birth_year") - not_yet, output_field=IntegerField()
    )


def _is_birthday_month(now):
    return ExpressionWrapper(Q(birth_month=_today(now).month), output_field=BooleanField())


def _birthday_in(year: int):
    """This year's birthday; who was born on 29 February keeps the 28th in other years."""
    last = 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    leap = When(birth_month=2, birth_day=29, then=Value(last))
    day = Case(leap, default=F("birth_day"), output_field=IntegerField())
    return Func(Value(year), F("birth_month"), day, function="make_date", output_field=DateField())


def _days_to_birthday(now):
    today = _today(now)
    over = Q(birth_month__lt=today.month) | Q(birth_month=today.month, birth_day__lt=today.day)
    next_one = Case(
        When(birth_day=None, then=None),
        When(over, then=_birthday_in(today.year + 1)),
        default=_birthday_in(today.year),
        output_field=DateField(),
    )
    return Func(
        next_one,
        Value(today, output_field=DateField()),
        template="(%(expressions)s)",
        arg_joiner=" - ",
        output_field=IntegerField(),
    )


def _list_months():
    return [(str(number), name) for number, name in MONTHS.items()]


def _list_languages():
    return settings.LANGUAGES


# --- Where they live ---


def _home(column):
    def build_rows(now):
        homes = Address.objects.filter(purpose=AddressPurpose.HOME, is_default=True)
        return homes.values_list("member", column)

    return build_rows


# --- What they agreed to ---


def _list_consents():
    """Every purpose and channel that can be agreed to, as ``offers:email``."""
    return [
        (f"{purpose.code}:{channel}", f"{purpose.name} · {Channel(channel).label}")
        if channel != Channel.ANY
        else (f"{purpose.code}:{channel}", purpose.name)
        for purpose in list_asked()
        for channel in purpose.channels
    ]


def _agreed(now, values):
    found = [Consent.objects.standing(*value.split(":")).values_list("member") for value in values]
    return found[0].union(*found[1:]) if len(found) > 1 else found[0]


# --- What they did: the stream of activities ---


def _list_kinds():
    """Kinds of activities that somebody in the club listens to or has a name for."""
    known: set[str] = set()
    for entry in (*registry.listeners, *registry.consumers):
        known |= entry.kinds
    return sorted(((kind, name_act(kind)) for kind in known), key=lambda pair: str(pair[1]))


def _did(filters):
    rows = Activity.objects.all()
    if "kind" in filters:
        rows = rows.filter(kind__in=filters["kind"])
    return Events(
        rows,
        at="effective_at",
        measures={
            "count": partial(Count, Value(1)),
            "subjects": partial(Count, "subject_id", distinct=True),
        },
    )


_DID = Behaviour(
    "members.did",
    _("activities"),
    build_events=_did,
    measures=(
        Measure("count", _("how often")),
        Measure("subjects", _("how many different things")),
    ),
    filters=(Filter("kind", _("kind"), _list_kinds),),
    group=DID,
)


_ATTRIBUTES = (
    Attribute("members.age", _("age"), "number", _age, group=WHO),
    Attribute(
        "members.birth_month",
        _("month of birth"),
        "choice",
        lambda now: Cast("birth_month", CharField()),
        choices=_list_months,
        group=WHO,
    ),
    Attribute(
        "members.birthday_this_month",
        _("birthday this month"),
        "boolean",
        _is_birthday_month,
        group=WHO,
    ),
    Attribute(
        "members.days_to_birthday",
        _("days until the birthday"),
        "number",
        _days_to_birthday,
        group=WHO,
    ),
    Attribute(
        "members.locale",
        _("language"),
        "choice",
        lambda now: Coalesce(NullIf("locale", Value("")), Value(get_default_language())),
        choices=_list_languages,
        group=WHO,
    ),
    Attribute(
        "members.interests",
        _("interests"),
        "choices",
        lambda now: F("interests"),
        choices=lambda: Interest.choices,
        group=WHO,
    ),
    Attribute(
        "members.country",
        _("country (two letters)"),
        "text",
        build_rows=_home("country"),
        group=WHO,
    ),
    Attribute(
        "members.postal_code", _("postcode"), "text", build_rows=_home("postal_code"), group=WHO
    ),
    Attribute(
        "members.in_household",
        _("part of a household"),
        "boolean",
        build_rows=lambda now: HouseholdMember.objects.active().values_list("member"),
        group=WHO,
    ),
    Attribute(
        "members.joined",
        pgettext_lazy("when", "joined"),
        "moment",
        lambda now: F("joined_at"),
        group=WHO,
    ),
    Attribute("members.source", _("source of the record"), "text", lambda now: F("source"),
              group=WHO),
    Attribute(
        "members.has_login",
        _("has a login"),
        "boolean",
        lambda now: ExpressionWrapper(Q(user__isnull=False), output_field=BooleanField()),
        group=WHO,
    ),
    Attribute(
        "members.consent",
        _("agreed to"),
        "choices",
        choices=_list_consents,
        build_rows=_agreed,
        group=AGREED,
    ),
)  # fmt: skip
