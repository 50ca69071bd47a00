"""What the API received, item by item: to intake, and to answers that name the field."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from core.errors import DomainError
from core.models import IdempotencyRecord
from core.services.idempotency import run_once
from core.time import resolve_local
from members.selectors.club import get_club
from members.services.enrolment import MemberKey
from purchases import errors, schemas
from purchases.incoming import (
    IncomingLine,
    IncomingPurchase,
    IncomingReturn,
    IncomingReturnLine,
    write_said,
)
from purchases.malformed import list_malformed
from purchases.models import Purchase, Source, Store
from purchases.parsing.cells import clean_text, read_amount, read_moment, read_quantity
from purchases.services.intake import take_in
from purchases.services.known import Known
from purchases.services.outcome import CREATED, KNOWN, PURCHASE, REFUSED, IntakeResult, Outcome

_CREATED, _OK, _MIXED = 201, 200, 207


@transaction.atomic(savepoint=False)
def receive(
    kind: str,
    source: Source,
    items: Sequence[Any],
    *,
    single: bool,
    key: str = "",
    caller: str = "",
    now: dt.datetime,
) -> tuple[int, dict, bool]:
    """Take in the ``items`` of one request as plain JSON; returns status, answer, repeated.

    A single item answers 201 (created), 200 (known) or the status of its refusal; a batch 200,
    or 207 where any was refused. With a ``key`` the same request answers the same; a request
    in which anything was refused isn't remembered. Raises IdempotencyConflict.
    """

    def perform():
        return _take(kind, source, items, single, now)

    if not key:
        return *perform(), False
    answer, repeated = run_once(
        f"receive.{kind}", lambda: list(perform()), caller=caller, key=key, payload=items, now=now
    )
    status, body = answer
    if any(result["state"] == REFUSED for result in body["results"]):
        IdempotencyRecord.objects.filter(
            caller=caller, operation=f"receive.{kind}", key=key
        ).delete()
    return status, body, repeated


def _take(kind, source, items, single, now):
    zones = _load_zones(kind, source, items)
    incoming: list[Any] = []
    moved, failures = set(), {}
    read = _read_purchase if kind == PURCHASE else _read_return
    for index, item in enumerate(items):
        try:
            value, was_moved = read(item, zones)
        except (ValidationError, DomainError) as error:
            failures[index] = _list_errors(error)
            continue
        incoming.append(value)
        if was_moved:
            moved.add(index)
    if incoming:
        purchases, returns = (incoming, []) if kind == PURCHASE else ([], incoming)
        outcome = take_in(source, purchases, returns, now=now)
    else:
        outcome = IntakeResult()
    taken = iter(outcome.outcomes)
    results, status = [], _OK
    for index, item in enumerate(items):
        if index in failures:
            name = item.get("external_id", "") if isinstance(item, dict) else ""
            results.append(
                {
                    "external_id": name if isinstance(name, str) else "",
                    "state": REFUSED,
                    "id": None,
                    "time_moved": False,
                    "errors": failures[index],
                }
            )
            status = 422
            continue
        each = next(taken)
        results.append(_write_result(each, index in moved))
        if each.refusal:
            status = each.refusal.status
        elif each.state == CREATED and single:
            status = _CREATED
    if not single:
        status = _MIXED if any(result["state"] == REFUSED for result in results) else _OK
    receipts = [{"label": r.label, "number": r.number} for r in outcome.receipts]
    return status, {"results": results, "receipts": receipts}


def _write_result(outcome: Outcome, was_moved: bool) -> dict:
    found = [] if outcome.refusal is None else _list_errors(outcome.refusal)
    return {
        "external_id": outcome.external_id,
        "state": outcome.state,
        "id": outcome.id if outcome.state in (CREATED, KNOWN) else None,
        "time_moved": was_moved,
        "errors": found,
    }


def _list_errors(error) -> list[dict]:
    if isinstance(error, DomainError):
        return [{"field": getattr(error, "field", ""), "code": error.code, "message": str(error)}]
    return list_malformed(
        error.errors(include_url=False, include_context=False, include_input=False)
    )


# --- Reading -------------------------------------------------------------------------------------


def _load_zones(kind, source, items) -> dict[str, str]:
    """Zones by store code, and under "" that of items which name none.

    Returns go by the zone of their purchase's store, under its external id.
    """
    default = Known(source).zone if not source.default_store else source.default_store.zone
    zones = {"": default}
    if kind == PURCHASE:
        codes = {_peek(item, "store") for item in items} - {""}
        if codes and any(_is_naive(_peek(item, "purchased_at")) for item in items):
            zones.update(Store.objects.filter(code__in=codes).values_list("code", "zone"))
    elif any(_is_naive(_peek(item, "returned_at")) for item in items):
        of = {_peek(item, "returned_of") for item in items}
        found = Purchase.objects.filter(source=source, external_id__in=of).exclude(store=None)
        zones.update(found.values_list("external_id", "store__zone"))
    return zones


def _peek(item, name) -> str:
    value = item.get(name, "") if isinstance(item, dict) else ""
    return value if isinstance(value, str) else ""


def _is_naive(text: str) -> bool:
    try:
        return read_moment(text).tzinfo is None
    except DomainError:
        return False


def _read_purchase(item, zones) -> tuple[IncomingPurchase, bool]:
    data = schemas.PurchaseIn.model_validate(item)
    currency = _check_currency(data.currency)
    store = _clean("store", data.store)
    moment, said, was_moved = _read_time("purchased_at", data.purchased_at, zones, store)
    lines = [
        _read_line(line, position, currency) for position, line in enumerate(data.lines, start=1)
    ]
    key = None
    if data.member and any(data.member.model_dump().values()):
        key = MemberKey(**data.member.model_dump())
    return IncomingPurchase(
        _clean("external_id", data.external_id),
        moment,
        lines,
        key,
        store,
        _clean("channel", data.channel),
        currency,
        said,
    ), was_moved


def _read_line(line, position, currency) -> IncomingLine:
    where = f"lines.{position}."

    def money(name):
        return _at(where + name, read_amount, getattr(line, name), currency)

    return IncomingLine(
        quantity=Decimal(_at(where + "quantity", read_quantity, line.quantity)),
        amount=money("amount"),
        product=_clean(where + "product", line.product),
        category=_clean(where + "category", line.category),
        line_id=_clean(where + "line_id", line.line_id),
        discount=money("discount"),
        tax=money("tax"),
        paid_otherwise=money("paid_otherwise"),
        cost=None if line.cost is None else money("cost"),
        product_name=_clean(where + "product_name", line.product_name),
    )


def _read_return(item, zones) -> tuple[IncomingReturn, bool]:
    data = schemas.ReturnIn.model_validate(item)
    currency = _check_currency(data.currency)
    of = _clean("returned_of", data.returned_of)
    moment, said, was_moved = _read_time("returned_at", data.returned_at, zones, of)
    lines = []
    for position, line in enumerate(data.lines, start=1):
        where = f"lines.{position}."
        quantity = amount = None
        if line.quantity is not None:
            quantity = Decimal(_at(where + "quantity", read_quantity, line.quantity))
        if line.amount is not None:
            amount = _at(where + "amount", read_amount, line.amount, currency)
        product = _clean(where + "product", line.product)
        line_id = _clean(where + "line_id", line.line_id)
        lines.append(IncomingReturnLine(quantity, amount, line_id, product, line.position))
    name = _clean("external_id", data.external_id)
    return IncomingReturn(name, of, moment, lines, said), was_moved


def _check_currency(said) -> str:
    currency = get_club().currency
    if said and said != currency:
        raise errors.WrongCurrency(value=said, currency=currency)
    return currency


def _read_time(field, text, zones, place):
    moment = _at(field, read_moment, text)
    if moment.tzinfo:
        return moment.astimezone(dt.UTC), write_said(moment), False
    if not 1900 < moment.year < 9000:
        raise errors.DateOutOfRange(field=field, value=text)
    at, was_moved = resolve_local(moment, zones.get(place, zones[""]))
    return at, write_said(moment), was_moved


def _clean(field, text):
    return _at(field, clean_text, text)


def _at(field, read, *arguments):
    """Call ``read`` and name the field in its refusal."""
    try:
        return read(*arguments)
    except errors.Refused as refusal:
        raise errors.name_field(field, refusal) from None
