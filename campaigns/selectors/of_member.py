"""What one member was written, was not, and why: the answer to "why did Anna get this?"."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from campaigns.enums import EventActor, EventKind
from campaigns.models import Message, MessageEvent
from members.models import Member


@dataclass(frozen=True, slots=True)
class Written:
    """A message with what a person did with it."""

    message: Message
    is_opened: bool
    is_clicked: bool


def list_written(member: Member, *, limit: int = 10) -> list[Written]:
    """The newest messages of a member, sent or not, in one query."""
    by_people = MessageEvent.objects.filter(message=OuterRef("pk"), actor=EventActor.HUMAN)
    rows = (
        Message.objects.of_member(member)
        .select_related("mailing")
        .annotate(
            is_opened=Exists(by_people.filter(kind=EventKind.OPENED)),
            is_clicked=Exists(by_people.filter(kind=EventKind.CLICKED)),
        )[:limit]
    )
    return [Written(row, row.is_opened or row.read_at is not None, row.is_clicked) for row in rows]
