"""Names tell the type: ``_at`` is an instant, ``_on`` a day, ``_by`` a person (style 9)."""

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import models

_RULES = (
    (models.DateTimeField, "_at"),
    (models.DateField, "_on"),
)
_NUMBER_ENDINGS = ("_count", "_amount", "_points")
_FROM_DJANGO = {"last_login", "date_joined"}


@checks.register(checks.Tags.models)
def check_field_names(app_configs, **kwargs):
    """Every date, time and number field of our own apps carries the ending of its kind."""
    problems = []
    for app in app_configs or apps.get_app_configs():
        if app.name not in settings.OWN_APPS:
            continue
        for model in app.get_models():
            for field in model._meta.local_fields:
                problems.extend(_check_field(model, field))
    return problems


def _check_field(model, field):
    if field.name in _FROM_DJANGO:
        return
    for kind, ending in _RULES:
        if isinstance(field, kind):
            if not field.name.endswith(ending):
                yield checks.Error(
                    f"{model._meta.label}.{field.name} should end in “{ending}”.",
                    obj=field,
                    id="core.E001",
                )
            return
    for number_ending in _NUMBER_ENDINGS:
        if field.name.endswith(number_ending) and not isinstance(
            field, (models.IntegerField, models.GeneratedField)
        ):
            yield checks.Error(
                f"{model._meta.label}.{field.name} should hold an integer.",
                obj=field,
                id="core.E002",
            )
    for ending in ("_at", "_on"):
        if field.name.endswith(ending):
            yield checks.Error(
                f"{model._meta.label}.{field.name} ends in “{ending}” but is no date.",
                obj=field,
                id="core.E001",
            )
