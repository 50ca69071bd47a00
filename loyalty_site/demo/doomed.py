"""Rows that are about to go, with everything that hangs on them, found by the models' own keys."""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import DO_NOTHING, SET_NULL, ForeignKey, ManyToOneRel, Model, QuerySet

from members.models import Member


class DoomedRows:
    """Primary keys to delete, one temporary table per model.

    ``add`` takes the first rows, ``spread`` adds whatever can't exist without them: members
    never, they are only ever added by name. A key to a login that may be empty (who published,
    who issued) is emptied instead of followed. It lives as long as the transaction in which it
    is used.
    """

    def __init__(self):
        self.models: list[type[Model]] = []
        self._grown: list[type[Model]] = []

    def add(self, rows: QuerySet) -> int:
        """Rows of a queryset."""
        sql, params = rows.order_by().values("pk").query.sql_with_params()
        return self._add(rows.model, sql, params)

    def add_where(self, model: type[Model], condition: str, params=()) -> int:
        """Rows of a model for which an SQL condition on its columns holds."""
        return self._add(
            model, f"SELECT {_pk(model)} FROM {_table(model)} WHERE {condition}", params
        )

    def spread(self) -> None:
        """Follow keys backwards until nothing new is found."""
        while self._grown:
            parent = self._grown.pop()
            for field in list_keys_to(parent):
                child = field.model
                if child is Member or _is_emptied(field):
                    continue
                self._add(
                    child,
                    f"SELECT c.{_pk(child)} FROM {_table(child)} c"
                    f" JOIN {self._name(parent)} d ON d.id = c.{field.column}",
                )

    def _add(self, model: type[Model], sql: str, params=()) -> int:
        if model not in self.models:
            self.models.append(model)
            _run(f"DROP TABLE IF EXISTS {self._name(model)}")
            _run(f"CREATE TEMP TABLE {self._name(model)} (id bigint PRIMARY KEY) ON COMMIT DROP")
        count = _run(f"INSERT INTO {self._name(model)} {sql} ON CONFLICT DO NOTHING", params)
        if count and model not in self._grown:
            self._grown.append(model)
        return count

    def _name(self, model: type[Model]) -> str:
        return f"pg_temp.doomed_{model._meta.db_table}"

    # --- Asking ------------------------------------------------------------------------------

    def is_doomed(self, model: type[Model], column: str, cast: str = "bigint") -> str:
        """SQL that is true where ``column`` (of type ``cast``) is a doomed key of ``model``."""
        if model not in self.models:
            return "false"
        return f"{column} IN (SELECT id::{cast} FROM {self._name(model)})"

    def list_touched_members(self) -> list[int]:
        """Members who would stay, but lose a row or what a row of theirs rests on."""
        found: set[int] = set()
        for model in self.models:
            for field in _list_keys(model):
                own = f"FROM {_table(model)} c JOIN {self._name(model)} d ON d.id = c.{_pk(model)}"
                target = field.related_model
                if target is Member:
                    found.update(self._list_staying(f"c.{field.column}", own))
                    continue
                for far in _list_keys(target):
                    if far.related_model is Member:
                        joined = (
                            f"{own} JOIN {_table(target)} t"
                            f" ON t.{field.target_field.column} = c.{field.column}"
                        )
                        found.update(self._list_staying(f"t.{far.column}", joined))
        for field in _list_keys(Member):
            going = self.is_doomed(field.related_model, f"c.{field.column}")
            found.update(self._list_staying("c.id", f"FROM {_table(Member)} c WHERE {going}"))
        return sorted(found)

    def _list_staying(self, column: str, source: str) -> list[int]:
        where = "AND" if " WHERE " in source else "WHERE"
        sql = (
            f"SELECT DISTINCT {column} {source} {where} {column} IS NOT NULL"
            f" AND NOT ({self.is_doomed(Member, column)})"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [pk for (pk,) in cursor.fetchall()]

    # --- Deleting ----------------------------------------------------------------------------

    def delete(self) -> dict[type[Model], int]:
        """Empty the keys that may be empty, delete the rest; returns rows deleted per model.

        In any order: whoever calls this has switched the checks of keys off and calls
        ``list_orphans`` afterwards.
        """
        for model in self.models:
            for field in list_keys_to(model):
                if _is_emptied(field) and field.remote_field.on_delete is not DO_NOTHING:
                    _run(
                        f"UPDATE {_table(field.model)} SET {field.column} = NULL"
                        f" WHERE {self.is_doomed(model, field.column)}"
                    )
        return {
            model: _run(
                f"DELETE FROM {_table(model)} c USING {self._name(model)} d"
                f" WHERE d.id = c.{_pk(model)}"
            )
            for model in self.models
        }


def list_orphans() -> list[str]:
    """Keys that point to nothing, over all tables: ``"rewards_lot.member_id: 3"``."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in _list_keys(model):
            if field.remote_field.on_delete is DO_NOTHING:
                continue  # an actor of the audit trail may be gone
            target = field.related_model
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT count(*) FROM {_table(model)} c WHERE c.{field.column} IS NOT NULL"
                    f" AND NOT EXISTS (SELECT FROM {_table(target)} t"
                    f" WHERE t.{field.target_field.column} = c.{field.column})"
                )
                count = cursor.fetchone()[0]
            if count:
                found.append(f"{model._meta.db_table}.{field.column}: {count}")
    return found


def list_keys_to(model: type[Model]) -> Iterator[ForeignKey]:
    """Every foreign key that points to ``model``, those without a way back included."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel):  # one-to-one is one of them
            continue
        field = relation.field
        if isinstance(field, ForeignKey) and field.model._meta.managed:
            yield field


def _list_keys(model: type[Model]) -> list[ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def _is_emptied(field: ForeignKey) -> bool:
    if field.remote_field.on_delete in (SET_NULL, DO_NOTHING):
        return True
    return field.null and field.related_model is get_user_model()


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _pk(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.pk.attname)


def _run(sql: str, params=()) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount
