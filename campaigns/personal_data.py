"""What export, erasure and merge do with what the club wrote (see ``members.registry``)."""

from django.db.models import Exists, OuterRef

from campaigns.enums import MessageReason, MessageState
from campaigns.models import ChannelBinding, Message, MessageEvent
from campaigns.services.bindings import merge_bindings, undo_binding_merge
from members import registry
from members.registry import PersonalData

_KEPT = "It shows that and when the club wrote, and why it did not; it holds no words and no name."


def register() -> None:
    registry.register_personal_data(
        PersonalData(
            "campaigns.Message",
            export=_export_messages,
            erase=_erase_messages,
            merge=_merge_messages,
            undo=_undo_merge,
            why_kept=_KEPT,
        )
    )
    registry.register_personal_data(
        PersonalData(
            "campaigns.ChannelBinding",
            export=_export_bindings,
            erase=lambda member, now: ChannelBinding.objects.filter(member=member).delete(),
            merge=merge_bindings,
            undo=undo_binding_merge,
        )
    )


def _export_messages(member):
    rows = Message.objects.of_member(member)
    return list(
        rows.values(
            "mailing__name", "channel", "state", "reason", "recorded_at", "sent_at", "read_at"
        )
    )


def _erase_messages(member, now):
    """What waits never leaves; facts and what tells of behaviour go."""
    rows = Message.objects.filter(member=member)
    rows.waiting().update(state=MessageState.NOT_SENT, reason=MessageReason.NOT_ACTIVE)
    MessageEvent.objects.filter(message__member=member).update(evidence={})
    rows.update(facts={}, detail="", address_key=None)


def _merge_messages(source, target, now):
    """What was said to either was said to the one who remains; a greeting that both had stays
    where it is.
    """
    same = Message.objects.filter(
        member=target,
        mailing=OuterRef("mailing"),
        channel=OuterRef("channel"),
        occurrence=OuterRef("occurrence"),
    )
    rows = Message.objects.filter(member=source).filter(~Exists(same))
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=moved).update(member=target)
    return moved


def _undo_merge(source, target, moved, now):
    Message.objects.filter(pk__in=moved, member=target).update(member=source)


def _export_bindings(member):
    names = ("channel", "external_id", "state", "bound_at", "ended_at", "heard_at")
    return list(ChannelBinding.objects.of_member(member).values(*names))
