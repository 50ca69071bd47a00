"""Members: found as staff type, with everything known of one on one page."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import StaffAdmin
from core.services.audit import keeps_refusals
from members import registry
from members.admin.addresses import AddressPages
from members.enums import AudienceKind, MemberStatus
from members.forms_profile import StaffMemberForm
from members.models import Audience, Member
from members.names import format_number
from members.registry import STAFF_MEMBER
from members.selectors.search import list_member_ids
from members.services.claims import CODE_LIFE, issue_claim_code
from members.services.conduct import list_own_member_ids
from members.services.enrolment import enrol_member
from members.services.profiles import close_member, update_member

LIST_ATTRIBUTES = ("tier", "points")  # shown where a higher floor has registered them


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return [*MemberStatus.choices, ("unclaimed", _("Active, without a login"))]

    def queryset(self, request, queryset):
        if self.value() == "unclaimed":
            return queryset.active().unclaimed()
        return queryset.filter(status=self.value()) if self.value() else queryset


class TierFilter(admin.SimpleListFilter):
    """By the tiers' audiences: a rare tier is found by its few rows, not among all members."""

    title = _("tier")
    parameter_name = "tier"

    def lookups(self, request, model_admin):
        return list(Audience.objects.of_kind(AudienceKind.TIER).values_list("pk", "name"))

    def queryset(self, request, queryset):
        if not (self.value() or "").isdigit():
            return queryset
        return queryset.filter(audience_rows__audience=int(self.value()))


