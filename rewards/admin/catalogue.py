"""Rewards: written down by kind, looked over, published, restocked, withdrawn."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from core.admin import TranslatedFields, WordsAdmin
from rewards.admin.catalogue_codes import CodePages
from rewards.admin.catalogue_forms import (
    PLACES,
    GateForm,
    GateFormSet,
    RewardForm,
    SessionForm,
    list_sections,
)
from rewards.admin.catalogue_pages import RewardPages, describe_price, describe_state
from rewards.enums import RewardKind
from rewards.models import Reward, RewardGate, RewardSession
from rewards.selectors.catalogue import with_left
from rewards.selectors.wording import format_count
from rewards.services.catalogue import (
    add_session,
    change_reward,
    change_session,
    create_reward,
    set_gates,
)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("draft", _("Draft")), ("published", _("Published")), ("retired", _("Withdrawn"))]

    def queryset(self, request, queryset):
        match self.value():
            case "draft":
                return queryset.filter(published_at__isnull=True)
            case "published":
                return queryset.published()
            case "retired":
                return queryset.filter(retired_at__isnull=False)
        return queryset


class StockFilter(admin.SimpleListFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request, model_admin):
        return [("low", _("Low")), ("none", _("Nothing left"))]

    def queryset(self, request, queryset):
        match self.value():
            case "low":
                return queryset.filter(left_count__lte=F("low_stock_count"))
            case "none":
                return queryset.filter(left_count=0)
        return queryset


class _OfReward:
    """Rows that belong to a reward and are written by its services, with its permissions."""

    extra = 0
    tab = False
    show_title = False

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("rewards.view_reward")

    def has_change_permission(self, request, obj=None):
        return _may_promise(request, obj)

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


class GateInline(_OfReward, TabularInline):
    model = RewardGate
    form = GateForm
    formset = GateFormSet
    fields = ("audience", "opens_at", "closes_at", "price_points", "price_money")
    autocomplete_fields = ("audience",)
    verbose_name_plural = _("Who can have it when: without a gate it is closed to everybody")


class SessionInline(_OfReward, TranslatedFields, StackedInline):
    model = RewardSession
    form = SessionForm
    fields = (("starts_at", "ends_at", "booking_closes_at"), ("place", "seat_count"), PLACES)
    verbose_name_plural = _("Dates to come")

    def get_queryset(self, request):
        return super().get_queryset(request).upcoming(timezone.now()).order_by("starts_at")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("rewards.change_reward")

    has_add_permission = has_change_permission

    def has_delete_permission(self, request, obj=None):
        return False  # a date is called off on the reward's page, with its bookings


def _may_promise(request, reward) -> bool:
    """Whether the person may change what members are promised: in a draft, whoever edits."""
    if reward is not None and reward.is_published:
        return request.user.has_perm("rewards.publish_reward")
    return request.user.has_perm("rewards.change_reward")


@admin.register(Reward)
class RewardAdmin(RewardPages, CodePages, WordsAdmin):
    empty_note = _(
        "What points are good for. Begin with something small that a newcomer reaches soon."
    )
    has_page = True
    view_on_site = False  # the page links to it where members see it
    form = RewardForm
    list_display = ("name", "show_kind", "category", "show_price", "show_state", "show_left",
                    "position")  # fmt: skip
    list_filter = (
        StateFilter,
        StockFilter,
        ("kind", ChoicesDropdownFilter),
        ("category", RelatedDropdownFilter),
    )
    list_select_related = ("category",)
    search_fields = ("name", "slug", "partner")
    ordering = ("position", "pk")
    autocomplete_fields = ("related",)

    # --- List ---

    def get_queryset(self, request):
        return with_left(super().get_queryset(request), now=timezone.now())

    @display(description=_("kind"), ordering="kind")
    def show_kind(self, reward):
        return reward.get_kind_display()

    @display(description=_("price"), ordering="price_points")
    def show_price(self, reward):
        return describe_price(reward)

    @display(description=_("state"), label={"on": "success", "draft": "info", "retired": "warning"})
    def show_state(self, reward):
        return describe_state(reward)

    @display(description=_("left"), ordering="left_count")
    def show_left(self, reward):
        return "–" if reward.left_count is None else format_count(reward.left_count)

    # --- Writing it down ---

    def get_urls(self):
        return [
            *self.get_page_urls(),
            *self.get_code_urls(),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        """First the kind, since it decides what is asked."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.GET.get("kind") in RewardKind.values:
            return super().add_view(request, form_url, extra_context)
        return self.render_page(
            request,
            "admin/rewards/reward_kinds.html",
            title=_("What kind of reward?"),
            kinds=list(RewardKind),
        )

    def get_fieldsets(self, request, obj=None):
        kind = obj.kind if obj else request.GET.get("kind", "")
        sections = (
            [(title, {"fields": list(fields)}) for title, fields in list_sections(kind)]
            if kind
            else []
        )
        if sections and obj is None:
            sections[2][1]["fields"].insert(0, "stock_left")
        return self.add_languages(sections, obj)

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.kind = obj.kind if obj else request.GET.get("kind", "")
        form.shown = frozenset(flatten_fieldsets(self.get_fieldsets(request, obj)))
        form.is_locked = obj is not None and not _may_promise(request, obj)
        return form

    def get_inlines(self, request, obj):
        if obj is None:
            return []
        return [GateInline, SessionInline] if obj.has_sessions else [GateInline]

    def save_model(self, request, obj, form, change):
        by, now = request.user, timezone.now()
        terms = form.get_terms()
        if change:
            change_reward(obj, by=by, now=now, **terms)
        else:
            made = create_reward(kind=form.kind, by=by, now=now, **terms)
            obj.__dict__.update(made.__dict__)

    def save_related(self, request, form, formsets, change):
        """The services write what belongs to a reward; its related ones went with its terms."""
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request, form, formset, change):
        reward, by, now = form.instance, request.user, timezone.now()
        if formset.model is RewardGate:
            if _may_promise(request, reward):
                set_gates(reward, formset.list_terms(), by=by, now=now)
            return
        for each in formset.forms:
            if each.has_changed() and each.instance.pk:
                change_session(each.instance, by=by, now=now, **each.get_changes())
            elif each.has_changed():
                add_session(reward, by=by, now=now, **each.get_changes())

    def construct_change_message(self, request, form, formsets, add=False):
        return []  # the services write the audit trail

    def response_post_save_add(self, request, obj):
        return self._go_to(obj, "edit")

    def response_post_save_change(self, request, obj):
        return self._go_to(obj)
