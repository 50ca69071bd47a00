"""Accounts at LINE and WeChat: connected with a membership, left, come back to, let go."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from campaigns.addresses import make_address_key
from campaigns.enums import BindingState, SuppressionReason
from campaigns.models import ChannelBinding, Message
from campaigns.services.suppression import lift_keys, suppress_keys
from core.errors import DomainError
from core.services.audit import record_audit
from members.enums import Channel
from members.models import Member, User
from members.services.notices import NoticeRow, add_notices

BOUND_NOTICE = "channel_bound"


class AccountTaken(DomainError):
    code = "account_taken"
    status = 409
    message = _(
        "This %(channel)s account is already connected with another membership. Whoever holds "
        "that one can disconnect it on their profile."
    )


class AlreadyBound(DomainError):
    code = "already_bound"
    status = 409
    message = _(
        "Your membership is already connected with another %(channel)s account. Disconnect that "
        "one first."
    )


class NotAMember(DomainError):
    code = "not_a_member"
    message = _("This membership has ended.")


def find_binding(channel: str, external_id: str) -> ChannelBinding | None:
    """Whose account this is."""
    rows = ChannelBinding.objects.active().select_related("member")
    return rows.filter(channel=channel, external_id=external_id).first()


def bind_account(
    member: Member, *, channel: str, external_id: str, at: dt.datetime, now: dt.datetime
) -> ChannelBinding:
    """Messages by this channel go to that account from now on. What is so already stays so.

    ``at`` is when its person did it, by the provider's clock. Whoever is bound agrees to nothing by
    it. Raises AccountTaken, AlreadyBound, NotAMember.
    """
    try:
        with transaction.atomic():
            return _bind(member, channel, external_id, at, now)
    except IntegrityError as error:
        # Somebody else's code reached the same account first.
        label = _label(channel)
        raise AccountTaken(channel=label) from error


def _bind(
    member: Member, channel: str, external_id: str, at: dt.datetime, now: dt.datetime
) -> ChannelBinding:
    member = Member.objects.select_for_update().get(pk=member.pk)
    if not member.is_active:
        raise NotAMember
    standing = find_binding(channel, external_id)
    if standing is not None:
        if standing.member_id != member.pk:
            raise AccountTaken(channel=_label(channel))
        return standing
    if ChannelBinding.objects.active().filter(member=member, channel=channel).exists():
        raise AlreadyBound(channel=_label(channel))
    binding = ChannelBinding.objects.create(
        member=member,
        channel=channel,
        external_id=external_id,
        state=BindingState.FOLLOWED,
        state_at=at,
        bound_at=now,
        heard_at=at,
    )
    lift_keys([_key(binding)], reason=SuppressionReason.UNFOLLOWED)
    record_audit(
        "channel_binding.bound", binding, by=None, now=now,
        changes={"member": member.pk, "channel": channel},
    )  # fmt: skip
    add_notices(
        [NoticeRow(member.pk, BOUND_NOTICE, now, f"binding:{binding.pk}", {"channel": channel})],
        now=now,
    )
    return binding


@transaction.atomic
def unbind_account(binding: ChannelBinding, *, by: User | None, now: dt.datetime) -> None:
    """Nothing more goes there. Pressed twice is once."""
    row = ChannelBinding.objects.select_for_update().active().filter(pk=binding.pk).first()
    if row is None:
        return
    row.state, row.state_at, row.ended_at = BindingState.UNBOUND, now, max(now, row.bound_at)
    row.save(update_fields=["state", "state_at", "ended_at"])
    changes = {"member": row.member_id, "channel": row.channel}
    record_audit("channel_binding.unbound", row, by=by, now=now, changes=changes)


@transaction.atomic
def record_following(
    channel: str, external_id: str, *, is_following: bool, at: dt.datetime, now: dt.datetime
) -> bool:
    """Somebody followed the club's account, or left it, at that time by the provider's clock.
    False where it isn't known whose it is, or something newer is known.
    """
    binding = (
        ChannelBinding.objects.select_for_update()
        .active()
        .filter(channel=channel, external_id=external_id, state_at__lt=at)
        .first()
    )
    if binding is None:
        return False
    _set_following(binding, is_following=is_following, at=at, now=now)
    return True


@transaction.atomic
def record_heard(channel: str, external_id: str, *, at: dt.datetime) -> None:
    """Somebody wrote to the club."""
    rows = ChannelBinding.objects.active().filter(channel=channel, external_id=external_id)
    rows.exclude(heard_at__gte=at).update(heard_at=at)


@transaction.atomic
def record_left(message_ids: Iterable[int], *, now: dt.datetime) -> None:
    """The provider refused these messages because their people don't follow the club."""
    sent = Message.objects.filter(pk__in=list(message_ids)).values_list("member_id", "channel")
    for member_id, channel in sorted(set(sent)):
        rows = ChannelBinding.objects.select_for_update().active()
        binding = rows.filter(member=member_id, channel=channel).first()
        if binding is not None and binding.state == BindingState.FOLLOWED:
            _set_following(binding, is_following=False, at=max(now, binding.state_at), now=now)


def _set_following(
    binding: ChannelBinding, *, is_following: bool, at: dt.datetime, now: dt.datetime
) -> None:
    binding.state = BindingState.FOLLOWED if is_following else BindingState.UNFOLLOWED
    binding.state_at = at
    binding.save(update_fields=["state", "state_at"])
    if is_following:
        lift_keys([_key(binding)], reason=SuppressionReason.UNFOLLOWED)
    else:
        suppress_keys([_key(binding)], reason=SuppressionReason.UNFOLLOWED, now=now)


def _key(binding: ChannelBinding):
    return str(binding.channel), make_address_key(binding.channel, binding.external_id)


def _label(channel: str) -> str:
    return str(Channel(channel).label)


# --- Two records of one person --------------------------------------------------------------------


def merge_bindings(source: Member, target: Member, now: dt.datetime) -> dict[str, Any]:
    """The survivor's own account of a channel stays; the other's is moved, or ended where the
    survivor has one. Returns what undo needs.
    """
    taken = set(
        ChannelBinding.objects.active().filter(member=target).values_list("channel", flat=True)
    )
    ended = {}
    rows = ChannelBinding.objects.select_for_update().filter(member=source).order_by("pk")
    moved = []
    for row in rows:
        moved.append(row.pk)
        if row.ended_at is None and row.channel in taken:
            ended[str(row.pk)] = [row.state, row.state_at.isoformat()]
            row.state, row.state_at, row.ended_at = BindingState.UNBOUND, now, now
        row.member = target
        row.save(update_fields=["member", "state", "state_at", "ended_at"])
    return {"moved": moved, "ended": ended}


def undo_binding_merge(
    source: Member, target: Member, moved: dict[str, Any], now: dt.datetime
) -> None:
    """An account that somebody connected anew in the meantime stays where it is now."""
    for row in ChannelBinding.objects.filter(pk__in=moved["moved"], member=target).order_by("pk"):
        row.member = source
        if (before := moved["ended"].get(str(row.pk))) and not find_binding(
            row.channel, row.external_id
        ):
            row.state, row.state_at = before[0], dt.datetime.fromisoformat(before[1])
            row.ended_at = None
        row.save(update_fields=["member", "state", "state_at", "ended_at"])
