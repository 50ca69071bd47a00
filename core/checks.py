"""What must hold of every model's names, and of the settings of a club that goes live."""

from urllib.parse import urlsplit

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


@checks.register(checks.Tags.security, deploy=True)
def check_deployment(app_configs, **kwargs):
    """What works on one's own machine, and fails members quietly elsewhere."""
    if settings.CACHES["default"]["BACKEND"].endswith(("LocMemCache", "DummyCache")):
        yield checks.Error(
            "Each process has a cache of its own, so that rate limits of log-ins and codes are "
            "as many times too lax.",
            hint="Set CACHE_URL to a Valkey or Redis that all processes share.",
            id="core.E003",
        )
    address = urlsplit(settings.SITE_URL)
    if address.scheme != "https" or address.hostname in (None, "localhost", "127.0.0.1", "::1"):
        yield checks.Error(
            f"SITE_URL is “{settings.SITE_URL}”: links in messages would lead nowhere, or over an "
            "open line.",
            hint="Set SITE_URL to the public address, as in https://club.example.com.",
            id="core.E004",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield checks.Error(
            "Any Host header is taken for the club's own.",
            hint="Set ALLOWED_HOSTS to the names under which the club is reached.",
            id="core.E005",
        )
    if settings.SECURE_PROXY_SSL_HEADER and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield checks.Warning(
            "All members share the proxy's address, and with it one limit of failed log-ins.",
            hint="Set TRUSTED_PROXIES to the number of proxies in front of the club.",
            id="core.W006",
        )


@checks.register(checks.Tags.models)
def check_field_names(app_configs, **kwargs):
    """Names tell the type: dates, times and numbers carry the ending of their kind (``_at`` is
    an instant, ``_on`` a day, ``_count``, ``_amount`` and ``_points`` are integers).
    """
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
