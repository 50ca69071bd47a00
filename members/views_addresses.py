from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.tables import render_for
from members import postal
from members.access import member_page
from members.addresses import InvalidAddress, format_address
from members.forms_addresses import AddressForm, look_up, open_form, suggest
from members.models import Member
from members.selectors.addresses import list_addresses
from members.services.addresses import MOST_ADDRESSES, remove_address, save_address

PARTIALS = {"address-parts": "parts"}


@require_safe
@member_page
def address_list(request: HttpRequest, member: Member) -> HttpResponse:
    addresses = list_addresses(member)
    context = {
        "addresses": [(address, format_address(address)) for address in addresses],
        "has_room": len(addresses) < MOST_ADDRESSES,
    }
    return render(request, "members/address_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def address_new(request: HttpRequest, member: Member) -> HttpResponse:
    return _edit(request, member, None)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def address_edit(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    return _edit(request, member, _get_own(member, pk))


@require_POST
@member_page
def address_removal(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    remove_address(_get_own(member, pk), by=request.user, now=timezone.now())
    messages.success(request, _("The address is gone."))
    return redirect("address_list")


def _get_own(member, pk):
    address = member.addresses.filter(pk=pk).first()
    if address is None:
        raise Http404
    return address


def _edit(request, member, address):
    data = request.POST if request.method == "POST" else None
    form = open_form(AddressForm, member, address, query=request.GET, data=data)
    if not form.is_bound:
        return _show(request, form, address)
    if form.is_valid():
        try:
            save_address(
                member,
                form.parts,
                by=request.user,
                now=timezone.now(),
                address=address,
                **form.get_options(),
            )
        except InvalidAddress as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("The address is saved."))
            return redirect("address_list")
    return _show(request, form, address, status=422)


def _show(request, form, address, status=200):
    context = {"form": form, "address": address}
    response = render_for(request, "members/address_form.html", context, partials=PARTIALS)
    response.status_code = status
    return response


@require_safe
@login_required
def address_lookup(request: HttpRequest) -> JsonResponse:
    """What a postal code tells, and which cities and districts there are; public knowledge."""
    country = request.GET.get("country", "")
    if country not in postal.list_country_codes():
        return JsonResponse({"values": {}, "places": [], "message": "", "lists": {}})
    values = {
        name: request.GET.get(name, "")[:80]
        for name in ("postal_code", "region", "city", "district")
    }
    found = look_up(country, values, request.GET.get("place", ""))
    lists = suggest(country, values["region"], values["city"])
    return JsonResponse({**found, "lists": lists})