@admin.register(Member)
class MemberAdmin(AddressPages, StaffAdmin):
    """The page of a member shows; a second one, behind “Edit”, changes the record."""

    empty_note = _("Members join on the site, at the counter, from a file or by the API.")
    has_page = True
    form = StaffMemberForm
    list_display = ("show_name", "show_number", "show_reading", "email", "phone", "show_tier",
                    "show_points", "show_status")  # fmt: skip
    list_filter = (StatusFilter, TierFilter)
    search_fields = ("number",)
    search_help_text = _("Number, e-mail, phone or any part of a name")
    ordering = ("name_sort", "pk")
    change_form_template = "admin/members/member_edit.html"
    fieldsets = (
        (None, {"fields": (("family_name", "given_name"),
                           ("family_name_reading", "given_name_reading"),
                           ("display_name", "gender"))}),
        (_("Contact"), {"fields": (("email", "phone"), ("locale", "zone"), "mourning_ends_on")}),
        (_("Birthday"), {"fields": (("birth_month", "birth_day", "birth_year"),)}),
        (_("What they told"), {"fields": (("household_size", "child_birth_years"), "income_band",
                                          "interests", "preferences", "traits")}),
        (_("Why"), {"fields": ("reason",)}),
    )  # fmt: skip
    add_fieldsets = fieldsets[:-1]

    # --- List ---

    def get_queryset(self, request):
        queryset = super().get_queryset(request).for_list()
        now = timezone.now()
        for code in LIST_ATTRIBUTES:
            if attribute := registry.attributes.get(code):
                expression = attribute.build_expression(now)
                queryset = queryset.annotate(**{f"attribute_{code}": expression})
        return queryset

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=list_member_ids(search_term)), False

    @display(description=_("name"), ordering=F("name_sort"), wrapper_class="whitespace-nowrap")
    def show_name(self, member):
        return member.get_full_name()

    @display(description=_("number"))
    def show_number(self, member):
        return format_number(member.number).replace(" ", "\u00a0")  # stays on one line

    @display(description=_("reading"))
    def show_reading(self, member):
        return f"{member.family_name_reading} {member.given_name_reading}".strip() or "–"

    @display(description=_("tier"))
    def show_tier(self, member):
        slug = getattr(member, "attribute_tier", None)
        return self._tier_names.get(slug, slug) or "–"

    @display(description=_("points"))
    def show_points(self, member):
        points = getattr(member, "attribute_points", None)
        return "–" if points is None else f"{points:,}"

    @display(  # every status is named: for another one its code would stand in its place
        description=_("status"),
        label={"active": "success", "unclaimed": "info", "closed": "", "merged": "", "erased": ""},
    )
    def show_status(self, member):
        if member.is_active and not member.is_claimed:
            return "unclaimed", _("Without a login")
        return member.status, member.get_status_display()

    def changelist_view(self, request, extra_context=None):
        attribute = registry.attributes.get("tier")
        self._tier_names = dict(attribute.choices()) if attribute else {}
        return super().changelist_view(request, extra_context)

    def get_fieldsets(self, request, obj=None):
        """A reason is asked of whoever may change what is there."""
        if obj is None or not self.has_change_permission(request, obj):
            return self.add_fieldsets
        return self.fieldsets

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = forms.ModelForm  # nothing to fill in
        return super().get_form(request, obj, change=change, **kwargs)

    # --- One member ---

    def has_change_permission(self, request, obj=None):
        """Not a record that went up in another. On one's own the services refuse, on record."""
        if obj is not None and obj.status in (MemberStatus.MERGED, MemberStatus.ERASED):
            return False
        return super().has_change_permission(request, obj)

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/claim-code/", self.claim_code_view, "claim_code"),
            self.build_path("<int:object_id>/closing/", self.close_view, "close"),
            *self.get_address_urls(),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Everything known of the member, from every floor, on one page."""
        member, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, member):
            raise PermissionDenied
        now = timezone.now()
        can_edit = self.has_change_permission(request, member) and (
            member.pk not in list_own_member_ids(request.user)
        )
        panels = []
        for panel in registry.list_panels(STAFF_MEMBER):
            if panel.permission and not request.user.has_perm(panel.permission):
                continue
            context = panel.build_context(request, member, now)
            if context is not None:
                panels.append({"template": panel.template, "code": panel.code, "context": context})
        return self.render_page(
            request,
            "admin/members/member_page.html",
            title=member.get_full_name(),
            obj=member,
            member=member,
            number=format_number(member.number),
            panels=panels,
            can_edit=can_edit,
            can_issue_code=self._can_issue_code(request, member),
            can_merge=(
                request.user.has_perm("members.add_membermerge") and can_edit and member.is_active
            ),
        )

    @keeps_refusals
    def edit_view(self, request, object_id):
        """The form; Django saves it in a transaction of its own."""
        return super().change_view(request, str(object_id))

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[obj.pk]))

    response_post_save_add = response_post_save_change

    def save_model(self, request, obj, form, change):
        now = timezone.now()
        if change:
            reason = form.cleaned_data.get("reason", "")
            update_member(
                obj, form.get_changes(), by=request.user, now=now, reason=reason, as_staff=True
            )
            return
        fields = {name: form.cleaned_data[name] for name in form.Meta.fields}
        member = enrol_member(by=request.user, now=now, **fields)
        obj.__dict__.update(member.__dict__)

    def _can_issue_code(self, request, member):
        return (
            member.is_active
            and not member.is_claimed
            and request.user.has_perm("members.add_claimcode")
        )

    def claim_code_view(self, request, object_id):
        """A code to read out, shown this once."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("members.add_claimcode"):
            raise PermissionDenied
        member, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        code = issue_claim_code(member, by=request.user, now=timezone.now())
        return self.render_page(  # no cache keeps any page of the back office
            request,
            "admin/members/member_claim_code.html",
            title=_("Claim code"),
            obj=member,
            member=member,
            number=format_number(member.number),
            code=f"{code[:3]} {code[3:]}",
            minutes=int(CODE_LIFE.total_seconds() // 60),
        )

    def close_view(self, request, object_id):
        """Ends the membership, after a page that says what that means."""
        member, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_change_permission(request, member):
            raise PermissionDenied
        if request.method == "POST":
            close_member(member, by=request.user, now=timezone.now())
            self.message_user(request, _("The membership has ended."))
            return self.response_post_save_change(request, member)
        return self.render_page(
            request, "admin/members/member_close.html", title=_("End the membership"), obj=member,
            member=member,
        )  # fmt: skip
