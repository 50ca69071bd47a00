"""Earning rules: their words are edited, their terms are published as versions after a preview."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, Subquery
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import WordsAdmin
from core.joining import join_comma
from core.time import day_of
from members.selectors.club import get_club
from rewards.admin.forms import EndRuleForm, RuleVersionForm, get_initial
from rewards.admin.wording import describe_versions
from rewards.models import EarningRule, EarningRuleVersion
from rewards.services.preview import count_liability, preview_end, preview_rule
from rewards.services.programme import end_rule, publish_rule

PREVIEW, PUBLISH, EDIT = "preview", "publish", "edit"


def list_posted(request, *left_out):
    """The form as it came, to be carried by the page that asks for confirmation."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "stage", *left_out)
        for value in values
    ]


@admin.register(EarningRule)
class EarningRuleAdmin(WordsAdmin):
    has_page = True
    list_display = ("name", "show_terms", "show_state", "is_public", "show_used")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = ("name", "code", "description", "is_public")

    # --- List ---

    def get_queryset(self, request):
        newest = EarningRuleVersion.objects.filter(rule=OuterRef("pk")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(newest_version_id=Subquery(newest.values("pk")[:1]))
            .prefetch_related(Prefetch("versions", EarningRuleVersion.objects.order_by("-number")))
        )

    @display(description=_("terms"))
    def show_terms(self, rule):
        newest = list(rule.versions.all())[:1]
        described = describe_versions(newest, now=timezone.now())
        return join_comma(described[0][1]) if described else "–"

    @display(
        description=_("state"),
        label={"on": "success", "planned": "info", "over": "warning", "draft": "warning"},
    )
    def show_state(self, rule):
        return self._find_state(rule, timezone.now())

    def _find_state(self, rule, now):
        versions = list(rule.versions.all())
        if not versions:
            return "draft", _("no version yet")
        if any(v.starts_at <= now and (v.ends_at is None or v.ends_at > now) for v in versions):
            return "on", _("in force")
        if versions[0].starts_at > now:
            return "planned", _("planned")
        return "over", _("ended")

    @display(description=_("budget used"))
    def show_used(self, rule):
        return f"{rule.used_points:,}" if rule.used_points else "–"

    # --- One rule ---

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"code": ("name",)}

    def can_publish(self, request):
        return request.user.has_perm("rewards.add_earningruleversion")

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/version/", self.publish_view, "publish"),
            self.build_path("<int:object_id>/end/", self.end_view, "end"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        rule, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, rule):
            raise PermissionDenied
        now = timezone.now()
        versions = rule.versions.select_related("published_by").order_by("-number")
        state, state_text = self._find_state(rule, now)
        return self.render_page(
            request,
            "admin/rewards/rule_page.html",
            title=rule.name_i18n,
            obj=rule,
            rule=rule,
            versions=describe_versions(versions, now=now),
            state=state,
            state_text=state_text,
            now=now,
            can_edit=self.has_change_permission(request, rule),
            can_publish=self.can_publish(request),
            can_end=self.can_publish(request) and any(v.ends_at is None for v in versions),
        )

    def edit_view(self, request, object_id):
        return super().change_view(request, str(object_id))

    def response_post_save_add(self, request, obj):
        name = "publish" if self.can_publish(request) else "change"
        return HttpResponseRedirect(reverse(f"admin:rewards_earningrule_{name}", args=[obj.pk]))

    def response_post_save_change(self, request, obj):
        return HttpResponseRedirect(reverse("admin:rewards_earningrule_change", args=[obj.pk]))

    def publish_view(self, request, object_id):
        """Terms, then what they would have done last month, then the press that counts."""
        if not self.can_publish(request):
            raise PermissionDenied
        rule, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        now = timezone.now()
        stage = request.POST.get("stage", "")
        if request.method == "POST":
            form = RuleVersionForm(request.POST, rule=rule, now=now)
            if form.is_valid() and stage == PUBLISH:
                publish_rule(rule, by=request.user, now=now, **form.get_span(), **form.get_terms())
                self.message_user(request, _("The new version is published."))
                return self.response_post_save_change(request, rule)
            if form.is_valid() and stage == PREVIEW:
                return self._render_preview(request, rule, form, now)
        else:
            newest = rule.versions.order_by("-number").first()
            today = day_of(now, get_club().zone)
            form = RuleVersionForm(rule=rule, now=now, initial=get_initial(newest, today))
        return self.render_page(
            request, "admin/rewards/rule_form.html", title=_("New version"), obj=rule,
            media=self.media + form.media, rule=rule, form=form,
        )  # fmt: skip

    def _render_preview(self, request, rule, form, now):
        version = form.build_version()
        ((_version, phrases),) = describe_versions([version], now=now)
        preview = preview_rule(version, now=now)
        return self.render_page(
            request,
            "admin/rewards/rule_preview.html",
            title=_("Preview"),
            obj=rule,
            rule=rule,
            version=version,
            phrases=phrases,
            preview=preview,
            points=f"{preview.extra_points:+,}".replace("-", "−"),
            liability=count_liability(),
            posted=list_posted(request),
        )

    def end_view(self, request, object_id):
        if not self.can_publish(request):
            raise PermissionDenied
        rule, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        now = timezone.now()
        today = day_of(now, get_club().zone)
        form = EndRuleForm(request.POST or None, now=now, initial={"ends_on": today})
        if request.method == "POST" and form.is_valid():
            end_rule(rule, at=form.get_moment(), by=request.user, now=now)
            self.message_user(request, _("The rule ends."))
            return self.response_post_save_change(request, rule)
        return self.render_page(
            request, "admin/rewards/rule_end.html", title=_("End the rule"), obj=rule, rule=rule,
            form=form, preview=preview_end(rule, now=now),
        )  # fmt: skip
