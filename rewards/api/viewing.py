"""A shop tells which of its product pages a member looked at."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from purchases.api import BearerToken
from purchases.enums import Scope
from purchases.models import Product
from rewards import schemas
from rewards.api.calls import PROBLEMS, get_member, get_or_404
from rewards.services.detail_views import PRODUCT, record_view

router = Router(tags=["views"])


@router.post(
    "/views", auth=BearerToken(Scope.WRITE_VIEWS), response={200: schemas.ViewOut} | PROBLEMS
)
def post_view(request: HttpRequest, data: schemas.ViewIn) -> dict[str, Any]:
    """The same product within an hour counts once, so a call may be repeated."""
    member = get_member(data.member)
    products = Product.objects.filter(source=request.auth.source)  # type: ignore[attr-defined]  # of the token
    product = get_or_404(
        products, _("This source has no product of this number."), external_id=data.product
    )
    is_new = record_view(member, PRODUCT, product.pk, now=timezone.now())
    return {"counted": is_new}
