import pytest

from core.errors import DomainError, IdempotencyConflict
from core.models import IdempotencyRecord
from core.services.idempotency import run_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls():
    return []


@pytest.fixture
def run(calls, now):
    def once(payload, key="k1", perform=None):
        def work():
            calls.append(payload)
            return {"made": len(calls)}

        return run_once("test", perform or work, caller="till", key=key, payload=payload, now=now)

    return once


def test_same_payload_answers_the_first_result(run, calls):
    assert run({"a": 1, "b": 2}) == ({"made": 1}, False)
    assert run({"b": 2, "a": 1}) == ({"made": 1}, True)
    assert len(calls) == 1


def test_other_payload_under_one_key_is_a_conflict(run):
    run({"a": 1})
    with pytest.raises(IdempotencyConflict):
        run({"a": 2})


@pytest.mark.django_db(transaction=True)
def test_refusal_is_not_remembered(run):
    def refuse():
        raise DomainError

    with pytest.raises(DomainError):
        run({"a": 1}, perform=refuse)
    assert IdempotencyRecord.objects.count() == 0


def test_keys_belong_to_their_caller(run, now):
    run({"a": 1})
    assert run_once("test", dict, caller="web", key="k1", payload={}, now=now) == ({}, False)
