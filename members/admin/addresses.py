"""The postal addresses of a member, as staff write them down, mend and remove them."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import SELECT_CLASSES

from core.admin import dress_form
from members.addresses import InvalidAddress
from members.forms_addresses import StaffAddressForm, open_form
from members.models import Member
from members.services.addresses import remove_address, save_address


class AddressPages:
    """Pages below that of a member: the forms and rules are those of the members' own pages."""

    def get_address_urls(self):
        one = "<int:object_id>/addresses/<int:address_id>/"
        return [
            self.build_path("<int:object_id>/addresses/new/", self.address_new_view, "address_new"),
            self.build_path(one, self.address_edit_view, "address_edit"),
            self.build_path(f"{one}removal/", self.address_removal_view, "address_removal"),
        ]

    def address_new_view(self, request, object_id):
        member = _get_member(request, object_id, "members.add_address")
        return self._show_address_form(request, member, None)

    def address_edit_view(self, request, object_id, address_id):
        member = _get_member(request, object_id, "members.change_address")
        return self._show_address_form(request, member, _get_address(member, address_id))

    def address_removal_view(self, request, object_id, address_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        member = _get_member(request, object_id, "members.delete_address")
        address = _get_address(member, address_id)
        remove_address(address, by=request.user, now=timezone.now(), as_staff=True)
        self.message_user(request, _("The address is removed."))
        return _to_member(member)

    def _show_address_form(self, request, member, address):
        data = request.POST if request.method == "POST" else None
        form = open_form(StaffAddressForm, member, address, query=request.GET, data=data)
        if form.is_bound and form.is_valid():
            try:
                save_address(
                    member, form.parts, by=request.user, now=timezone.now(), address=address,
                    as_staff=True, **form.get_options(),
                )  # fmt: skip
            except InvalidAddress as refusal:
                form.refuse(refusal)
            else:
                self.message_user(request, _("The address is saved."))
                return _to_member(member)
        return self.render_page(
            request,
            "admin/members/member_address.html",
            title=_("Change an address") if address else _("Add an address"),
            obj=member,
            member=member,
            form=dress_form(form),
            select_classes=" ".join(SELECT_CLASSES),
            status=422 if form.is_bound else 200,
        )


def _get_member(request, object_id, permission):
    if not request.user.has_perm(permission):
        raise PermissionDenied
    return get_object_or_404(Member, pk=object_id)


def _get_address(member, address_id):
    address = member.addresses.filter(pk=address_id).first()
    if address is None:
        raise Http404
    return address


def _to_member(member):
    return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))
