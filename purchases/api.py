"""The REST API for tills and shops, at ``/api/``; later apps add routers to ``api``."""

import json
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Router
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from core.errors import DomainError
from core.money import to_decimal
from purchases import schemas
from purchases.enums import Scope
from purchases.malformed import list_malformed_call
from purchases.selectors import get_purchase_of
from purchases.services.outcome import PURCHASE, RETURN
from purchases.services.receiving import receive
from purchases.services.tokens import find_token

MAX_KEY_LENGTH = 200


class BearerToken(HttpBearer):
    """A token of the right scope; ``request.auth`` is the ApiToken."""

    def __init__(self, scope: Scope):
        super().__init__()
        self.scope = scope

    def authenticate(self, request, token):
        found = find_token(token, now=timezone.now())
        if found is None:
            return None
        if self.scope not in found.scopes:
            raise HttpError(403, _("This token lacks the scope “%s”.") % self.scope.value)
        return found


class ClubAPI(NinjaAPI):
    """A call keeps its id when its function moves: clients are made of these ids."""

    def get_openapi_operation_id(self, operation):
        app = operation.view_func.__module__.partition(".")[0]
        return f"{app}_api_{operation.view_func.__name__}"


api = ClubAPI(
    title="Club API",
    version="1",
    description=(
        "Purchases and returns from tills and shops. Send a bearer token; prices are decimal "
        "texts in the club's currency. A batch answers item by item: 200 where all were taken "
        "in, 207 where any was refused."
    ),
    urls_namespace="api",
)
router = Router(tags=["purchases"])


# --- Errors: one shape for all -------------------------------------------------------------------


def build_problem(
    status: int, message, *, code: str = "", field: str = "", headers: dict | None = None
) -> JsonResponse:
    code = code or HTTPStatus(status).name.lower()
    body = {"errors": [{"field": field, "code": code, "message": str(message)}]}
    return JsonResponse(body, status=status, headers=headers)


@api.exception_handler(HttpError)
def answer_http_error(request, error):
    return build_problem(error.status_code, error)


@api.exception_handler(AuthenticationError)
def answer_unknown_token(request, error):
    return build_problem(
        401, _("Send a valid bearer token."), headers={"WWW-Authenticate": "Bearer"}
    )


@api.exception_handler(DomainError)
def answer_domain_error(request, error):
    return build_problem(error.status, error, code=error.code, field=getattr(error, "field", ""))


@api.exception_handler(ValidationError)
def answer_malformed(request, error):
    return JsonResponse({"errors": list_malformed_call(error.errors)}, status=422)


@api.exception_handler(RequestDataTooBig)
def answer_too_big(request, error):
    return build_problem(413, _("The request is too large."))


# --- Purchases and returns -----------------------------------------------------------------------


def _describe(single, batch) -> dict:
    """The request body for the OpenAPI page: items are checked one by one, by hand."""
    variants = [
        schema.model_json_schema(ref_template="#/components/schemas/{model}")
        for schema in (single, batch)
    ]
    definitions = {}
    for variant in variants:
        definitions |= variant.pop("$defs", {})
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _inline({"oneOf": variants}, definitions)}},
        },
        "parameters": [
            {
                "in": "header",
                "name": "Idempotency-Key",
                "required": False,
                "schema": {"type": "string", "maxLength": MAX_KEY_LENGTH},
            }
        ],
    }


