"""Earning rules: their words are edited, their terms are published as versions after a preview."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.joining import join_comma
from rewards.admin.forms import RuleVersionForm, get_initial
from rewards.admin.versions import VersionedAdmin, list_posted
from rewards.admin.wording import describe_versions
from rewards.models import EarningRule, EarningRuleVersion
from rewards.services.preview import count_liability, preview_end, preview_rule
from rewards.services.programme import end_rule, publish_rule


@admin.register(EarningRule)
class EarningRuleAdmin(VersionedAdmin):
    empty_note = _("Points beyond the basis: double days, favourite products, a first purchase.")
    code_field = "code"
    noun = "rule"
    publish_permission = "rewards.add_earningruleversion"
    version_form = RuleVersionForm
    end_title = _("End the rule")
    ended_message = _("The rule ends.")
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

    def get_version_initial(self, newest, today):
        return get_initial(newest, today)

    def publish(self, request, rule, form, now):
        publish_rule(rule, by=request.user, now=now, **form.get_span(), **form.get_terms())

    def render_preview(self, request, rule, form, now):
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

    def end(self, request, rule, at, now):
        end_rule(rule, at=at, by=request.user, now=now)

    def list_end_facts(self, rule, now):
        return {"preview": preview_end(rule, now=now)}
