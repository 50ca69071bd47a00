"""What several calls need: a member by number, money as text, one answer to one key."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.errors import HttpError

from core.money import parse_amount, to_decimal
from core.services.idempotency import run_once
from members.models import Member
from members.numbers import clean_number, is_valid_number
from members.selectors.club import get_club
from purchases.schemas import ProblemOut

PROBLEMS = {(400, 401, 403, 404, 409, 422): ProblemOut}
# Of calls that must not happen twice, for the page that describes the API.
WITH_KEY = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "maxLength": 60},
        }
    ]
}


def get_or_404(rows: QuerySet, problem: str, **lookup: Any) -> Any:
    found = rows.filter(**lookup).first()
    if found is None:
        raise HttpError(404, problem)
    return found


def get_member(number: str) -> Member:
    """A member by number; a merged record leads to its survivor."""
    digits = clean_number(number)
    members = Member.objects.select_related("merged_into")
    if not is_valid_number(digits):
        members = members.none()
    found = get_or_404(members, _("No member has this number."), number=digits)
    return found.merged_into or found


def read_key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= 60:
        raise HttpError(422, _("Send an Idempotency-Key of 1 to 60 characters."))
    return key


def perform_once(
    request: HttpRequest, operation: str, payload: Any, perform: Callable[[], Any]
) -> Any:
    """The same answer to the same key (docs/points.md 18)."""
    result, _repeated = run_once(
        operation,
        perform,
        caller=f"token:{request.auth.pk}",
        key=read_key(request),
        payload=payload,
        now=timezone.now(),
    )
    return result


def write_money(minor: int) -> str:
    return str(to_decimal(minor, get_club().currency))


def read_money(text: str) -> int:
    return parse_amount(text, get_club().currency)