def _inline(schema, definitions):
    """Put definitions where they are referred to: ninja knows only its own components."""
    if isinstance(schema, dict):
        if name := schema.get("$ref", "").rpartition("/")[2]:
            return _inline(definitions[name], definitions)
        return {key: _inline(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inline(value, definitions) for value in schema]
    return schema


_RESPONSES = {
    200: schemas.AnswerOut,
    201: schemas.AnswerOut,
    207: schemas.AnswerOut,
    (400, 401, 403, 404, 409, 413, 422): schemas.ProblemOut,
}


@router.post(
    "/purchases",
    auth=BearerToken(Scope.WRITE_PURCHASES),
    response=_RESPONSES,
    openapi_extra=_describe(schemas.PurchaseIn, schemas.PurchaseBatchIn),
)
def post_purchases(request: HttpRequest):
    """Send one purchase, or up to 1,000 as `{"purchases": […]}`.

    The same purchase again is silent (`known`); other content under its id is refused (409).
    """
    return _receive(request, PURCHASE, "purchases")


@router.post(
    "/returns",
    auth=BearerToken(Scope.WRITE_RETURNS),
    response=_RESPONSES,
    openapi_extra=_describe(schemas.ReturnIn, schemas.ReturnBatchIn),
)
def post_returns(request: HttpRequest):
    """Send one return, or up to 1,000 as `{"returns": […]}`."""
    return _receive(request, RETURN, "returns")


def _receive(request, kind, plural) -> HttpResponse:
    body = _read_json(request)
    single = plural not in body
    items = [body] if single else body[plural]
    if not single:
        if len(body) > 1:
            extra = next(name for name in body if name != plural)
            return build_problem(422, _("There is no such field."), field=extra[:60])
        if not isinstance(items, list) or not items:
            return build_problem(422, _("This must be a list of one or more."), field=plural)
        if len(items) > schemas.MAX_BATCH:
            message = _("At most %(limit)s at once; these are %(count)s.") % {
                "limit": schemas.MAX_BATCH,
                "count": len(items),
            }
            return build_problem(422, message, field=plural, code="batch_too_long")
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY_LENGTH:
        return build_problem(422, _("The key is too long."), field="Idempotency-Key")
    token = request.auth
    status, answer, repeated = receive(
        kind,
        token.source,
        items,
        single=single,
        key=key,
        caller=f"token:{token.pk}",
        now=timezone.now(),
    )
    if single and answer["results"][0]["errors"]:
        answer = {"errors": answer["results"][0]["errors"]}
    response = JsonResponse(answer, status=status)
    if repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _read_json(request) -> dict:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, _("This is no valid JSON: %s.") % error) from error
    if not isinstance(body, dict):
        raise HttpError(422, _("Send one object."))
    return body


@router.get(
    "/purchases/{int:purchase_id}",
    auth=BearerToken(Scope.READ_PURCHASES),
    response={200: schemas.StoredPurchaseOut, (401, 403, 404): schemas.ProblemOut},
)
def get_purchase(request: HttpRequest, purchase_id: int):
    """One purchase of the token's source, with what came back of it."""
    purchase = get_purchase_of(request.auth.source, purchase_id)
    if purchase is None:
        raise HttpError(404, _("There is no such purchase."))
    return build_purchase(purchase)


def build_purchase(purchase) -> dict:
    def money(minor):
        return str(to_decimal(minor, purchase.currency))

    back: dict[int, list] = {}
    for each in purchase.returns.all():
        for part in each.lines.all():
            back.setdefault(part.line.position, []).append(part)
    return {
        "id": purchase.pk,
        "external_id": purchase.external_id,
        "member_number": purchase.member.number if purchase.member else None,
        "store": purchase.store.code if purchase.store else "",
        "channel": purchase.channel.code,
        "purchased_at": purchase.purchased_at,
        "recorded_at": purchase.recorded_at,
        "currency": purchase.currency,
        "total": money(purchase.total_amount),
        "lines": [
            {
                "position": line.position,
                "line_id": line.external_id,
                "product": line.product.external_id if line.product else "",
                "name": line.product.name_i18n if line.product else "",
                "quantity": _write(line.quantity),
                "amount": money(line.amount),
                "discount": money(line.discount_amount),
                "tax": money(line.tax_amount),
                "returned_quantity": _write(sum(b.quantity for b in back.get(line.position, ()))),
                "returned_amount": money(sum(b.amount for b in back.get(line.position, ()))),
            }
            for line in purchase.lines.all()
        ],
    }


def _write(quantity) -> str:
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


api.add_router("", router)
