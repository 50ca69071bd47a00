"""Surprise gifts: drafted with a live preview, confirmed, watched, and what became of them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, link_to
from core.words import list_words
from members.services.conduct import list_own_member_ids
from rewards.admin.acts import ActAdmin, ActRowAdmin
from rewards.admin.surprise_forms import SurpriseForm
from rewards.enums import BulkOutcome
from rewards.models import Surprise, SurpriseGift
from rewards.selectors.control import explain_excess
from rewards.selectors.prizes import describe_gift
from rewards.selectors.surprises import format_worth, get_results
from rewards.services.surprise_preview import preview_surprise
from rewards.services.surprises import (
    change_surprise,
    confirm_surprise,
    describe_surprise,
    draft_surprise,
    find_surprise_excess,
    get_gift_code,
)


@admin.register(Surprise)
class SurpriseAdmin(ActAdmin):
    empty_note = gettext_lazy("Presents that nobody expects, for a whole audience at once.")
    terms_form = SurpriseForm
    terms_page = "admin/rewards/surprise_form.html"
    terms_title = gettext_lazy("A surprise gift")
    describe = staticmethod(describe_surprise)
    draft = staticmethod(draft_surprise)
    change = staticmethod(change_surprise)
    confirm = staticmethod(confirm_surprise)
    left_out = (BulkOutcome.GONE, BulkOutcome.OWN, BulkOutcome.NOTHING)
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

    def get_act(self, surprise):
        return surprise.act

    def get_urls(self):
        return [self.build_path("preview/", self.preview_view, "preview"), *super().get_urls()]

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

    def preview_view(self, request):
        """What the form says so far: whom it reaches and what it costs at most. Saves nothing."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        draft = SurpriseForm(request.POST).build_draft()
        context = self._look_at(request, draft) if draft else {"surprise": None}
        return TemplateResponse(request, "admin/rewards/_surprise_preview.html", context)

    # --- One surprise ---

    def render_act(self, request, surprise):
        results = get_results(surprise)
        return self.render_page(
            request,
            "admin/rewards/surprise_page.html",
            surprise=surprise,
            prize=describe_gift(surprise),
            results=results,
            opened_percent=100 * results.opened_count // (results.given_count or 1),
            cost=format_worth(surprise.given_worth, surprise.measure),
            planned=format_worth(surprise.planned_worth, surprise.measure),
            budget=format_worth(surprise.budget, surprise.measure),
            gifts_url=self._list_gifts(surprise),
            **self.build_act(request, surprise),
        )

    def _list_gifts(self, surprise):
        query = urlencode({"surprise__act__exact": surprise.pk})
        return f"{reverse('admin:rewards_surprisegift_changelist')}?{query}"

    def render_draft(self, request, surprise):
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
            can_change=self.can_change(request),
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


@admin.register(SurpriseGift)
class SurpriseGiftAdmin(ActRowAdmin):
    """Who was given a present, and when they opened it."""

    list_display = ("show_number", "show_member", "show_surprise", "given_at", "opened_at")
    list_select_related = ("member", "surprise__act")
    list_filter = (("given_at", PeriodFilter), ("opened_at", PeriodFilter))
    act_lookup = "surprise__act__exact"

    @display(description=gettext_lazy("surprise gift"))
    def show_surprise(self, gift):
        return link_to(gift.surprise)
