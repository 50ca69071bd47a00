from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from core.models import IdempotencyRecord, SavedFilter
from members.models import User
from tests.constraints import guards

TESTS = Path(__file__).resolve().parent.parent


def list_constraints():
    return sorted(
        constraint.name
        for app in settings.OWN_APPS
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    )


def test_every_named_constraint_has_a_test():
    texts = (path.read_text() for path in TESTS.glob("*/test_*.py"))
    tested = "".join(text for text in texts if "from tests.constraints import" in text)
    assert [name for name in list_constraints() if f'"{name}"' not in tested] == []


@pytest.mark.django_db
@pytest.mark.parametrize("good", [{"caller": "b"}, {"operation": "b"}, {"key": "b"}])
def test_idempotency_record_is_one_per_key(now, good):
    def make(**changes):
        row = {"caller": "a", "operation": "a", "key": "a", "payload_hash": b"", "recorded_at": now}
        return IdempotencyRecord.objects.create(**row | changes)

    guards("idempotency_once_per_key", make, good, {}, beside={})


def _make_filter(now):
    def make(**changes):
        row = {"owner": owner, "page": "a.a", "name": "a", "query": "o=1", "saved_at": now}
        return SavedFilter.objects.create(**row | changes)

    owner = User.objects.create(email="owner@example.com")
    return make


@pytest.mark.django_db
@pytest.mark.parametrize("good", [{"page": "b.b"}, {"name": "b"}])
def test_saved_filter_is_one_per_name(now, good):
    guards("saved_filter_once_per_name", _make_filter(now), good, {}, beside={})


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [{"name": ""}, {"query": ""}])
def test_saved_filter_says_something(now, bad):
    guards("saved_filter_says_something", _make_filter(now), {}, bad)
