"""Words that the owner writes, in the reader's language.

The column holds the club's own words; ``i18n`` beside it those of other languages
(django-modeltrans, decision 30). Models read them as ``name_i18n``; here is the rest: the column
that holds them, the same in a query, in plain SQL, and in facts that were written down.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import override
from modeltrans.conf import get_available_languages, get_default_language
from modeltrans.fields import TranslationField
from modeltrans.utils import build_localized_fieldname, get_language


class Words(TranslationField):
    """Translations of fields of a model. What is empty isn't kept: the club's own words show."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if isinstance(value, dict):
            value = {key: words for key, words in value.items() if words and words != [""]} or None
        return super().get_db_prep_save(value, connection)


def list_columns(model: Any, fields: Iterable[str]) -> list[str]:
    """The columns of these fields, for ``save(update_fields=...)``: translations share one."""
    known = {field.name for field in model._meta.concrete_fields}
    return sorted({name if name in known else "i18n" for name in fields})


def list_shown(model: Any) -> list[str]:
    """``name_i18n`` and the like, to be left out where a row is cleaned as a whole: cleaning
    writes what it read, and would make a translation of the words that stand in for it.
    """
    return [field.name for field in model._meta.private_fields if field.name.endswith("_i18n")]


def list_translations() -> tuple[str, ...]:
    """The languages beside the club's own."""
    return get_available_languages(include_default=False)


def key_of(field: str, language: str) -> str:
    """``name_zh_hant``: what the words of a language are called."""
    return build_localized_fieldname(field, language)


def _active_key(field: str) -> str:
    """The key of the active language; "" where the column itself holds it.

    Always one of the settings' languages, so that it may stand in SQL.
    """
    language = get_language()
    return "" if language == get_default_language() else key_of(field, language)


def list_active_paths(paths: Iterable[str]) -> list[str]:
    """Where the words of the active language are looked up: ``mailing__i18n__name_ja`` for
    ``mailing__name``; none where the columns hold it.
    """
    found = []
    for path in paths:
        head, dash, field = path.rpartition("__")
        if key := _active_key(field):
            found.append(f"{head}{dash}i18n__{key}")
    return found


def shown(path: str) -> Any:
    """``name_i18n`` as an expression: ``shown("reward__name")``."""
    head, _found, field = path.rpartition("__")
    key = _active_key(field)
    if not key:
        return F(path)
    translated: Any = KeyTextTransform(key, f"{head}__i18n" if head else "i18n")
    return Coalesce(NullIf(translated, Value("")), F(path), output_field=CharField())


def shown_sql(column: str) -> str:
    """The same in plain SQL: ``shown_sql("r.name")``."""
    alias, _dot, field = column.rpartition(".")
    key = _active_key(field)
    prefix = f"{alias}." if alias else ""
    return f"coalesce(nullif({prefix}i18n->>'{key}', ''), {column})" if key else column


def list_words(row: Any, field: str) -> list[tuple[str, str]]:
    """Pairs of a language and the words in it, where there are some."""
    pairs = ((language, getattr(row, key_of(field, language))) for language in list_translations())
    return [(language, words) for language, words in pairs if words]


def translate_label(label: Any, field: str) -> tuple[str, dict[str, str]]:
    """A name that the product itself gives: in the club's own language, and in the others."""
    with override(get_default_language()):
        own = str(label)
    translated = {}
    for language in list_translations():
        with override(language):
            translated[key_of(field, language)] = str(label)
    return own, translated


def rename(row: Any, field: str, words: str, names: Mapping[str, str] | None = None) -> None:
    """Other words for a field that staff write in the club's own language alone. What it was called
    in other languages goes with the old words; ``names`` hold those of the new (``name_ja``, ...).
    """
    own = {key_of(field, language) for language in list_translations()}
    new = {key: said for key, said in (names or {}).items() if key in own}
    if words == getattr(row, field) and not new:
        return
    setattr(row, field, words)
    kept = {key: said for key, said in (row.i18n or {}).items() if key not in own}
    row.i18n = {**kept, **new} or None


def pack_words(row: Any, field: str) -> dict[str, str]:
    """A word in all its languages, for facts that must outlive a change of the row."""
    translated = {key_of(field, language): words for language, words in list_words(row, field)}
    return {field: getattr(row, field), **translated}


def pick_word(packed: Mapping[str, Any], field: str) -> str:
    """What ``pack_words`` wrote down, in the active language."""
    key = _active_key(field)
    return (key and packed.get(key)) or packed[field]
