"""What segments tell the registries: personal data, roles, and what members did with messages."""

from functools import partial

from django.db.models import Count, Exists, OuterRef, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import EventKind, MailingKind, MailingPurpose
from campaigns.models import Mailing, Message, MessageEvent, SegmentMove, SegmentPick
from members import registry
from members.enums import Channel
from members.personal_data import delete_of, rows_of
from members.registry import Behaviour, Events, Filter, Measure, PersonalData

_LATEST = 100  # mailings that a rule can name: the newest

# Makes segments, changes them and picks members by hand.
_BUILDS = (
    "campaigns.view_segment",
    "campaigns.add_segment",
    "campaigns.change_segment",
    "campaigns.view_segmentbuild",
    "campaigns.view_segmentpick",
)


def register() -> None:
    registry.register_role_permissions(
        "campaigns.segments", dict.fromkeys(("marketer", "manager", "owner"), _BUILDS)
    )
    # The page names ten members who match.
    registry.register_viewed("admin:campaigns_segment_change", "campaigns.Segment")
    registry.register_viewed("admin:campaigns_segment_rules", "campaigns.Segment")
    for entry in _PERSONAL_DATA:
        registry.register_personal_data(entry)
    for behaviour in _BEHAVIOURS:
        registry.register_behaviour(behaviour)


# --- Personal data ---


def _merge_picks(source, target, now):
    """A pick goes with the person; where both were picked, that of the one who remains holds."""
    own = SegmentPick.objects.filter(member=target, segment=OuterRef("segment"))
    rows = SegmentPick.objects.filter(member=source).filter(~Exists(own))
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    SegmentPick.objects.filter(pk__in=moved).update(member=target)
    return moved


def _undo_picks(source, target, moved, now):
    SegmentPick.objects.filter(pk__in=moved, member=target).update(member=source)


_PERSONAL_DATA = (
    PersonalData(
        "campaigns.SegmentPick",
        export=rows_of(SegmentPick, "segment__audience__name", "is_in", "picked_at"),
        erase=delete_of(SegmentPick),
        merge=_merge_picks,
        undo=_undo_picks,
    ),
    PersonalData(
        "campaigns.SegmentMove",
        export=rows_of(SegmentMove, "segment__audience__name", "is_entry", "moved_at"),
        erase=delete_of(SegmentMove),
        why_kept="Which record came into which segment when; it is gone within three months.",
    ),
)


# --- What became of messages ---


def _list_purposes():
    return MailingPurpose.choices


def _list_channels():
    return [pair for pair in Channel.choices if pair[0] != Channel.ANY]


def _list_mailings():
    own = Mailing.objects.exclude(kind=MailingKind.TRIAL)
    rows = own.order_by("-pk").values_list("pk", "name")[:_LATEST]
    return [(str(pk), name) for pk, name in rows]


_FILTERS = (
    Filter("channel", _("channel"), _list_channels),
    Filter("purpose", pgettext_lazy("of a message", "purpose"), _list_purposes),
    Filter("mailing", _("mailing"), _list_mailings),
)
_COUNT = Measure("count", _("how often"))


def _narrow(rows, filters, prefix=""):
    for name, path in (("channel", "channel"), ("purpose", "mailing__purpose"),
                       ("mailing", "mailing")):  # fmt: skip
        if name in filters:
            rows = rows.filter(**{f"{prefix}{path}__in": filters[name]})
    return rows


def _sent(filters):
    rows = _narrow(Message.objects.filter(sent_at__isnull=False), filters)
    return Events(rows, at="sent_at", measures={"count": partial(Count, Value(1))})


def _became(kind):
    """Opened or clicked, by a person: machines open and click what they guard."""

    def build(filters):
        rows = MessageEvent.objects.human().filter(kind=kind)
        return Events(
            _narrow(rows, filters, "message__"),
            at="effective_at",
            member="message__member",
            measures={"count": partial(Count, "message", distinct=True)},
        )

    return build


_BEHAVIOURS = (
    Behaviour(
        "campaigns.sent",
        _("messages sent to them"),
        build_events=_sent,
        measures=(_COUNT,),
        filters=_FILTERS,
        group=_("Messages"),
    ),
    Behaviour(
        "campaigns.opened",
        _("messages opened"),
        build_events=_became(EventKind.OPENED),
        measures=(_COUNT,),
        filters=_FILTERS,
        group=_("Messages"),
    ),
    Behaviour(
        "campaigns.clicked",
        _("messages in which they clicked"),
        build_events=_became(EventKind.CLICKED),
        measures=(_COUNT,),
        filters=_FILTERS,
        group=_("Messages"),
    ),
)
