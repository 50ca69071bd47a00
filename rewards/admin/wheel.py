"""Wheels: drafted, looked over with odds and costs, published, ended; how they have drawn."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, WordsAdmin, dress_form
from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from rewards.admin.wheel_forms import (
    DraftForm,
    EndWheelForm,
    SliceFormSet,
    WheelGateFormSet,
    build_slice_initial,
)
from rewards.models import Spin, Wheel, WheelDay
from rewards.selectors.wheel_figures import count_draws
from rewards.selectors.wheel_log import list_days
from rewards.services.wheel import (
    change_draft,
    change_wheel,
    create_wheel,
    drop_draft,
    end_wheel,
    open_draft,
    publish_version,
)
from rewards.services.wheel.configuring import let_every_slice_win, list_slice_terms
from rewards.services.wheel.costs import reckon_costs
from rewards.services.wheel.favour import find_start
from rewards.services.wheel.findings import list_findings

DAYS_SHOWN = 10


@admin.register(Wheel)
class WheelAdmin(WordsAdmin):
    empty_note = _("A wheel of fortune whose odds everybody can read and check.")
    has_page = True
    view_on_site = False
    list_display = ("name", "slug", "show_state", "show_draft")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "summary")

    # --- List ---

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("versions")

    @display(
        description=_("state"),
        label={"on": "success", "planned": "info", "over": "warning", "draft": "warning"},
    )
    def show_state(self, wheel):
        return find_state(wheel, timezone.now())

    @display(description=_("draft"), boolean=True)
    def show_draft(self, wheel):
        return any(version.is_draft for version in wheel.versions.all())

    # --- Pages ---

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/draft/", self.draft_view, "draft"),
            self.build_path("<int:object_id>/draft/removal/", self.drop_view, "drop"),
            self.build_path("<int:object_id>/draft/wins/", self.every_view, "every"),
            self.build_path("<int:object_id>/publish/", self.publish_view, "publish"),
            self.build_path("<int:object_id>/end/", self.end_view, "end"),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def can_publish(self, request):
        return request.user.has_perm("rewards.publish_wheel")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        wheel, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, wheel):
            raise PermissionDenied
        now = timezone.now()
        published = wheel.versions.published().select_related("published_by").order_by("-number")
        versions = list(published)
        draft = wheel.versions.drafts().first()
        state, state_text = find_state(wheel, now)
        current = next((each for each in versions if each.is_in_force(now)), None)
        return self.render_page(
            request,
            "admin/rewards/wheel_page.html",
            title=wheel.name_i18n,
            obj=wheel,
            wheel=wheel,
            state=state,
            state_text=state_text,
            draft=draft,
            findings=list_findings(draft, now=now) if draft else [],
            versions=[(each, each.is_in_force(now)) for each in versions],
            figures=count_draws(current or versions[0]) if versions else None,
            days=list_days(wheel, now=now, limit=DAYS_SHOWN),
            can_edit=self.has_change_permission(request, wheel),
            can_publish=self.can_publish(request),
            can_end=self.can_publish(request)
            and any(each.ends_at is None or each.ends_at > now for each in versions),
        )

    def edit_view(self, request, object_id):
        if not self.has_change_permission(request):
            raise PermissionDenied
        return super().change_view(request, str(object_id))

    def save_model(self, request, obj, form, change):
        by, now = request.user, timezone.now()
        words = {name: form.cleaned_data[name] for name in form.cleaned_data}
        if change:
            change_wheel(obj, by=by, now=now, **words)
        else:
            made = create_wheel(by=by, now=now, **words)
            obj.__dict__.update(made.__dict__)

    def construct_change_message(self, request, form, formsets, add=False):
        return []  # the services write the audit trail

    def response_post_save_add(self, request, obj):
        return self._go_to(obj, "draft")

    def response_post_save_change(self, request, obj):
        return self._go_to(obj)

    def _go_to(self, wheel, name="change"):
        return HttpResponseRedirect(reverse(f"admin:rewards_wheel_{name}", args=[wheel.pk]))

    # --- The draft ---

    def draft_view(self, request, object_id):
        """All of a draft on one page; what was published last is where a new one begins."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        wheel, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        draft = wheel.versions.drafts().first()
        if draft is None:
            if request.method != "POST":
                return self.render_page(
                    request, "admin/rewards/wheel_new_draft.html", title=_("New version"),
                    obj=wheel, wheel=wheel,
                )  # fmt: skip
            open_draft(wheel, by=request.user, now=timezone.now())
            return self._go_to(wheel, "draft")
        form, slices, gates = self._build_forms(request.POST or None, draft)
        if request.method == "POST" and all(each.is_valid() for each in (form, slices, gates)):
            try:
                change_draft(
                    draft, slices=slices.list_slices(), gates=gates.list_gates(),
                    allowances=form.get_allowances(), by=request.user, now=timezone.now(),
                    **form.get_terms(),
                )  # fmt: skip
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, _("The draft is saved."))
                return self._go_to(wheel, "draft" if "_more" in request.POST else "publish")
        return self.render_page(
            request, "admin/rewards/wheel_draft.html", title=_("Draft"), obj=wheel,
            media=self.media + form.media, wheel=wheel, draft=draft, form=form, slices=slices,
            gates=gates,
        )  # fmt: skip

    def _build_forms(self, data, draft):
        slices = [build_slice_initial(each) for each in list_slice_terms(draft)]
        gates = [
            {"audience": gate.audience_id, "opens_at": gate.opens_at, "closes_at": gate.closes_at}
            for gate in draft.gates.order_by("opens_at", "pk")
        ]
        return (
            DraftForm(data, instance=draft),
            SliceFormSet(data, initial=slices, prefix="slices"),
            WheelGateFormSet(data, initial=gates, prefix="gates"),
        )

    def _act_on_draft(self, request, object_id, act):
        if not self.has_change_permission(request):
            raise PermissionDenied
        wheel, answer = self.get_or_redirect(request, object_id)
        draft = wheel and wheel.versions.drafts().first()
        if answer or draft is None:
            return answer or self._go_to(wheel)
        act(draft, by=request.user, now=timezone.now())
        return self._go_to(wheel, "change" if act is drop_draft else "publish")

    def drop_view(self, request, object_id):
        return require_POST(self._act_on_draft)(request, object_id, drop_draft)

    def every_view(self, request, object_id):
        return require_POST(self._act_on_draft)(request, object_id, let_every_slice_win)

    # --- Publishing and ending ---

    def publish_view(self, request, object_id):
        """Odds, costs and what stands in the way; whoever may publishes from here."""
        wheel, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not (self.can_publish(request) or self.has_change_permission(request, wheel)):
            raise PermissionDenied
        draft = wheel.versions.drafts().first()
        if draft is None:
            return self._go_to(wheel)
        now, error = timezone.now(), ""
        cost = reckon_costs(draft, now=now)
        findings = list_findings(draft, cost=cost, now=now)
        is_ready = not any(finding.is_blocking for finding in findings)
        if request.method == "POST":
            if not self.can_publish(request):
                raise PermissionDenied
            try:
                publish_version(draft, by=request.user, now=now)
            except DomainError as refusal:
                error = str(refusal)
            else:
                self.message_user(request, _("The wheel is published."))
                return self._go_to(wheel)
        currency = get_club().currency
        starts_at = find_start(draft, now=now)
        return self.render_page(
            request, "admin/rewards/wheel_publish.html", title=_("Publish"), obj=wheel,
            wheel=wheel, draft=draft, cost=cost, findings=findings, is_ready=is_ready, error=error,
            loses=any(each.code == "some_lose" for each in findings),
            rows=[(each, format_money(round(each.cost), currency)) for each in cost.slices],
            expected=format_money(cost.expected_amount, currency),
            worst=None if cost.worst_amount is None else format_money(cost.worst_amount, currency),
            starts_at=None if starts_at <= now else starts_at,
            can_publish=self.can_publish(request),
            can_edit=self.has_change_permission(request, wheel),
        )  # fmt: skip

    def end_view(self, request, object_id):
        if not self.can_publish(request):
            raise PermissionDenied
        wheel, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        form = dress_form(EndWheelForm(request.POST if request.method == "POST" else None))
        if request.method == "POST" and form.is_valid():
            try:
                end_wheel(wheel, by=request.user, now=timezone.now(), **form.cleaned_data)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, _("The wheel ends."))
                return self._go_to(wheel)
        return self.render_page(
            request, "admin/rewards/wheel_end.html", title=_("End the wheel"), obj=wheel,
            wheel=wheel, form=form,
        )  # fmt: skip


