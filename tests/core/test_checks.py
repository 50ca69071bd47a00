import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from core.checks import check_deployment, check_field_names
from members.checks import check_text_messages

LIVE = {
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}},
    "SITE_URL": "https://club.example.com",
    "ALLOWED_HOSTS": ["club.example.com"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
}
LOCAL_CACHE = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def problems(check):
    return [(problem.id, problem.hint.split()[1]) for problem in check(None)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"CACHES": LOCAL_CACHE}, [("core.E003", "CACHE_URL")]),
        ({"SITE_URL": "http://club.example.com"}, [("core.E004", "SITE_URL")]),
        ({"SITE_URL": "https://localhost:8000"}, [("core.E004", "SITE_URL")]),
        ({"SITE_URL": "club.example.com"}, [("core.E004", "SITE_URL")]),
        ({"ALLOWED_HOSTS": ["*"]}, [("core.E005", "ALLOWED_HOSTS")]),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, [("core.W006", "TRUSTED_PROXIES")]),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0, "SECURE_PROXY_SSL_HEADER": None}, []),
    ],
)
def test_a_deployment_is_told_what_to_set(settings, changes, expected):
    for name, value in (LIVE | changes).items():
        setattr(settings, name, value)
    assert problems(check_deployment) == expected


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("tests.members.gateway.Gateway", []),
        ("members.sms.FileBackend", [("members.E003", "SMS_BACKEND")]),
        ("nowhere.Gateway", [("members.E004", "SMS_BACKEND")]),
        ("members.sms_twilio.TwilioBackend", [("members.E008", "TWILIO_ACCOUNT_SID")]),
    ],
)
def test_text_messages_must_leave(settings, backend, expected):
    settings.SMS_BACKEND = backend
    assert problems(check_text_messages) == expected


def test_our_own_fields_are_named_by_their_kind():
    assert list(check_field_names(None)) == []


@isolate_apps("core")
def test_a_wrong_field_name_is_found():
    class Sample(models.Model):
        last_login = models.DateTimeField()  # Django's own name
        started = models.DateTimeField()
        birthday = models.DateField()
        price_amount = models.DecimalField(max_digits=5, decimal_places=2)
        call_count = models.BigIntegerField()
        sent_at = models.CharField(max_length=5)
        due_on = models.DateField()

        class Meta:
            app_label = "core"

        def __str__(self):
            return ""

    class Config:
        name = "core"

        def get_models(self):
            return [Sample]

    found = [(problem.obj.name, problem.id) for problem in check_field_names([Config()])]
    assert found == [
        ("started", "core.E001"),
        ("birthday", "core.E001"),
        ("price_amount", "core.E002"),
        ("sent_at", "core.E001"),
    ]


def test_other_people_s_apps_name_as_they_like():
    assert list(check_field_names([apps.get_app_config("sessions")])) == []
