"""Reviews from other sites over the API, beside purchases and rewards."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status
from ninja.errors import HttpError

from members.selectors.club import get_club
from purchases.api import BearerToken
from purchases.enums import Scope
from purchases.schemas import MAX_BATCH
from rewards.api import api
from rewards.api.calls import PROBLEMS
from surveys import schemas
from surveys.services.reviews import take_in_reviews
from surveys.services.reviews.incoming import (
    BadReview,
    IncomingReview,
    read_review,
    read_site,
)

router = Router(tags=["reviews"])


@router.post(
    "/reviews",
    auth=BearerToken(Scope.WRITE_REVIEWS),
    response={(200, 207): schemas.ReviewsOut} | PROBLEMS,
)
def post_reviews(request: HttpRequest, data: schemas.ReviewsIn):
    """Bring in up to 1,000 reviews of one site. One that is known by its id there is left as it is.

    They are for staff alone unless `show` says otherwise; one with links or words to look at is
    for staff alone in any case. They earn nothing and count in no average of the club's own.
    """
    if not 0 < len(data.reviews) <= MAX_BATCH:
        raise HttpError(422, _("Send one to %(most)s reviews.") % {"most": MAX_BATCH})
    site = read_site(data.site)
    if not site:
        raise HttpError(422, _("Name the site that the reviews come from."))
    now, zone = timezone.now(), get_club().zone
    rows: list[IncomingReview] = []
    results: list[dict[str, Any]] = []
    told: list[str | None] = []  # ids as they are kept; None where refused
    for item in data.reviews:
        result: dict[str, Any] = {"id": item.id, "state": "created", "errors": []}
        try:
            rows.append(read_review({**item.model_dump(), "site": ""}, zone=zone, now=now))
            told.append(rows[-1].id)
        except BadReview as refusal:
            error = {"field": refusal.field, "code": refusal.code, "message": str(refusal)}
            result |= {"state": "refused", "errors": [error]}
            told.append(None)
        results.append(result)
    taken = take_in_reviews(
        rows, origin_name=site, is_shown=data.show,
        product_source=request.auth.source,  # type: ignore[attr-defined]
        now=now,
    )  # fmt: skip
    new = {external_id for _site, external_id in taken.new}
    for result, external_id in zip(results, told, strict=True):
        if external_id in new:
            new.remove(external_id)  # whatever has it once more is known by then
        elif external_id is not None:
            result["state"] = "known"
    is_whole = all(result["state"] != "refused" for result in results)
    return Status(200 if is_whole else 207, {"results": results})


api.add_router("", router)

__all__ = ["api"]
