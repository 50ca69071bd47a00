"""Members who don't exist, to try words on: everything known, nothing known, and names that break
what wasn't made for them. Words are filled in for each of them before anything is sent.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from campaigns.variables import HAPPENINGS, OPEN_GROUPS, VARIABLES
from members import names
from members.models import Member


@dataclass(frozen=True, slots=True)
class Sample:
    """``label`` says who it is: "A member without a name"."""

    code: str
    label: Any
    context: Mapping[str, Any]


_NAMES = (
    ("long", _("A member with a very long name"), "勅使河原長谷川龍之介" * 4),
    ("emoji", _("A member whose name holds signs"), "🦊 “O'Neil” <b>&"),
    ("rtl", _("A member whose name is written from right to left"), "محمد عبد الرحمن"),
)


def list_samples(
    variables: frozenset[str], tiers: Mapping[str, str], *, brought: Collection[str]
) -> Iterator[Sample]:
    """Those that matter to these words. ``tiers`` are names by code. ``brought`` are the groups
    that are known of everybody, since what brought the message about tells them.
    """
    full = build_example(variables)
    yield Sample("example", _("An example"), full)
    for code, label, name in _NAMES:
        named = dict.fromkeys(("name", "formal_name", "full_name", "greeting"), name)
        yield Sample(code, label, {**full, "member": {**full["member"], **named}})
    for slug, name in tiers.items():
        tier = {**full["tier"], "name": name}
        member = {**full["member"], "tier": slug}
        yield Sample(f"tier-{slug}", name, {**full, "member": member, "tier": tier})
    yield Sample("bare", _("A member of whom little is known"), _strip(full, brought))


def build_example(variables: frozenset[str]) -> dict[str, Any]:
    """Everything known, as the picker shows it."""
    context: dict[str, Any] = {"message_id": None}
    for path, variable in VARIABLES.items():
        head, dot, name = path.partition(".")
        value = variable.example
        value = str(value) if isinstance(value, Promise) else value
        if dot:
            context.setdefault(head, {})[name] = value
    context["member"] |= _name_example()
    context["club"]["url"] = settings.SITE_URL
    goods = {"name": context["product"]["name"], "brand": None}
    context["products"] = [goods, goods]
    context["reply"]["paragraphs"] = [context["reply"]["text"]]
    for group in OPEN_GROUPS:
        context[group] = {}
    for path in variables:
        head, _dot, rest = path.partition(".")
        name = rest.partition(".")[0]
        if head == "rewards":
            context["rewards"][name] = dict(context["reward"])
        elif head in ("audiences", "facts"):
            context[head][name] = True if head == "audiences" else 7
    return context


def _name_example() -> dict[str, str]:
    """Named as a member is in this language, or somebody writes a second さん after the first."""
    locale = get_language() or settings.LANGUAGE_CODE
    mei = Member(given_name="Mei", family_name="Chen")
    return {
        "greeting": names.get_greeting(mei, locale),
        "name": names.get_greeting_name(mei, locale),
        "formal_name": names.get_greeting_name(mei, locale, formal=True),
        "full_name": names.get_full_name(mei, locale),
    }


def _strip(full: Mapping[str, Any], brought: Collection[str]) -> dict[str, Any]:
    """Nothing that may be missing, no points, in no audience."""
    context: dict[str, Any] = {}
    for head, group in full.items():
        if head in HAPPENINGS:
            context[head] = group if head in brought else None
        elif head == "rewards":
            context[head] = dict.fromkeys(group)
        elif head == "audiences":
            context[head] = dict.fromkeys(group, False)
        elif isinstance(group, dict):
            context[head] = {
                name: None if _may_be_missing(f"{head}.{name}") else _empty(value)
                for name, value in group.items()
            }
        else:
            context[head] = group
    return context


def _may_be_missing(path: str) -> bool:
    return path in VARIABLES and VARIABLES[path].may_be_missing


def _empty(value: Any) -> Any:
    return 0 if isinstance(value, int) and not isinstance(value, bool) else value
