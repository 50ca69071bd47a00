"""A change of SECRET_KEY: nobody loses a second factor, and the former key may go."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command

from core.models import AuditEntry
from core.sealing import CannotUnseal, unseal
from loyalty_site.rotation import count_secrets
from members.erased_keys import hash_key
from members.models import ErasedKey, Erasure
from members.services.logins import create_login
from rewards.models import WebhookEndpoint
from rewards.services.webhooks.endpoints import create_endpoint

pytestmark = pytest.mark.django_db
OLD, NEW = "old-" + "o" * 50, "new-" + "n" * 50


@pytest.fixture
def rotate(settings):
    """``rotate(NEW, OLD)`` is what an operator sets: the key, and former ones."""

    def set_keys(key, *former):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(former)
        settings.ERASURE_KEYS = [key, *former]

    set_keys(OLD)
    return set_keys


@pytest.fixture
def sealed(rotate, club, now):
    """An owner with a second factor, and an endpoint with a secret, both under the old key."""
    owner = create_login(email="owner@example.com", password="harbor-lantern-42", by=None, now=now)
    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    endpoint, text = create_endpoint(
        name="Shop", url="https://1.1.1.1/", events=["points.changed"], by=None, now=now
    )
    return secret, endpoint, text


def check():
    call_command("reseal_secrets", check=True)


def test_former_key_goes_after_secrets_were_sealed_anew(sealed, rotate):
    secret, endpoint, text = sealed
    rotate(NEW, OLD)
    with pytest.raises(CommandError, match="Run reseal_secrets before the former key goes"):
        check()

    call_command("reseal_secrets")
    check()
    entry = AuditEntry.objects.get(action="secrets.resealed")
    assert entry.changes["resealed"] == count_secrets()["current"]

    rotate(NEW)
    endpoint = WebhookEndpoint.objects.get(pk=endpoint.pk)
    assert unseal(endpoint.sealed_secret) == text
    totp = Authenticator.objects.get(type="totp")
    assert unseal(totp.data["secret"].encode()) == secret
    call_command("reseal_secrets")
    assert AuditEntry.objects.filter(action="secrets.resealed").count() == 1


def test_key_that_went_too_early_is_named(sealed, rotate):
    rotate(NEW)
    with pytest.raises(CannotUnseal):
        unseal(sealed[1].sealed_secret)
    with pytest.raises(CommandError, match="secrets open with no key"):
        call_command("reseal_secrets")
    rotate(NEW, OLD)
    call_command("reseal_secrets")
    check()


def test_hashes_of_erased_people_hold_their_key(rotate, club, now, settings):
    erasure = Erasure.objects.create(erased_at=now, recorded_at=now, members=[])
    found = hash_key("email", "mei@example.com")
    ErasedKey.objects.create(erasure=erasure, kind=found.kind, key_id=found.key_id,
                             key_hash=found.key_hash)  # fmt: skip
    rotate(NEW, OLD)
    with pytest.raises(CommandError, match="keep it in ERASURE_KEYS"):
        check()
    settings.ERASURE_KEYS = [NEW, OLD, "and one more"]
    check()
