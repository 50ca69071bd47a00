"""Rows of audiences, moved set by set inside the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from core.bulk import RowWriter
from core.words import translate_label
from members.enums import AudienceKind
from members.models import EVERYONE, Audience

_ADD = """
    INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT audience, member, %s FROM unnest(%s::bigint[], %s::bigint[]) AS moves (audience, member)
    ON CONFLICT DO NOTHING
"""
_REMOVE = """
    DELETE FROM members_audiencemember AS rows
    USING unnest(%s::bigint[], %s::bigint[]) AS moves (audience, member)
    WHERE rows.audience_id = moves.audience AND rows.member_id = moves.member
"""
_ADD_TO_EVERYONE = """
    INSERT INTO members_audiencemember (audience_id, member_id, added_at)
    SELECT id, unnest(%s::bigint[]), %s FROM members_audience WHERE slug = 'everyone'
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class AudienceMove:
    """Into the audience, or (``is_added`` False) out of it."""

    audience_id: int
    member_id: int
    is_added: bool = True


@transaction.atomic(savepoint=False)
def move_members(writer: RowWriter | None, moves: Iterable[AudienceMove], *, now: datetime) -> None:
    """Add and remove audience rows in one statement each; a repeat changes nothing.

    With a ``writer`` the statements join it and run at its ``flush``; without one they run now.
    Where a member leaves and enters the same audience, entering wins.
    """
    moves = list(moves)
    added = {(move.audience_id, move.member_id) for move in moves if move.is_added}
    removed = {(move.audience_id, move.member_id) for move in moves if not move.is_added} - added
    own = writer or RowWriter()
    # Sorted, so that two transactions lock the rows in one order.
    for sql, pairs, first in ((_REMOVE, sorted(removed), []), (_ADD, sorted(added), [now])):
        if pairs:
            own.execute(sql, [*first, [a for a, _ in pairs], [m for _, m in pairs]])
    if writer is None:
        own.flush()


def add_to_everyone(writer: RowWriter, member_ids: Iterable[int], *, now: datetime) -> None:
    """The rows of ``everyone`` for members that the writer is about to insert."""
    ids = sorted(member_ids)
    if ids:
        writer.execute(_ADD_TO_EVERYONE, [ids, now])


@transaction.atomic
def ensure_audience(
    slug: str, *, kind: str, name: str, i18n: dict[str, str] | None = None
) -> Audience:
    """The audience of that slug, made where it is missing; kind and name stay as they are."""
    words = {"kind": kind, "name": name, "i18n": i18n}
    return Audience.objects.get_or_create(slug=slug, defaults=words)[0]


def ensure_everyone() -> Audience:
    name, i18n = translate_label(AudienceKind.EVERYONE.label, "name")
    return ensure_audience(EVERYONE, kind=AudienceKind.EVERYONE, name=name, i18n=i18n)
