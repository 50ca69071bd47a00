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
from core.joining import join_comma, join_label, join_semicolon, joins_by_mark

# The fact that lists what was changed: its names say enough by themselves.
FIELDS = "fields"
# Facts that are no field of any model.
_NAMES = {
    "added": pgettext_lazy("fact", "added"),
    "after": pgettext_lazy("fact", "after"),
    "before": pgettext_lazy("fact", "before"),
    "delta": pgettext_lazy("fact", "difference"),
    "refused": pgettext_lazy("fact", "refused"),
    "removed": pgettext_lazy("fact", "removed"),
    "withdrawn": pgettext_lazy("fact", "withdrawn"),
}
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d(T\d\d:\d\d[\d:.]*(\+\d\d:\d\d|Z)?)?(?![\w-])")


def write_facts(label: str, facts: dict[str, Any]) -> str:
    """One line of all facts about a thing of the model ``label`` ("rewards.wheel")."""
    return join_semicolon(_write(label, name, value) for name, value in facts.items())


def name_fact(label: str, name: str) -> str:
    """What the field is called, of this model before others; else a model of that name; the code
    itself where nobody has a word.
    """
    if name in _NAMES:
        return str(_NAMES[name])
    field = _find_field(label, name)
    if isinstance(field, TranslatedVirtualField) and field.language:
        original, language = field.original_field.verbose_name, name_language(field.language)
        return f"{original}（{language}）" if joins_by_mark() else f"{original} ({language})"
    if field is not None:
        return str(_name_field(field))
    return str(_find_model(name) or _name_field(_find_elsewhere(label, name)) or name)


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
        return _MOMENT.sub(_write_moment, value)
    return number_format(value) if isinstance(value, float) else str(value)


def _write(label: str, name: str, value: Any) -> str:
    if name == FIELDS and isinstance(value, list):
        return join_comma(name_fact(label, str(each)) for each in value)
    field = _find_field(label, name) or _find_elsewhere(label, name)
    shown = write_value(value, field)
    return join_label(name_fact(label, name), shown)


def _write_moment(found: re.Match[str]) -> str:
    try:
        moment = dt.datetime.fromisoformat(found[0])
    except ValueError:  # only looked like one
        return found[0]
    if not found[1]:
        return date_format(moment, "SHORT_DATE_FORMAT")
    moment = localtime(moment) if moment.tzinfo else moment
    return date_format(moment, "SHORT_DATETIME_FORMAT")


@lru_cache(maxsize=512)
def _find_field(label: str, name: str) -> Any:
    """Of this very name, or of one that says its unit too: ``goal`` of ``goal_points``."""
    try:
        meta = apps.get_model(label)._meta
    except (LookupError, ValueError):
        return None
    try:
        return meta.get_field(name)
    except FieldDoesNotExist:
        units = (f"{name}_{unit}" for unit in ("kind", "points", "amount", "count", "percent"))
        known = {field.name: field for field in meta.fields}
        return next((known[each] for each in units if each in known), None)


@lru_cache(maxsize=512)
def _find_elsewhere(label: str, name: str) -> Any:
    """The same in another model: of this app before those of others."""
    app = label.partition(".")[0]
    models = sorted(apps.get_models(), key=lambda model: model._meta.app_label != app)
    found = (_find_field(model._meta.label, name) for model in models)
    return next((field for field in found if getattr(field, "verbose_name", None)), None)


@lru_cache(maxsize=512)
def _find_model(name: str) -> Any:
    plain = name.replace("_", "")
    for model in apps.get_models():
        if model._meta.model_name == plain:
            return model._meta.verbose_name
        if model._meta.model_name == plain.removesuffix("s"):
            return model._meta.verbose_name_plural
    return None


def _name_field(field: Any) -> Any:
    """A relation that leads here from elsewhere is called as its rows are."""
    if field is None:
        return ""
    return getattr(field, "verbose_name", None) or field.related_model._meta.verbose_name_plural
