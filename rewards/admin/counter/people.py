"""The member who stands there, and the one who is about to become one."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from members import names, registry
from members.enums import MemberStatus
from members.models import Member
from members.selectors.club import get_club
from members.selectors.panels import list_speaking
from members.services.claims import CODE_LIFE, issue_claim_code
from rewards.admin.counter.desk import Desk, at_desk, get_key, make_key, show
from rewards.qr import build_qr_svg
from rewards.selectors.counter import get_member_in_view
from rewards.services.counter import enrol_at_counter
from rewards.services.counter.enrolling import list_alike, read_contact

_NAMES = ("family_name", "given_name", "family_name_reading", "given_name_reading")


def get_member(pk: int) -> Member:
    """A member who isn't erased; a merged one leads to whom it went up in."""
    members = Member.objects.defer("name_sort", "name_words").exclude(status=MemberStatus.ERASED)
    member = get_object_or_404(members, pk=pk)
    return get_member(member.merged_into_id) if member.merged_into_id else member


def build_head(member: Member) -> dict:
    """Name with its reading, and what to call them."""
    reading = f"{member.family_name_reading} {member.given_name_reading}".strip()
    return {
        "member": member,
        "name": member.get_full_name(),
        "reading": reading,
        "greeting": names.get_greeting_name(member, member.locale or None, formal=True),
        "number": names.format_number(member.number),
    }


@require_safe
@at_desk
def show_member(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Who they are, what they have, what they usually take; the field for the bill first."""
    member = get_member(pk)
    context = {
        "head": build_head(member),
        "view": get_member_in_view(member, now=desk.now),
        "panels": _build_panels(request, desk, member),
        "key": make_key(),
        "can_issue_code": member.is_active
        and not member.is_claimed
        and desk.may("members.add_claimcode"),
    }
    return show(request, "member", context, desk=desk)


def _build_panels(request: HttpRequest, desk: Desk, member: Member) -> list[dict]:
    allowed = [
        panel
        for panel in registry.list_panels(registry.COUNTER)
        if not panel.permission or desk.may(panel.permission)
    ]
    built = []
    for panel in list_speaking(allowed, member, now=desk.now):
        context = panel.build_context(request, member, desk.now)
        if context is not None:
            built.append({"template": panel.template, "context": context})
    return built


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def enrol(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One contact, or a name; whoever has the same contact is shown before a second is made."""
    desk.check("members.add_member")
    data = {name: request.POST.get(name, "").strip()[:80] for name in _NAMES}
    contact = request.POST.get("contact", "").strip()[:254]
    refusal, alike, status = "", [], 200
    if request.method == "POST":
        status = 422
        try:
            alike = [] if "anyway" in request.POST else list_alike(read_contact(contact))
            if not alike:
                member = enrol_at_counter(
                    desk.register,
                    contact=contact,
                    names=data,
                    key=get_key(request),
                    by=desk.clerk,
                    now=desk.now,
                )
                messages.success(request, _("Welcome, %(name)s.") % {"name": member})
                return redirect("admin:counter_member", member.pk)
        except DomainError as error:
            refusal = str(error)
    context = {
        "key": get_key(request),
        "contact": contact,
        "data": data,
        "refusal": refusal,
        "alike": alike,
        "is_family_first": (get_language() or "").startswith(("zh", "ja")),
        "wants_reading": (get_language() or "").startswith("ja") or any(
            data[name] for name in ("family_name_reading", "given_name_reading")
        ),
    }  # fmt: skip
    return show(request, "enrol", context, desk=desk, status=status)


@require_POST
@at_desk
def issue_code(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """A code with which a member without a login makes the record theirs; shown this once."""
    desk.check("members.add_claimcode")
    member = get_member(pk)
    code = issue_claim_code(member, by=desk.clerk, now=desk.now)
    context = {
        "head": build_head(member),
        "code": f"{code[:3]} {code[3:]}",
        "minutes": int(CODE_LIFE.total_seconds() // 60),
    }
    return show(request, "claim_code", context, desk=desk)


@require_safe
@at_desk
def show_poster(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A page to print: whoever scans it signs up, with this store noted as what led them here."""
    path = reverse("join_at_store", args=[desk.register.store.code])
    url = f"{settings.SITE_URL}{path}"
    context = {"url": url, "qr": build_qr_svg(url), "shown_url": url.partition("://")[2],
               "name": get_club().name_i18n}  # fmt: skip
    return show(request, "poster", context, desk=desk)
