"""Sets of members: tiers, clubs and segments make their own, staff keep lists by hand."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from core.admin import ReadOnlyAdmin, WordsAdmin, dress_form
from core.errors import DomainError
from core.joining import join_comma
from members.enums import AudienceKind
from members.models import Audience, AudienceMember, Member
from members.selectors.search import list_member_ids
from members.services.lists import MOST, add_to_list, remove_from_list

SHOWN = 20


class AddMembersForm(forms.Form):
    """One member a line, as one would search for them; a line must find exactly one."""

    members = forms.CharField(
        label=gettext_lazy("Members"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line: number, e-mail, phone or whole name."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def clean_members(self):
        lines = [line.strip() for line in self.cleaned_data["members"].splitlines()]
        lines = list(dict.fromkeys(line for line in lines if line))
        if len(lines) > MOST:
            text = _("Name at most %(most)s members at once.") % {"most": MOST}
            raise forms.ValidationError(text)
        found = {line: list_member_ids(line, limit=2) for line in lines}
        unclear = [line for line, ids in found.items() if len(ids) != 1]
        if unclear:
            raise forms.ValidationError(
                _("Nobody, or more than one, for: %(lines)s.") % {"lines": join_comma(unclear[:10])}
            )
        return list(Member.objects.filter(pk__in=[ids[0] for ids in found.values()]))


@admin.register(Audience)
class AudienceAdmin(WordsAdmin):
    """Staff make lists and say who is on them; every other set follows its own rules."""

    has_page = True
    list_display = ("name", "slug", "kind")
    list_filter = (("kind", ChoicesDropdownFilter),)
    search_fields = ("name", "slug")
    ordering = ("kind", "name")
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or obj.kind == AudienceKind.LIST
        )

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    def save_model(self, request, obj, form, change):
        if not change:
            obj.kind = AudienceKind.LIST
        super().save_model(request, obj, form, change)

    def response_post_save_add(self, request, obj):
        return self._go_to(obj)

    response_post_save_change = response_post_save_add

    # --- One set ---

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/members/", self.add_members_view, "add_members"),
            self.build_path(
                "<int:object_id>/members/<int:member_id>/removal/",
                self.remove_member_view,
                "remove_member",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        audience, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, audience):
            raise PermissionDenied
        return self._render(request, audience, AddMembersForm())

    def edit_view(self, request, object_id):
        return super().change_view(request, str(object_id))

    def _render(self, request, audience, form):
        rows = AudienceMember.objects.filter(audience=audience).select_related("member")
        newest = list(rows.order_by("-pk")[: SHOWN + 1])
        query = urlencode({"audience__id__exact": audience.pk})
        return self.render_page(
            request,
            "admin/members/audience_page.html",
            title=audience.name_i18n,
            obj=audience,
            audience=audience,
            rows=newest[:SHOWN],
            has_more=len(newest) > SHOWN,
            rows_url=f"{reverse('admin:members_audiencemember_changelist')}?{query}",
            can_change=self.has_change_permission(request, audience),
            form=form,
        )

    def _go_to(self, audience):
        return HttpResponseRedirect(reverse("admin:members_audience_change", args=[audience.pk]))

    def _open_list(self, request, object_id):
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("members.change_audience"):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def add_members_view(self, request, object_id):
        """From the list's own page by lines of text, from a member's page by their id."""
        audience, answer = self._open_list(request, object_id)
        if answer:
            return answer
        now = timezone.now()
        if "member" in request.POST:
            member = get_object_or_404(Member, pk=request.POST["member"])
            add_to_list(audience, [member], by=request.user, now=now)
            self.message_user(request, _("Put on the list."))
            return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))
        form = AddMembersForm(request.POST)
        if form.is_valid():
            try:
                count = add_to_list(
                    audience, form.cleaned_data["members"], by=request.user, now=now
                )
            except DomainError as error:
                form.add_error("members", str(error))
            else:
                text = ngettext("%(count)s member added.", "%(count)s members added.", count)
                self.message_user(request, text % {"count": count})
                return self._go_to(audience)
        return self._render(request, audience, form)

    def remove_member_view(self, request, object_id, member_id):
        audience, answer = self._open_list(request, object_id)
        if answer:
            return answer
        member = get_object_or_404(Member, pk=member_id)
        remove_from_list(audience, member, by=request.user, now=timezone.now())
        self.message_user(request, _("Taken off the list."))
        if "from_member" in request.POST:
            return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))
        return self._go_to(audience)


@admin.register(AudienceMember)
class AudienceMemberAdmin(ReadOnlyAdmin):
    """Who is in which set."""

    list_display = ("member", "audience", "added_at")
    list_select_related = ("member", "audience")
    list_filter = (("audience", AutocompleteSelectFilter),)
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Membership number")
    ordering = ("-pk",)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False
