"""Codes in addresses, made of names."""

from typing import cast

from django.db import connection
from django.db.models import Model, SlugField
from django.utils.text import slugify

_ROOM = 5  # for "-2" and the like


def make_slug(model: type[Model], name: str, *, fallback: str) -> str:
    """A ``slug`` that no row of ``model`` has yet: the ASCII letters of the name, or ``fallback``
    where it has none, with a number behind it where they are taken.

    In the caller's transaction: who makes one of the same letters at once waits for its end.
    """
    field = cast(SlugField, model._meta.get_field("slug"))
    base = slugify(name)[: (field.max_length or 50) - _ROOM].strip("-") or fallback
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"slug:{model._meta.db_table}:{base}"],
        )
    rows = model._default_manager.filter(slug__startswith=base)
    taken = set(rows.values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug
