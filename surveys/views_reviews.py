"""Reviews: read by everybody, written by members."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import DomainError
from members.access import find_member, in_club_time, member_page
from members.models import Member
from purchases.models import Product
from surveys.forms_reviews import ReviewForm
from surveys.models import Review
from surveys.models.review import STARS
from surveys.selectors.reviews import (
    PER_PAGE,
    count_imported,
    get_own,
    get_summary,
    get_terms,
    list_own,
    list_published,
    list_reviewable,
    list_reviewed_products,
    list_to_review,
)
from surveys.services.reviews import delete_review, write_review
from surveys.services.reviews.writing import ReviewChanged

_POST_TOO = ["GET", "HEAD", "POST"]


# --- For everybody -------------------------------------------------------------------------------


@require_safe
@in_club_time
def product_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A product and what people say about it."""
    products = list_reviewable().select_related("category")
    product = get_object_or_404(products, pk=pk)
    return _show(request, "surveys/product_page.html", product)


@require_safe
@in_club_time
def review_list(request: HttpRequest) -> HttpResponse:
    """What people say about the club, and which products they speak of."""
    context = {"products": list_reviewed_products()}
    return _show(request, "surveys/review_list.html", None, **context)


def _show(
    request: HttpRequest, template: str, product: Product | None, **context: Any
) -> HttpResponse:
    member = find_member(request)
    asked = request.GET.get("stars", "")
    stars = next((number for number in STARS if str(number) == asked), None)
    page = Paginator(list_published(product, stars=stars), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context |= {
        "member": member,
        "product": product,
        "summary": get_summary(product),
        "imported_count": count_imported(product),
        "wanted_stars": stars,
        "page": page,
        "own": get_own(member, product) if member else None,
        "terms": get_terms(),
    }
    response = render(request, template, context)
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    return response


# --- One's own -----------------------------------------------------------------------------------


@require_safe
@member_page
def review_mine(request: HttpRequest, member: Member) -> HttpResponse:
    """What I wrote, what became of it, and what I could write about."""
    page = Paginator(list_own(member), PER_PAGE).get_page(request.GET.get("page"))
    terms = get_terms()
    context = {
        "page": page,
        "terms": terms,
        "to_review": list_to_review(member) if terms.is_open else [],
        "has_club": any(each.product_id is None for each in page) or get_own(member, None),
    }
    return render(request, "surveys/review_mine.html", context)


@require_http_methods(_POST_TOO)
@member_page
def review_product(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    product = get_object_or_404(list_reviewable().select_related("category"), pk=pk)
    return _write(request, member, product)


@require_http_methods(_POST_TOO)
@member_page
def review_club(request: HttpRequest, member: Member) -> HttpResponse:
    return _write(request, member, None)


def _write(request: HttpRequest, member: Member, product: Product | None) -> HttpResponse:
    """The form; what was typed is never lost, whatever is refused."""
    now = timezone.now()
    own = get_own(member, product)
    if request.method != "POST":
        form = ReviewForm(member=member, review=own)
        return _render_form(request, product, own, form)
    form = ReviewForm(request.POST, request.FILES, member=member, review=own)
    if not form.is_valid():
        return _render_form(request, product, own, form, status=422)
    data = form.cleaned_data
    try:
        review = write_review(
            member, product, stars=data["stars"], title=data["title"], text=data["text"],
            language=get_language() or "", name_kind=data["name_kind"],
            nickname=data["nickname"], may_quote=data["may_quote"], edition=data["edition"],
            photos=data["photos"], removed_photos=data["removed"], by=request.user, now=now,
        )  # fmt: skip
    except ReviewChanged as refusal:
        return _show_changed(request, member, product, refusal)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _render_form(request, product, own, form, status=refusal.status)
    return _thank(request, review, form, own, now)


def _show_changed(
    request: HttpRequest, member: Member, product: Product | None, refusal: ReviewChanged
) -> HttpResponse:
    """What was typed here, on top of what the other window sent."""
    own = get_own(member, product)
    data = request.POST.copy()
    data["edition"] = str(own.edition if own else 0)
    form = ReviewForm(data, member=member, review=own)
    form.add_error(None, str(refusal))
    return _render_form(request, product, own, form, status=refusal.status)


def _thank(
    request: HttpRequest, review: Review, form: ReviewForm, before: Review | None,
    now: dt.datetime,
) -> HttpResponse:  # fmt: skip
    for name, words in form.refused_photos:
        messages.warning(request, f"{name}: {words}" if name else words)
    if before is not None and before.edition == review.edition:
        messages.info(request, _("Nothing has changed."))
    else:
        messages.success(
            request,
            _("Thank you! We look at every review before everybody sees it; you hear from us."),
        )
    if form.refused_photos:  # the words are safe; another photograph can be chosen at once
        return redirect((review.product and "review_product") or "review_club",
                        *([review.product_id] if review.product else []))  # fmt: skip
    return redirect("review_mine")


def _render_form(
    request: HttpRequest, product: Product | None, own: Review | None, form: ReviewForm,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    terms = get_terms()
    context = {
        "product": product,
        "own": own,
        "form": form,
        "terms": terms,
        "promise": terms.points if terms.points and not (own and own.points) else 0,
        "had_files": bool(request.FILES),
    }
    return render(request, "surveys/review_form.html", context, status=status)


@require_http_methods(_POST_TOO)
@member_page
def review_removal(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Asks first, and says what goes with it."""
    review = get_object_or_404(list_own(member), pk=pk)
    if request.method != "POST":
        return render(request, "surveys/review_removal.html", {"review": review})
    delete_review(review, by=request.user, now=timezone.now())
    messages.success(request, _("Your review is deleted."))
    return redirect("review_mine")
