"""Records that may be one person: side by side, for staff to say."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from core.admin import estimate_rows, link_to
from core.joining import join_comma
from members.admin.merging import PairAdmin, build_merge_url, compare, compare_facts, show
from members.enums import DuplicateReason, DuplicateState
from members.models import DuplicatePair, Member
from members.services.conduct import list_own_member_ids
from members.services.duplicates import (
    ask_for_search,
    find_duplicates,
    reopen_pair,
    set_apart,
)

SEARCHED_AT_ONCE = 50_000  # members; more of them are left to a worker


class StateFilter(admin.SimpleListFilter):
    """Those to look at come first: without a choice the list holds no others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("all", _("All")), *DuplicateState.choices]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() or DuplicateState.OPEN)


@admin.register(DuplicatePair)
class DuplicatePairAdmin(PairAdmin):
    empty_note = _("No two records look like the same person.")
    list_display = ("show_pair", "show_reasons", "score", "show_state", "found_at")
    list_filter = (StateFilter,)
    pair = ("first", "second")
    search_fields = ("first__number",)
    ordering = ("-score", "-pk")
    change_list_template = "admin/members/duplicate_list.html"

    @display(description=_("records"))
    def show_pair(self, pair):
        return f"{show(pair.first)} / {show(pair.second)}"

    @display(description=_("why"))
    def show_reasons(self, pair):
        return join_comma(DuplicateReason(code).label for code in pair.reasons)

    @display(
        description=_("state"), label={"open": "warning", "merged": "success", "different": ""}
    )
    def show_state(self, pair):
        return pair.state, pair.get_state_display()

    # --- Pages ---

    def get_urls(self):
        return [
            self.build_path("search/", self.search_view, "search"),
            self.build_path("<int:object_id>/apart/", self.apart_view, "apart"),
            self.build_path("<int:object_id>/reopening/", self.reopen_view, "reopen"),
            *super().get_urls(),
        ]

    def can_decide(self, request):
        return request.user.has_perm("members.change_duplicatepair")

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"can_search": self.can_decide(request)})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        pair, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, pair):
            raise PermissionDenied
        is_own = not list_own_member_ids(request.user).isdisjoint((pair.first_id, pair.second_id))
        return self.render_page(
            request,
            "admin/members/duplicate_page.html",
            title=_("Are they one person?"),
            obj=pair,
            pair=pair,
            reasons=self.show_reasons(pair),
            rows=compare(pair.first, pair.second) + compare_facts(pair.first, pair.second),
            names=[show(pair.first), show(pair.second)],
            links=[
                link_to(pair.first, show(pair.first)),
                link_to(pair.second, show(pair.second)),
            ],
            can_decide=self.can_decide(request) and not is_own,
            merge_url=build_merge_url(pair.first, pair.second),
            can_merge=request.user.has_perm("members.add_membermerge") and not is_own,
        )

    def apart_view(self, request, object_id):
        pair, answer = self._get_to_decide(request, object_id)
        if answer:
            return answer
        reason = request.POST.get("reason", "").strip()[:300]
        set_apart(pair, by=request.user, now=timezone.now(), reason=reason)
        self.message_user(request, _("Noted: two people. Nobody will be asked again."))
        return HttpResponseRedirect(reverse("admin:members_duplicatepair_changelist"))

    def reopen_view(self, request, object_id):
        pair, answer = self._get_to_decide(request, object_id)
        if answer:
            return answer
        reopen_pair(pair, by=request.user, now=timezone.now())
        self.message_user(request, _("Open again."))
        return HttpResponseRedirect(reverse("admin:members_duplicatepair_change", args=[pair.pk]))

    def search_view(self, request):
        """Look through all members now, as every night."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.can_decide(request):
            raise PermissionDenied
        if (estimate_rows(Member) or 0) > SEARCHED_AT_ONCE:
            ask_for_search(by=request.user, now=timezone.now())
            self.message_user(request, _("The search has begun. Look again in some minutes."))
        else:
            count = find_duplicates(by=request.user, now=timezone.now())
            text = ngettext("%(count)s new pair found.", "%(count)s new pairs found.", count)
            self.message_user(request, text % {"count": count})
        return HttpResponseRedirect(reverse("admin:members_duplicatepair_changelist"))

    def _get_to_decide(self, request, object_id):
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        if not self.can_decide(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)
