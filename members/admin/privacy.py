"""Members' rights: downloads, requests to be forgotten, who gets data, the retention policy."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import WordsAdmin, dress_form
from core.errors import DomainError
from members import registry
from members.admin.stream import OfMemberAdmin
from members.enums import RequestSource
from members.forms_privacy import StaffErasureForm
from members.models import DataExport, ErasureRequest, Member, Recipient
from members.purposes import get_purpose
from members.registry import STAFF_MEMBER, Panel
from members.retention import get_policy
from members.selectors.consents import get_answers
from members.selectors.guardians import get_guardian, get_guardian_state
from members.selectors.privacy import get_seen, list_policy
from members.services.erasing import list_open_reasons
from members.services.erasure import cancel_erasure, request_erasure
from members.services.exports import request_export
from members.views_privacy import serve_export


def _to_member(member_id):
    return HttpResponseRedirect(reverse("admin:members_member_change", args=[member_id]))


@admin.register(ErasureRequest)
class ErasureRequestAdmin(OfMemberAdmin):
    """Who asked to be forgotten, until when they may think again, and what holds it up."""

    list_display = ("requested_at", "show_member", "show_state", "due_at", "held_up_by", "source",
                    "requested_by")  # fmt: skip
    list_display_links = ("requested_at",)
    list_select_related = ("member", "requested_by")
    list_filter = (("state", ChoicesDropdownFilter), ("source", ChoicesDropdownFilter))
    change_form_template = "admin/members/erasure_request_page.html"

    def get_urls(self):
        return [
            self.build_path("ask/<int:member_id>/", self.ask_view, "ask"),
            self.build_path("<int:object_id>/cancellation/", self.cancel_view, "cancel"),
            *super().get_urls(),
        ]

    def ask_view(self, request, member_id):
        """A member asked by letter, on the phone or at the counter."""
        if not request.user.has_perm("members.add_erasurerequest"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        now = timezone.now()
        form = dress_form(StaffErasureForm(request.POST or None))
        if form.is_bound and form.is_valid():
            try:
                request_erasure(
                    member, by=request.user, now=now, source=RequestSource.STAFF,
                    **form.cleaned_data,
                )  # fmt: skip
            except DomainError as refusal:
                form.add_error(refusal.field or None, str(refusal))
            else:
                self.message_user(request, _("Noted. The member is told, and may think again."))
                return _to_member(member.pk)
        return self.render_page(
            request,
            "admin/members/erasure_request.html",
            title=_("The member wants to be forgotten"),
            member=member,
            form=form,
            reasons=list_open_reasons(member, now),
            policy=get_policy(),
            status=422 if form.is_bound else 200,
        )

    def cancel_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        erasure, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not request.user.has_perm("members.change_erasurerequest"):
            raise PermissionDenied
        cancel_erasure(erasure, by=request.user, now=timezone.now(), as_staff=True)
        self.message_user(request, _("The membership stays."))
        return _to_member(erasure.member_id)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["can_cancel"] = (
            obj is not None
            and obj.is_waiting
            and request.user.has_perm("members.change_erasurerequest")
        )
        context["reasons"] = (
            list_open_reasons(obj.member, timezone.now()) if obj and obj.is_waiting else []
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(
        description=_("state"), label={"waiting": "warning", "done": "success", "cancelled": ""}
    )
    def show_state(self, request):
        return request.state, request.get_state_display()


@admin.register(DataExport)
class DataExportAdmin(OfMemberAdmin):
    """Downloads of everything. Staff make one for a member without a login, and hand it over."""

    list_display = ("requested_at", "show_member", "show_state", "row_count", "expires_at",
                    "download_count", "requested_by")  # fmt: skip
    list_display_links = ("requested_at",)
    list_select_related = ("member", "requested_by")
    list_filter = (("state", ChoicesDropdownFilter),)
    fields = ("member", "state", "requested_at", "requested_by", "finished_at", "expires_at",
              "row_count", "download_count")  # fmt: skip
    change_form_template = "admin/members/data_export_page.html"

    def get_urls(self):
        return [
            self.build_path("ask/<int:member_id>/", self.ask_view, "ask"),
            self.build_path("<int:object_id>/file/", self.file_view, "file"),
            *super().get_urls(),
        ]

    def ask_view(self, request, member_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("members.add_dataexport"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        export = request_export(member, by=request.user, now=timezone.now(), as_staff=True)
        self.message_user(request, _("It is being put together; look again in some minutes."))
        url = reverse("admin:members_dataexport_change", args=[export.pk])
        return HttpResponseRedirect(url)

    def file_view(self, request, object_id):
        export, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not request.user.has_perm("members.add_dataexport"):
            raise PermissionDenied
        return serve_export(request, export, as_staff=True)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["can_download"] = (
            obj is not None
            and obj.can_be_downloaded(timezone.now())
            and request.user.has_perm("members.add_dataexport")
        )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(
        description=_("state"),
        label={"waiting": "warning", "ready": "success", "failed": "danger", "expired": ""},
    )
    def show_state(self, export):
        return export.state, export.get_state_display()


@admin.register(Recipient)
class RecipientAdmin(WordsAdmin):
    """Who outside of the club gets members' data: members read it as it stands here."""

    list_display = ("name", "what_for", "country", "is_current")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "what_for", ("country", "is_current"))
    change_list_template = "admin/members/recipient_list.html"

    def get_urls(self):
        policy = self.build_path("policy/", self.policy_view, "policy")
        return [policy, *super().get_urls()]

    def policy_view(self, request):
        """The retention policy, as it is executed every day."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.render_page(
            request,
            "admin/members/retention_policy.html",
            title=_("Retention policy"),
            categories=list_policy(),
            policy=get_policy(),
        )


# --- On the page of a member --------------------------------------------------------------------


def _build_privacy(request, member, now):
    may = request.user.has_perm
    given = [
        (get_purpose(purpose).name, row)
        for (purpose, channel), row in get_answers(member).items()
        if row.is_given and channel in get_purpose(purpose).channels
    ]
    return {
        "member": member,
        "given": given,
        "guardian_state": get_guardian_state(member, now=now),
        "guardian": get_guardian(member),
        "erasure": ErasureRequest.objects.waiting().filter(member=member).first(),
        "seen": get_seen(member),
        "can_record": may("members.add_consent") and member.is_active,
        "can_erase": may("members.add_erasurerequest") and member.status in ("active", "closed"),
        "can_export": may("members.add_dataexport") and member.status in ("active", "closed"),
    }


registry.register_panel(
    Panel(
        "members.staff_privacy",
        STAFF_MEMBER,
        "admin/members/_panel_privacy.html",
        _build_privacy,
        order=75,
        permission="members.view_consent",
    )
)
