"""A definition as a sentence, and values as people write them.

Phrases are put together as "what: how", which every language reads: "available points: more than
500". A group inside another stands in brackets.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.selectors.segments.definition import (
    AttributeRule,
    AudienceRule,
    BehaviourRule,
    Group,
    Rule,
)
from core.joining import join_comma, join_label, join_semicolon
from core.money import format_money
from core.time import day_of
from members.selectors.club import get_club

_SHOWN_CODES = 6


class Wording:
    """Words of one tree; what choices are called is read once for each of them."""

    def __init__(self) -> None:
        self._names: dict[int, dict[str, str]] = {}

    # --- Sentences ---

    def say_group(self, group: Group) -> str:
        if not group.nodes:
            return pgettext("segment", "nobody yet")
        parts = [
            self._bracket(self.say_group(node), len(node.nodes) > 1 and node.kind != "none")
            if isinstance(node, Group)
            else self.say_rule(node)
            for node in group.nodes
        ]
        if group.kind == "none":
            joined = _join_rules(parts, pgettext("segment", "or"))
            return pgettext("segment", "not %(rules)s") % {
                "rules": self._bracket(joined, len(parts) > 1)
            }
        word = pgettext("segment", "and") if group.kind == "all" else pgettext("segment", "or")
        return _join_rules(parts, word)

    def say_sentence(self, group: Group) -> str:
        return pgettext("segment", "Members with %(rules)s.") % {"rules": self.say_group(group)}

    def _bracket(self, text: str, is_needed: bool) -> str:
        return pgettext("segment", "(%(rules)s)") % {"rules": text} if is_needed else text

    def say_rule(self, rule: Rule) -> str:
        if isinstance(rule, AudienceRule):
            return self.say_subject(rule)
        return join_label(self.say_subject(rule), self.say_condition(rule))

    def say_subject(self, rule: Rule) -> str:
        """What the rule is about."""
        if isinstance(rule, AudienceRule):
            text = _("in “%(name)s”") if rule.is_in else _("not in “%(name)s”")
            return text % {"name": rule.audience.name_i18n}
        if isinstance(rule, AttributeRule):
            label = str(rule.attribute.label)
            return f"{label} ({say_days(rule.days)})" if rule.days is not None else label
        label = str(rule.behaviour.label)
        if rule.measure != rule.behaviour.measures[0]:
            label = f"{label} ({rule.measure.label})"
        known = {each.code: each for each in rule.behaviour.filters}
        narrowed = [
            join_label(known[code].label, self.say_codes(known[code], values))
            for code, values in rule.filters.items()
        ]
        if narrowed:
            label = f"{label} ({join_comma(narrowed)})"
        match rule.window:
            case "last":
                text = ngettext(
                    "%(what)s in the last %(days)s day",
                    "%(what)s in the last %(days)s days",
                    rule.days,
                )
            case "first":
                text = ngettext(
                    "%(what)s in their first %(days)s day as a member",
                    "%(what)s in their first %(days)s days as a member",
                    rule.days,
                )
            case _other:
                text = _("%(what)s ever")
        return text % {"what": label, "days": rule.days}

    def say_condition(self, rule: AttributeRule | BehaviourRule) -> str:
        entry: Any = rule.attribute if isinstance(rule, AttributeRule) else rule.measure
        operator, value = rule.operator, rule.value
        if isinstance(rule, BehaviourRule) and (operator, value) == ("eq", 0):
            return pgettext("segment", "none")
        phrase = _phrases()[operator]
        match operator:
            case "between":
                low, high = (self._say_number(entry, each) for each in value)
                return phrase % {"low": low, "high": high}
            case "past" | "ago" | "next":
                return phrase % {"days": say_days(value)}
            case "from" | "before":
                return phrase % {"value": date_format(dt.date.fromisoformat(value))}
        if value is None:
            return phrase
        if isinstance(value, tuple):
            return phrase % {"value": self.say_codes(entry, value, is_either=operator != "every")}
        return phrase % {"value": self._say_number(entry, value)}

    def say_codes(self, entry: Any, codes: Iterable[str], *, is_either: bool = True) -> str:
        codes = list(codes)
        names = [self.name_code(entry, code) for code in codes[:_SHOWN_CODES]]
        if len(codes) > _SHOWN_CODES:
            more = len(codes) - _SHOWN_CODES
            names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": more})
        return _join(names, pgettext("segment", "or") if is_either else pgettext("segment", "and"))

    def name_code(self, entry: Any, code: str) -> str:
        choices = getattr(entry, "choices", None)
        if choices is None:
            return f"“{code}”"
        if id(entry) not in self._names:
            self._names[id(entry)] = {str(key): str(label) for key, label in choices()}
        return self._names[id(entry)].get(str(code), str(code))

    # --- Values of members ---

    def say_value(self, rule: Rule, value: Any, holds: bool) -> str:
        """What one member has of what a rule asks for."""
        if isinstance(rule, AudienceRule):
            return _("is in it") if holds == rule.is_in else _("is not in it")
        if value is None:
            if isinstance(rule, AttributeRule) and rule.attribute.type in ("boolean", "choices"):
                has_it = holds != (rule.operator in ("not", "no"))
                return pgettext("segment", "yes") if has_it else pgettext("segment", "no")
            return _("not known")
        entry: Any = rule.attribute if isinstance(rule, AttributeRule) else rule.measure
        match entry.type:
            case "boolean":
                return pgettext("segment", "yes") if value else pgettext("segment", "no")
            case "choice":
                return self.name_code(entry, value)
            case "choices":
                names = [self.name_code(entry, code) for code in value]
                return join_comma(names) if names else pgettext("segment", "none")
            case "moment":
                return date_format(day_of(value, get_club().zone))
            case "day":
                return date_format(value)
        return self._say_number(entry, value) if value != "" else _("not known")

    def _say_number(self, entry: Any, value: Any) -> str:
        if isinstance(value, str):
            return f"“{value}”"
        if entry.type == "money":
            return format_money(int(value), get_club().currency)
        whole = float(value).is_integer()
        return number_format(value, 0 if whole else 1, use_l10n=True, force_grouping=True)


def say_days(days: int) -> str:
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def _join(parts: list[str], word: str) -> str:
    """ "A, B and C"; the word carries the spaces that its language wants around it."""
    if len(parts) < 2:
        return "".join(parts)
    return pgettext("segment", "%(some)s %(word)s %(last)s") % {
        "some": join_comma(parts[:-1]),
        "word": word,
        "last": parts[-1],
    }


def _join_rules(parts: list[str], word: str) -> str:
    """ "A: 1; B: 2; and C: 3": rules hold commas themselves."""
    if len(parts) < 2:
        return "".join(parts)
    return pgettext("segment", "%(some)s; %(word)s %(last)s") % {
        "some": join_semicolon(parts[:-1]),
        "word": word,
        "last": parts[-1],
    }


def _phrases() -> dict[str, str]:
    return {
        "gte": pgettext("segment", "at least %(value)s"),
        "gt": pgettext("segment", "more than %(value)s"),
        "lte": pgettext("segment", "at most %(value)s"),
        "lt": pgettext("segment", "less than %(value)s"),
        "eq": pgettext("segment", "exactly %(value)s"),
        "between": pgettext("segment", "from %(low)s to %(high)s"),
        "known": pgettext("segment", "known"),
        "unknown": pgettext("segment", "not known"),
        "is": pgettext("segment", "%(value)s"),
        "is_not": pgettext("segment", "not %(value)s"),
        "starts": pgettext("segment", "begins with %(value)s"),
        "in": pgettext("segment", "%(value)s"),
        "not_in": pgettext("segment", "neither %(value)s"),
        "any": pgettext("segment", "%(value)s"),
        "every": pgettext("segment", "%(value)s"),
        "no": pgettext("segment", "neither %(value)s"),
        "yes": pgettext("segment", "yes"),
        "not": pgettext("segment", "no"),
        "past": pgettext("segment", "within the last %(days)s"),
        "ago": pgettext("segment", "more than %(days)s ago"),
        "next": pgettext("segment", "within the next %(days)s"),
        "this_month": pgettext("segment", "this month"),
        "from": pgettext("segment", "from %(value)s on"),
        "before": pgettext("segment", "before %(value)s"),
    }
