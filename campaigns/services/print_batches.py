"""Batches of letters: made from what waits, handed to a printer, marked posted."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns import links
from campaigns.channels.base import Outgoing
from campaigns.channels.post.drawing import Sheet, draw_sheets
from campaigns.enums import MailingState, MessageReason, MessageState, PrintFormat
from campaigns.models import Handover, Link, Mailing, Message, PrintBatch
from campaigns.services.fates import tell_fates
from campaigns.services.sending.claiming import claim_batch, list_due
from core.errors import DomainError
from core.services.audit import record_audit
from core.tables import escape_cell
from members.addresses import format_address
from members.enums import AddressPurpose, Channel
from members.models import Address, User

MOST = 200  # letters in a batch: drawn while somebody waits


class NothingToPrint(DomainError):
    code = "nothing_to_print"
    status = 409
    message = _("No letter of this mailing waits to be printed.")


class AlreadyPosted(DomainError):
    code = "already_posted"
    status = 409
    message = _("This batch was posted already.")


class BatchCancelled(DomainError):
    code = "batch_cancelled"
    status = 409
    message = _("This batch was cancelled.")


@transaction.atomic
def make_print_batch(
    mailing: Mailing, print_format: str, *, by: User | None, now: dt.datetime
) -> PrintBatch:
    """Judge what waits for the post, 200 at most, and draw what may leave: one PDF, one list of
    addresses. Whoever mustn't be written to is left out with the reason, as everywhere.

    Nothing changes where it can't be drawn. Raises NothingToPrint, PangoMissing, TooLongForPaper.
    """
    due = [each for each in list_due(Channel.POST, now=now) if each.id == mailing.pk]
    if not due:
        raise NothingToPrint
    load = claim_batch(due[0], Channel.POST, limit=MOST, worker="print", now=now).load
    if load is None:
        raise NothingToPrint
    # Paper has no connection that could break: the batch itself is what was handed over.
    Handover.objects.filter(pk=load.handover_id).delete()
    addresses = find_addresses([each.member_id for each in load.outgoing])
    urls = _find_urls(load.outgoing)
    sheets = [
        _build_sheet(each, addresses[each.member_id], urls[each.message_id])
        for each in load.outgoing
    ]
    printed = draw_sheets(sheets, print_format)
    batch = PrintBatch(
        mailing=mailing,
        format=PrintFormat(print_format),
        message_ids=[each.message_id for each in load.outgoing],
        page_count=printed.page_count,
        made_at=now,
        made_by=by,
    )
    name = f"{mailing.pk}-{now:%Y%m%d-%H%M%S}"
    batch.file.save(f"{name}.pdf", ContentFile(printed.pdf), save=False)
    own = [addresses[each.member_id] for each in load.outgoing]
    listed = _write_csv(list(zip(sheets, own, strict=True)))
    batch.addresses_file.save(f"{name}.csv", ContentFile(listed), save=False)
    batch.save()
    changes = {"format": batch.format, "messages": batch.message_count}
    record_audit("print_batch.made", batch, by=by, changes=changes, now=now)
    return batch


@transaction.atomic
def mark_posted(batch: PrintBatch, *, by: User | None, now: dt.datetime) -> int:
    """Its letters are in the post, their messages sent; returns how many. Raises AlreadyPosted,
    BatchCancelled.
    """
    locked = _lock(batch)
    count = Message.objects.filter(pk__in=locked.message_ids, state=MessageState.SENDING).update(
        state=MessageState.SENT, sent_at=now, reason=MessageReason.NONE
    )
    tell_fates(locked.message_ids, now=now)
    locked.posted_at, locked.posted_by = now, by
    locked.save(update_fields=["posted_at", "posted_by"])
    record_audit("print_batch.posted", locked, by=by, changes={"messages": count}, now=now)
    return count


@transaction.atomic
def cancel_print_batch(
    batch: PrintBatch, *, waits_again: bool, by: User | None, now: dt.datetime
) -> int:
    """It won't be posted. Its messages wait for another batch, or are left out for good (as are
    those of a mailing that is over); its files, which name people, go. Returns how many messages.
    Raises AlreadyPosted, BatchCancelled.
    """
    locked = _lock(batch)
    is_over = locked.mailing.state in (MailingState.CANCELLED, MailingState.FINISHED)
    state, reason = MessageState.WAITING, MessageReason.NONE
    if not waits_again or is_over:
        state = MessageState.NOT_SENT
        reason = MessageReason.LEFT_OUT if not waits_again else MessageReason.CANCELLED
    count = Message.objects.filter(pk__in=locked.message_ids, state=MessageState.SENDING).update(
        state=state, reason=reason
    )
    tell_fates(locked.message_ids, now=now)
    for name in ("file", "addresses_file"):
        file = getattr(locked, name)
        if file:
            transaction.on_commit(partial(file.storage.delete, file.name))
            setattr(locked, name, "")
    locked.cancelled_at, locked.cancelled_by = now, by
    locked.save(update_fields=["cancelled_at", "cancelled_by", "file", "addresses_file"])
    changes = {"messages": count, "state": str(state)}
    record_audit("print_batch.cancelled", locked, by=by, changes=changes, now=now)
    return count


def _lock(batch: PrintBatch) -> PrintBatch:
    locked = PrintBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.posted_at is not None:
        raise AlreadyPosted
    if locked.cancelled_at is not None:
        raise BatchCancelled
    return locked


def find_addresses(member_ids: Sequence[int]) -> dict[int, Address]:
    """Of each member the one that ``register_address`` names."""
    rows = Address.objects.filter(member__in=member_ids).select_related("member")
    found: dict[int, Address] = {}
    for row in sorted(rows, key=_rank, reverse=True):
        found[row.member_id] = row
    return found


def _rank(address: Address) -> tuple[bool, bool, int]:
    return address.purpose != AddressPurpose.HOME, not address.is_default, address.pk


def _find_urls(outgoing: Sequence[Outgoing]) -> dict[int, str]:
    """Behind each QR code: the first address of the words, ours and signed; else the page on which
    a reader lets go, which what advertises must offer.
    """
    editions = dict(
        Message.objects.filter(pk__in=[each.message_id for each in outgoing]).values_list(
            "pk", "edition_id"
        )
    )
    rows = Link.objects.filter(edition__in=set(editions.values())).order_by("-number")
    numbers = dict(rows.values_list("edition_id", "number"))  # the lowest comes last and stays
    urls = {}
    for each in outgoing:
        number = numbers.get(editions[each.message_id])
        path = ""
        if number is not None:
            path = links.sign_message_link(each.message_id, number)
        elif each.is_marketing:
            path = links.sign_unsubscribe(each.message_id)
        urls[each.message_id] = settings.SITE_URL + path if path else ""
    return urls


def _build_sheet(outgoing: Outgoing, address: Address, url: str) -> Sheet:
    return Sheet(
        message_id=outgoing.message_id,
        lines=format_address(address),
        country=address.country,
        locale=outgoing.locale,
        subject=outgoing.rendered.subject,
        html=outgoing.rendered.html,
        url=url,
    )


def _write_csv(rows: Sequence[tuple[Sheet, Any]]) -> bytes:
    """A line for each letter; its address as it is printed, and in its parts."""
    target = io.StringIO()
    writer = csv.writer(target)
    parts = ("country", "postal_code", "region", "city", "district", "street", "building")
    writer.writerow(["message", *(f"line_{number}" for number in range(1, 8)), *parts])
    for sheet, address in rows:
        lines = [*sheet.lines[:7], *[""] * (7 - len(sheet.lines))]
        values = [*lines, *(getattr(address, name) for name in parts)]
        writer.writerow([sheet.message_id, *(escape_cell(value) for value in values)])
    return target.getvalue().encode("utf-8-sig")
