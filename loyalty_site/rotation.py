"""A change of ``SECRET_KEY``: what is sealed under a former key is sealed anew.

Sealed are fields named ``sealed_…`` of our models, and the secrets of second factors. Sessions and
links that were signed end with the former key; what was only hashed can't be sealed anew.
"""

import datetime as dt
from collections import Counter

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from core.sealing import CannotUnseal, reseal
from core.services.audit import record_audit
from members.erased_keys import name_key
from members.models import Club, ErasedKey

CURRENT, RESEALED, LOST = "current", "resealed", "lost"
_SECRETS = ("secret", "seed")  # of an authenticator's data


@transaction.atomic
def reseal_secrets(*, by, now: dt.datetime) -> Counter[str]:
    """Seal anew what hangs on a former key; what no key opens stays as it is, and is counted."""
    counts = _visit(write=True)
    if counts[RESEALED]:
        record_audit("secrets.resealed", Club, by=by, changes=dict(counts), now=now)
    return counts


def count_secrets() -> Counter[str]:
    """How many are sealed under the present key, under a former one, or under none we have."""
    return _visit(write=False)


def count_hashes_under_former_keys() -> int:
    """Hashes that keep erased people away and that nobody looks up once the former keys go."""
    is_explicit = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS] != settings.ERASURE_KEYS
    kept = settings.ERASURE_KEYS if is_explicit else [settings.SECRET_KEY]
    return ErasedKey.objects.exclude(key_id__in=[name_key(key) for key in kept]).count()


def _visit(*, write):
    counts: Counter[str] = Counter()
    for model, names in _list_sealed_fields():
        for row in _lock(model.objects.only("pk", *names), write):
            changed = [name for name in names if _reseal_field(row, name, counts)]
            if changed and write:
                row.save(update_fields=changed)
    for row in _lock(Authenticator.objects.all(), write):
        changed = [name for name in _SECRETS if _reseal_entry(row.data, name, counts)]
        if changed and write:
            row.save(update_fields=["data"])
    return counts


def _list_sealed_fields():
    for app in settings.OWN_APPS:
        for model in apps.get_app_config(app).get_models():
            names = [
                field.name
                for field in model._meta.local_fields
                if isinstance(field, models.BinaryField) and field.name.startswith("sealed_")
            ]
            if names:
                yield model, names


def _lock(queryset, write):
    return queryset.select_for_update() if write else queryset


def _reseal_field(row, name, counts):
    sealed = getattr(row, name)
    if sealed is None:
        return False
    fresh = _try(bytes(sealed), counts)
    if fresh is not None:
        setattr(row, name, fresh)
    return fresh is not None


def _reseal_entry(data, name, counts):
    if not isinstance(data.get(name), str):
        return False
    fresh = _try(data[name].encode(), counts)
    if fresh is not None:
        data[name] = fresh.decode()
    return fresh is not None


def _try(sealed, counts):
    try:
        fresh = reseal(sealed)
    except CannotUnseal:
        counts[LOST] += 1
        return None
    counts[CURRENT if fresh is None else RESEALED] += 1
    return fresh
