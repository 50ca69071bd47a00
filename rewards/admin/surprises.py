"""Surprise gifts: drafted with a live preview, confirmed, watched, and what became of them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, link_to
from core.errors import DomainError
from core.words import list_words
from members.selectors.search import list_member_ids
from members.services.conduct import list_own_member_ids
from rewards.admin.surprise_forms import SurpriseForm
from rewards.enums import BulkOutcome, BulkState
from rewards.models import BulkActMember, Surprise, SurpriseGift
from rewards.selectors.control import explain_excess
from rewards.selectors.prizes import describe_gift
from rewards.selectors.surprises import format_worth, get_results
from rewards.services.approvals import PERMISSION
from rewards.services.bulk import cancel_bulk
from rewards.services.surprise_preview import preview_surprise
from rewards.services.surprises import (
    change_surprise,
    confirm_surprise,
    describe_surprise,
    draft_surprise,
    find_surprise_excess,
    get_gift_code,
)

_COLOURS = {
    "draft": "info", "waiting": "warning", "running": "info", "done": "success",
    "cancelled": "danger",
}  # fmt: skip


@admin.register(Surprise)
class SurpriseAdmin(ReadOnlyAdmin):
    list_display = ("show_title", "show_prize", "show_audience", "show_state", "show_given",
                    "show_opened", "show_cost", "show_asked")  # fmt: skip
    list_display_links = ("show_title",)
    list_filter = (
        ("prize_kind", ChoicesDropdownFilter),
        ("act__state", ChoicesDropdownFilter),
        ("act__created_at", PeriodFilter),
    )
    ordering = ("-pk",)

    def get_queryset(self, request):
        opened = Count("gifts", Q(gifts__opened_at__isnull=False))
        return super().get_queryset(request).for_list().annotate(opened_count=opened)

    def has_add_permission(self, request):
        return request.user.has_perm("rewards.add_surprise")

    def get_urls(self):
        return [
            self.build_path("draft/", self.draft_view, "draft"),
            self.build_path("preview/", self.preview_view, "preview"),
            self.build_path("<int:object_id>/terms/", self.terms_view, "terms"),
            self.build_path("<int:object_id>/confirmation/", self.confirm_view, "confirm"),
            self.build_path("<int:object_id>/cancellation/", self.cancel_view, "cancel"),
            *super().get_urls(),
        ]

    # --- List ---

    @display(description=gettext_lazy("title"))
    def show_title(self, surprise):
        return surprise.act.public_reason_i18n

    @display(description=gettext_lazy("what is in it"))
    def show_prize(self, surprise):
        return describe_gift(surprise)

    @display(description=gettext_lazy("audience"))
    def show_audience(self, surprise):
        return surprise.act.audience

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, surprise):
        return surprise.act.state, surprise.act.get_state_display()

    @display(description=pgettext_lazy("surprise", "given"))
    def show_given(self, surprise):
        return surprise.act.done_count

    @display(description=pgettext_lazy("surprise", "opened"))
    def show_opened(self, surprise):
        return surprise.opened_count

    @display(description=gettext_lazy("cost so far"))
    def show_cost(self, surprise):
        return format_worth(surprise.given_worth, surprise.measure)

    @display(description=gettext_lazy("asked by"))
    def show_asked(self, surprise):
        return surprise.act.asked_by

    # --- Terms ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "draft", needs=self.has_add_permission)

    def draft_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    def terms_view(self, request, object_id):
        surprise, answer = self._get_own(request, object_id)
        if answer:
            return answer
        if surprise.act.state != BulkState.DRAFT:
            return self._go_to(surprise)
        return self._edit(request, surprise)

    def preview_view(self, request):
        """What the form says so far: whom it reaches and what it costs at most. Saves nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        draft = SurpriseForm(request.POST).build_draft()
        context = self._look_at(request, draft) if draft else {"surprise": None}
        return TemplateResponse(request, "admin/rewards/_surprise_preview.html", context)

    def _edit(self, request, surprise):
        initial = {"audience": request.GET.get("audience")}
        if surprise:
            initial = SurpriseForm.get_initial(surprise)
        form = SurpriseForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            terms, now = form.get_terms(), timezone.now()
            try:
                if surprise is None:
                    surprise = draft_surprise(**terms, by=request.user, now=now)
                else:
                    surprise = change_surprise(surprise, **terms, by=request.user, now=now)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self._go_to(surprise)
        return self.render_page(
            request, "admin/rewards/surprise_form.html", title=_("A surprise gift"), obj=surprise,
            form=form,
        )  # fmt: skip

    # --- One surprise ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        surprise, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, surprise):
            raise PermissionDenied
        act = surprise.act
        if act.state == BulkState.DRAFT:
            return self._render_draft(request, surprise)
        approval, results = act.approval, get_results(surprise)
        rows = BulkActMember.objects.filter(act=act).select_related("member")
        left_out = [BulkOutcome.GONE, BulkOutcome.OWN, BulkOutcome.NOTHING]
        return self.render_page(
            request,
            "admin/rewards/surprise_page.html",
            title=describe_surprise(surprise),
            obj=surprise,
            act=act,
            surprise=surprise,
            prize=describe_gift(surprise),
            results=results,
            opened_percent=100 * results.opened_count // (results.given_count or 1),
            cost=format_worth(surprise.given_worth, surprise.measure),
            planned=format_worth(surprise.planned_worth, surprise.measure),
            budget=format_worth(surprise.budget, surprise.measure),
            approval=approval,
            colour=_COLOURS[act.state],
            above=explain_excess(approval.excess, approval.kind) if approval else [],
            left_out=list(rows.filter(outcome__in=left_out).order_by("pk")[:10]),
            gifts_url=self._list_gifts(surprise),
            can_change=self._can_change(request),
            can_decide=approval is not None
            and approval.is_waiting
            and approval.asked_by_id != request.user.pk
            and request.user.has_perm(PERMISSION),
            is_mine=act.asked_by_id == request.user.pk,
        )

    def _list_gifts(self, surprise):
        query = urlencode({"surprise__act__exact": surprise.pk})
        return f"{reverse('admin:rewards_surprisegift_changelist')}?{query}"

    def _render_draft(self, request, surprise):
        surprise.act.member_count = 0
        context = self._look_at(request, surprise)
        surprise.act.member_count = context["preview"].meant_count
        return self.render_page(
            request,
            "admin/rewards/surprise_draft.html",
            title=_("Preview"),
            obj=surprise,
            act=surprise.act,
            sentence=describe_surprise(surprise),
            titles=list_words(surprise.act, "public_reason"),
            messages_written=list_words(surprise, "message"),
            can_change=self._can_change(request),
            **context,
        )

    def _look_at(self, request, surprise):
        """Whom a draft reaches, and what it costs, as the preview shows it."""
        own, now = list_own_member_ids(request.user), timezone.now()
        preview = preview_surprise(surprise, left_out=own)
        excess = find_surprise_excess(surprise, preview.planned_worth, by=request.user, now=now)
        return {
            "surprise": surprise,
            "prize": describe_gift(surprise),
            "preview": preview,
            "worth": format_worth(surprise.worth, surprise.measure),
            "planned": format_worth(preview.planned_worth, surprise.measure),
            "budget": format_worth(surprise.budget, surprise.measure),
            "above": explain_excess([each.as_facts() for each in excess], get_gift_code(surprise)),
        }

    def _can_change(self, request):
        return request.user.has_perm("rewards.change_surprise")

    def _get_own(self, request, object_id):
        if not self._can_change(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def _go_to(self, surprise):
        return HttpResponseRedirect(surprise.get_absolute_url())

    def confirm_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        surprise, answer = self._get_own(request, object_id)
        if answer:
            return answer
        surprise = confirm_surprise(surprise, by=request.user, now=timezone.now())
        if surprise.act.state == BulkState.WAITING:
            self.message_user(request, _("It waits for a second person's approval."))
        else:
            self.message_user(request, _("It runs now."))
        return self._go_to(surprise)

    def cancel_view(self, request, object_id):
        """Stops it, after a page that says what is done already."""
        surprise, answer = self._get_own(request, object_id)
        if answer:
            return answer
        if request.method == "POST":
            cancel_bulk(surprise.act, by=request.user, now=timezone.now())
            self.message_user(request, _("It is cancelled."))
            return self._go_to(surprise)
        act, sentence = surprise.act, describe_surprise(surprise)
        if act.confirmed_at is None:  # nobody is written down yet
            shown = {"kind": act.get_kind_display(), "audience": act.audience}
            sentence = capfirst(_("%(kind)s for “%(audience)s”") % shown)
        return self.render_page(
            request, "admin/rewards/bulk_cancel.html", title=_("Cancel it"), obj=surprise, act=act,
            sentence=sentence,
        )  # fmt: skip


@admin.register(SurpriseGift)
class SurpriseGiftAdmin(ReadOnlyAdmin):
    """Who was given a present, and when they opened it."""

    list_display = ("show_number", "show_member", "show_surprise", "given_at", "opened_at")
    list_select_related = ("member", "surprise__act")
    list_filter = (("given_at", PeriodFilter), ("opened_at", PeriodFilter))
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == "surprise__act__exact" or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    @display(description=pgettext_lazy("entry", "number"), ordering="pk")
    def show_number(self, gift):
        return gift.pk

    @display(description=gettext_lazy("member"))
    def show_member(self, gift):
        return link_to(gift.member)

    @display(description=gettext_lazy("surprise gift"))
    def show_surprise(self, gift):
        return link_to(gift.surprise)