def find_state(wheel, now):
    """The wheel's state as a code and in words, of the versions that were fetched."""
    versions = [each for each in wheel.versions.all() if not each.is_draft]
    if any(each.is_in_force(now) for each in versions):
        return "on", _("turning")
    if any(each.starts_at > now and each.ends_at != each.starts_at for each in versions):
        return "planned", _("planned")
    return ("over", _("ended")) if versions else ("draft", _("no version yet"))


@admin.register(WheelDay)
class WheelDayAdmin(ReadOnlyAdmin):
    list_display = ("day_on", "show_state", "seed_hash", "prepared_at", "revealed_at")
    list_filter = ("state",)
    date_hierarchy = "day_on"
    ordering = ("-starts_at",)
    fields = ("day_on", "state", "seed_hash", "prepared_at", "starts_at", "ends_at", "revealed_at",
              "revealed_seed", "discarded_at")  # fmt: skip

    @display(
        description=_("state"),
        label={"sealed": "info", "revealed": "success", "discarded": "warning"},
    )
    def show_state(self, day):
        return day.state, day.get_state_display()


@admin.register(Spin)
class SpinAdmin(ReadOnlyAdmin):
    """Under their pseudonyms, as everybody sees them."""

    list_display = ("drawn_at", "show_wheel", "pseudonym", "counter", "show_slice", "pay",
                    "is_substitute")  # fmt: skip
    list_filter = ("version__wheel", "pay", "is_substitute")
    list_select_related = ("version__wheel", "slice")
    search_fields = ("=pseudonym",)
    ordering = ("-pk",)
    fields = ("drawn_at", "day", "version", "slice", "pseudonym", "counter", "hit_number",
              "is_substitute", "pay", "price_points")  # fmt: skip

    @display(description=_("wheel"))
    def show_wheel(self, spin):
        return spin.version.wheel.name_i18n

    @display(description=_("slice"))
    def show_slice(self, spin):
        return spin.slice.label_i18n
