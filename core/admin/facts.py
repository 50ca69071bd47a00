"""Coded facts of the audit trail, as a person reads them."""

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from modeltrans.fields import TranslatedVirtualField

from core.admin.words import name_language
from core.joining import join_comma, join_label, join_semicolon

# The fact that lists what was changed: its names say enough by themselves.
FIELDS = "fields"
# Facts that are no field of any model.
_NAMES = {
    "added": pgettext_lazy("fact", "added"),
    "after": pgettext_lazy("fact", "after"),
    "before": pgettext_lazy("fact", "before"),
    "delta": pgettext_lazy("fact", "difference"),
    "refused": pgettext_lazy("fact", "refused because"),
    "removed": pgettext_lazy("fact", "removed"),
    "withdrawn": pgettext_lazy("fact", "withdrawn"),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def write_facts(label: str, facts: dict[str, Any]) -> str:
    """One line of all facts about a thing of the model ``label`` ("rewards.wheel")."""
    return join_semicolon(_write(label, name, value) for name, value in facts.items())


def name_fact(label: str, name: str) -> str:
    """What the model calls it, else a model of that name, else a field of the same app; the code
    itself where nobody has a word.
    """
    if name in _NAMES:
        return str(_NAMES[name])
    field = _find_field(label, name)
    if field is None:
        return str(_find_model(name) or _find_in_app(label.partition(".")[0], name) or name)
    if isinstance(field, TranslatedVirtualField) and field.language:
        original = field.original_field.verbose_name
        return f"{original} ({name_language(field.language)})"
    return str(_name_field(field))


def write_value(value: Any, field: Any = None) -> str:
    """Nothing, yes and no, days and moments have no code; what can be chosen has its label."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, list):
        return join_comma(write_value(each, field) for each in value)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return join_comma(f"{name} {write_value(each)}" for name, each in value.items())
    choices = dict(getattr(field, "flatchoices", ()))
    if value in choices:
        return str(choices[value])
    if isinstance(value, str):
        return _write_text(value)
    return number_format(value) if isinstance(value, float) else str(value)


def _write(label: str, name: str, value: Any) -> str:
    if name == FIELDS and isinstance(value, list):
        return join_comma(name_fact(label, str(each)) for each in value)
    shown = write_value(value, _find_field(label, name))
    return join_label(name_fact(label, name), shown)


def _write_text(text: str) -> str:
    try:
        if _DAY.match(text):
            return date_format(dt.date.fromisoformat(text), "SHORT_DATE_FORMAT")
        if _MOMENT.match(text):
            moment = dt.datetime.fromisoformat(text)
            moment = localtime(moment) if moment.tzinfo else moment
            return date_format(moment, "SHORT_DATETIME_FORMAT")
    except ValueError:  # only looked like one
        pass
    return text


@lru_cache(maxsize=512)
def _find_field(label: str, name: str) -> Any:
    try:
        return apps.get_model(label)._meta.get_field(name)
    except (FieldDoesNotExist, LookupError, ValueError):
        return None


@lru_cache(maxsize=512)
def _find_model(name: str) -> Any:
    plain = name.replace("_", "")
    for model in apps.get_models():
        if model._meta.model_name == plain:
            return model._meta.verbose_name
        if model._meta.model_name == plain.removesuffix("s"):
            return model._meta.verbose_name_plural
    return None


@lru_cache(maxsize=512)
def _find_in_app(app: str, name: str) -> Any:
    for model in apps.get_models():
        if model._meta.app_label == app and (field := _find_field(model._meta.label, name)):
            return _name_field(field)
    return None


def _name_field(field: Any) -> Any:
    """A relation that leads here from elsewhere is called as its rows are."""
    return getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name_plural
