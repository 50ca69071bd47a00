"""Names for what its own model leaves nameless: of libraries, and of columns only staff see.

A name is no schema: said here, it asks for no migration, least of all in somebody else's app.
"""

from typing import Any

from django.db.models import Model


def name_model(model: type[Model], one: Any, many: Any) -> None:
    model._meta.verbose_name, model._meta.verbose_name_plural = one, many


def name_fields(model: type[Model], **names: Any) -> None:
    for field, name in names.items():
        model._meta.get_field(field).verbose_name = name  # type: ignore[union-attr]  # own fields
