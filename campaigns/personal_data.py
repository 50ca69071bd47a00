"""What export, erasure and merge do with what the club wrote (see ``members.registry``)."""

from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from campaigns.enums import MessageReason, MessageState, Reach
from campaigns.models import ChannelBinding, Message, MessageEvent, PrintBatch
from campaigns.services.bindings import merge_bindings, undo_binding_merge
from members import registry
from members.enums import Channel
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
            "campaigns.PrintBatch",
            count=lambda member: _list_letters(member).count(),
            blocks=_block_letters,
            erase=_erase_letters,
            why_kept="It says how many letters were posted, and when; its files are gone.",
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


def _list_letters(member):
    """Batches of letters that hold one to this member."""
    ids = Message.objects.filter(member=member, channel=Channel.POST).values_list("pk", flat=True)
    return PrintBatch.objects.filter(message_ids__overlap=list(ids)).order_by("pk")


def _block_letters(member, now):
    """What is being printed names them, and can't be taken out of it."""
    if _list_letters(member).filter(posted_at=None, cancelled_at=None).exists():
        return [_("Letters to them are being printed: mark the batch as posted, or cancel it.")]
    return []


def _erase_letters(member, now):
    """The files of what was posted go, though others stand in them too: they are needed no more."""
    for batch in _list_letters(member).filter(posted_at__isnull=False).select_for_update():
        for name in ("file", "addresses_file"):
            if file := getattr(batch, name):
                transaction.on_commit(partial(file.storage.delete, file.name))
                setattr(batch, name, "")
        batch.save(update_fields=["file", "addresses_file"])


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
    rows.update(facts={}, figures=None, detail="", address_key=None)


def _merge_messages(source, target, now):
    """What was said to either was said to the one who remains; a greeting that both had stays
    where it is. What the one had on its way when the other had it already is not said again.
    """
    stopped = [*_find_repeats(source, target), *_find_repeats(target, source)]
    Message.objects.filter(pk__in=stopped).update(
        state=MessageState.NOT_SENT, reason=MessageReason.MERGED
    )
    same = Message.objects.filter(
        member=target,
        mailing=OuterRef("mailing"),
        channel=OuterRef("channel"),
        occurrence=OuterRef("occurrence"),
    )
    rows = Message.objects.filter(member=source).filter(~Exists(same))
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    Message.objects.filter(pk__in=moved).update(member=target)
    return {"moved": moved, "stopped": stopped}


def _find_repeats(other, member):
    """What waits for ``member`` and has left for ``other``, by this channel or any that was tried
    in its place.
    """
    had = Message.objects.filter(
        Q(channel=OuterRef("channel")) | Q(mailing__reach=Reach.FIRST),
        member=other,
        state__in=[MessageState.SENDING, MessageState.SENT, MessageState.UNKNOWN],
        mailing=OuterRef("mailing"),
        occurrence=OuterRef("occurrence"),
    )
    rows = Message.objects.filter(member=member).waiting().filter(Exists(had))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _undo_merge(source, target, moved, now):
    Message.objects.filter(pk__in=moved["moved"], member=target).update(member=source)
    stopped = Message.objects.filter(pk__in=moved["stopped"], reason=MessageReason.MERGED)
    stopped.update(state=MessageState.WAITING, reason=MessageReason.NONE)


def _export_bindings(member):
    names = ("channel", "external_id", "state", "bound_at", "ended_at", "heard_at")
    return list(ChannelBinding.objects.of_member(member).values(*names))
