"""A merge, and its undoing, shown before they happen."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from core.errors import DomainError
from members.models import Member, MemberMerge, User
from members.services.merging import list_facts, list_fillings, merge_members, undo_merge


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One number of both records, before and after."""

    label: str
    source_before: Any
    target_before: Any
    source_after: Any
    target_after: Any

    @property
    def is_changed(self) -> bool:
        return (self.source_before, self.target_before) != (self.source_after, self.target_after)


@dataclass(slots=True)
class Preview:
    """What would happen, or the refusal that would come instead."""

    lines: list[PreviewLine] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    refusal: DomainError | None = None


def preview_merge(source: Member, target: Member, *, by: User | None, now: dt.datetime) -> Preview:
    """The merge itself, done and taken back: the numbers are exact, and so is a refusal."""

    def act():
        # Any words do: these are taken back with the rest.
        return merge_members(source, target, by=by, reason="preview", now=now)

    preview = _preview(source, target, act)
    if preview.refusal is None:
        names = {field.name: str(field.verbose_name) for field in Member._meta.fields}
        preview.fields = [names[name] for name in list_fillings(source, target)]
    return preview


def preview_undo(merge: MemberMerge, *, by: User | None, now: dt.datetime) -> Preview:
    """The same for the undoing."""
    return _preview(merge.source, merge.target, lambda: undo_merge(merge, by=by, now=now))


def _preview(source, target, act) -> Preview:
    with _taken_back():
        before = list_facts(source), list_facts(target)
        try:
            act()
        except DomainError as refusal:
            return Preview(refusal=refusal)
        after = dict(list_facts(source)), dict(list_facts(target))
        return Preview(
            [
                PreviewLine(label, number, dict(before[1])[label], after[0][label], after[1][label])
                for label, number in before[0]
            ]
        )


@contextmanager
def _taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
