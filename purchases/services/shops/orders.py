"""An order as its shop tells it, in whatever order the messages come: taken in, amended, or left.

What decides is the shop's own time of the change: content older than what was looked at changes
nothing any more. The row of the order is its lock, taken before everything else.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from members.contacts import InvalidEmail, InvalidPhone, clean_email, clean_phone
from members.selectors.club import get_club
from members.services.enrolment import MemberKey, ensure_members
from purchases import errors
from purchases.enums import DeliveryState, OrderState, RefundState
from purchases.incoming import IncomingLine, IncomingPurchase, hash_content, write_quantity
from purchases.models import Purchase, ShopConnection, ShopOrder
from purchases.parsing.shops import SaidCustomer, SaidOrder, Standing
from purchases.services.amending import amend_purchase, record_first_version
from purchases.services.intake import take_in
from purchases.services.known import Known
from purchases.services.outcome import CREATED, REFUSED
from purchases.services.shops.refunds import note_refunds, settle_refunds


@dataclass(slots=True)
class Settled:
    """What became of a message: for its row in the log."""

    state: DeliveryState
    note: str = ""
    order_id: str = ""
    purchase: Purchase | None = None


def lock_order(connection: ShopConnection, external_id: str, *, now: dt.datetime) -> ShopOrder:
    """The row of an order, made where it is new, locked: two messages of one order take turns."""
    ShopOrder.objects.bulk_create(
        [ShopOrder(source=connection.source, external_id=external_id, recorded_at=now)],
        ignore_conflicts=True,
    )
    return (
        ShopOrder.objects.select_for_update(of=("self",))
        .select_related("source__default_store", "purchase")
        .get(source=connection.source, external_id=external_id)
    )


def settle_order(
    connection: ShopConnection, said: SaidOrder, *, sent_at: dt.datetime, now: dt.datetime
) -> Settled:
    """Bring the club up to what a shop says of an order, inside the caller's transaction.

    ``sent_at`` decides between two contents of one instant. Raises Refused for what can't be
    taken in at all.
    """
    order = lock_order(connection, said.external_id, now=now)
    note_refunds(connection.source, said.refunds, now=now)
    _adopt(order)
    settled = _settle(connection, order, said, sent_at, now)
    refunds = settle_refunds(order, now=now)
    settled.order_id, settled.purchase = said.external_id, order.purchase
    refused = [refund for refund in refunds if refund.state == RefundState.REFUSED]
    if refused and settled.state in (DeliveryState.DONE, DeliveryState.IGNORED):
        settled.note = f"{settled.note} {_say_refused(refused[0])}".strip()
    return settled


def _say_refused(refund) -> str:
    return _("Refund %(refund)s was refused: %(reason)s") % {
        "refund": refund.external_id,
        "reason": refund.reason,
    }


def _adopt(order: ShopOrder) -> None:
    """An order that came by file or API before belongs to the same purchase."""
    if order.purchase_id is None:
        order.purchase = Purchase.objects.filter(
            source=order.source, external_id=order.external_id
        ).first()


def _settle(connection, order, said, sent_at, now) -> Settled:
    if order.said_at and (said.said_at, sent_at) < (order.said_at, order.sent_at or order.said_at):
        return Settled(DeliveryState.IGNORED, _("Older than what is known of this order."))
    if said.standing == Standing.TEST:
        _keep(order, OrderState.SKIPPED, said, sent_at)
        return Settled(DeliveryState.IGNORED, _("A test order."))
    if said.standing == Standing.OPEN:
        return Settled(DeliveryState.IGNORED, _("Not paid, or not all of it, as the shop says."))
    currency = get_club().currency
    if said.currency != currency:
        order.state = OrderState.REFUSED if order.purchase is None else order.state
        order.save(update_fields=["state"])
        refusal = errors.WrongCurrency(value=said.currency[:10], currency=currency)
        return Settled(DeliveryState.REFUSED, str(refusal))
    if said.standing == Standing.VOID or (order.purchase is not None and not said.lines):
        return _void(order, said, sent_at, now)
    if not said.lines:
        _keep(order, OrderState.SKIPPED, said, sent_at)
        return Settled(DeliveryState.IGNORED, _("No goods: gift cards, tips and fees don't count."))
    return _count(connection, order, said, sent_at, now)


def _keep(order, state, said, sent_at) -> None:
    """Remember the newest content that was looked at; what counts already goes on counting."""
    order.state = OrderState.COUNTED if state == OrderState.SKIPPED and order.purchase else state
    order.said_at, order.sent_at = said.said_at, sent_at
    order.name = said.name
    order.is_tax_included, order.total_amount = said.is_tax_included, said.total
    order.save(
        update_fields=["state", "said_at", "sent_at", "name", "is_tax_included", "total_amount",
                       "purchase"]
    )  # fmt: skip


def _void(order, said, sent_at, now) -> Settled:
    had = order.purchase is not None and order.state != OrderState.VOID
    _keep(order, OrderState.VOID, said, sent_at)
    if not had:
        return Settled(DeliveryState.IGNORED, _("Cancelled before it counted."))
    _empty(order, said.said_at, now)
    return Settled(DeliveryState.DONE, _("Cancelled: what it earned was taken back."))


def _empty(order, said_at, now) -> None:
    amend_purchase(
        order.purchase_id,
        lines=[],
        content_hash=hash_lines([]),
        member_id=None,
        said_at=said_at,
        is_tax_included=order.is_tax_included,
        now=now,
    )


def delete_order(
    connection: ShopConnection, external_id: str, *, deleted_at: dt.datetime, now: dt.datetime
) -> Settled:
    """A shop threw an order away: cancelled while its goods could still come back.

    Later it is housekeeping in the shop, and nobody loses points to that: staff see it in the
    log and may act.
    """
    order = lock_order(connection, external_id, now=now)
    _adopt(order)
    settled = _delete(order, deleted_at, now)
    settle_refunds(order, now=now)
    settled.order_id, settled.purchase = external_id, order.purchase
    return settled


def _delete(order, deleted_at, now) -> Settled:
    if order.said_at and deleted_at < order.said_at:
        return Settled(DeliveryState.IGNORED, _("Older than what is known of this order."))
    if order.state == OrderState.COUNTED:
        purchase = order.purchase
        first = purchase.versions.order_by("number").first()
        window = first.return_window_days if first else purchase.channel.return_window_days
        if now >= purchase.purchased_at + dt.timedelta(days=window):
            note = _("Deleted in the shop after its time of return: its points stay.")
            return Settled(DeliveryState.IGNORED, note)
    had = order.state == OrderState.COUNTED
    order.state, order.said_at, order.sent_at = OrderState.VOID, deleted_at, deleted_at
    order.save(update_fields=["state", "said_at", "sent_at", "purchase"])
    if not had:
        return Settled(DeliveryState.IGNORED, _("Deleted before it counted."))
    _empty(order, deleted_at, now)
    return Settled(DeliveryState.DONE, _("Deleted: what it earned was taken back."))


def _count(connection, order, said, sent_at, now) -> Settled:
    key, member_id, doubt = _find_member(connection, said.customer, now)
    content_hash = hash_lines(said.lines)
    if order.purchase is None:
        try:
            is_new = _take_in(connection, order, said, key, content_hash, now)
        except errors.Refused as refusal:
            return Settled(DeliveryState.REFUSED, str(refusal))
        if is_new:
            _keep(order, OrderState.COUNTED, said, sent_at)
            return Settled(DeliveryState.DONE, " ".join(filter(None, [_("Taken in."), doubt])))
        _adopt(order)  # somebody else took it in at this very moment
    purchase = order.purchase
    purchase.refresh_from_db()
    is_same = bytes(purchase.content_hash) == content_hash and (
        member_id is None or member_id == purchase.member_id
    )
    _keep(order, OrderState.COUNTED, said, sent_at)
    if is_same:
        return Settled(DeliveryState.DONE, _("Known; nothing that counts has changed."))
    amend_purchase(
        purchase.pk,
        lines=said.lines,
        content_hash=content_hash,
        member_id=member_id,
        said_at=said.said_at,
        is_tax_included=said.is_tax_included,
        now=now,
    )
    purchase.refresh_from_db()
    note = _("Amended: version %(number)s.") % {"number": purchase.version}
    return Settled(DeliveryState.DONE, " ".join(filter(None, [note, doubt])))


def _take_in(connection, order, said, key, content_hash, now) -> bool:
    """Take an order in for the first time; False where it turns out to be known."""
    item = IncomingPurchase(
        said.external_id,
        said.ordered_at,
        said.lines,
        key,
        connection.store.code if connection.store else "",
        connection.channel.code if connection.channel else "",
        said.currency,
        content_hash=content_hash,
    )
    known = Known(order.source)
    (outcome,) = take_in(order.source, [item], now=now, known=known).outcomes
    if outcome.state == REFUSED and not isinstance(outcome.refusal, errors.OtherContent):
        raise errors.Refused(str(outcome.refusal))
    if outcome.state != CREATED:
        return False
    order.purchase = Purchase.objects.select_related("store", "channel").get(pk=outcome.get_id())
    record_first_version(order.purchase, said_at=said.said_at, now=now, known=known)
    return True


def hash_lines(lines: Sequence[IncomingLine]) -> bytes:
    """What counts of an order's content: its lines. No lines, no order."""
    return hash_content(
        ("shop",),
        (
            "\x1f".join(
                (
                    line.line_id, line.product, line.category, write_quantity(line.quantity),
                    str(line.amount), str(line.discount), str(line.tax), str(line.paid_otherwise),
                )
            )
            for line in lines
        ),
    )  # fmt: skip


# --- The customer -------------------------------------------------------------------------------


def _find_member(
    connection: ShopConnection, customer: SaidCustomer, now: dt.datetime
) -> tuple[MemberKey | None, int | None, str]:
    """The member whom a shop's customer is: by the shop's id, e-mail or phone, made where new.

    A contact that can't be read is left out, and whoever can't be told from others is nobody:
    the order is kept without a member rather than refused. Nothing that the customer agreed to
    in the shop counts as agreed to with the club.
    """
    key = MemberKey(
        external_id=customer.external_id or None,
        email=_clean(clean_email, customer.email),
        phone=_clean(lambda text: clean_phone(text, get_club().country), customer.phone),
    )
    if not (key.external_id or key.email or key.phone):
        return None, None, _("Without a member: the shop names no customer.")
    enrolled = ensure_members([key], source=connection.source.code, now=now)
    if key in enrolled.refused:
        # The refusal's own words would put the contact into the log.
        return None, None, _("Without a member: the customer can't be told from others.")
    return key, enrolled.ids[key], ""


def _clean(clean, text: str) -> str | None:
    try:
        return clean(text) if text else None
    except (InvalidEmail, InvalidPhone):
        return None
