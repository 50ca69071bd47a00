"""Campaigns: written down, looked at, released, watched, and what they brought."""

from dataclasses import replace

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.admin.calendar import show_calendar
from campaigns.admin.campaign_forms import CampaignForm, ExperimentForm
from campaigns.admin.campaign_report import CSV_HEADER, build_report, iter_csv
from campaigns.admin.digest import show_digest
from campaigns.enums import CampaignState
from campaigns.models import Campaign
from campaigns.services.campaigns import (
    cancel_campaign,
    change_campaign,
    copy_campaign,
    decide_test,
    draft_campaign,
    estimate_campaign,
    make_plain_test,
    pause_campaign,
    read_terms,
    release_campaign,
    resume_campaign,
    set_variants,
    take_back_campaign,
)
from campaigns.services.campaigns.releasing import REACH
from campaigns.services.editions import list_missing_channels
from core.admin import PeriodFilter, ReadOnlyAdmin
from core.errors import DomainError
from core.joining import join_comma
from core.money import format_money, get_exponent
from core.percent import format_percent
from core.services.audit import record_audit
from core.tables import stream_csv
from core.words import list_active_paths
from members.enums import Channel
from members.selectors.club import get_club
from rewards.selectors.control import explain_excess
from rewards.selectors.wording import format_count
from rewards.services.approvals import PERMISSION

_COLOURS = {
    "draft": "info", "approval": "warning", "scheduled": "info", "testing": "info",
    "running": "info", "paused": "warning", "finished": "success", "cancelled": "danger",
}  # fmt: skip
# What staff may do in each state, in the order of the page's buttons: (act, question, is harmful).
_ACTS = {
    CampaignState.DRAFT: ("release",),
    CampaignState.APPROVAL: ("take_back",),
    CampaignState.SCHEDULED: ("take_back", "cancel"),
    CampaignState.TESTING: ("pause", "cancel"),
    CampaignState.RUNNING: ("pause", "cancel"),
    CampaignState.PAUSED: ("resume", "cancel"),
}
_SERVICES = {
    "release": release_campaign,
    "take_back": take_back_campaign,
    "pause": pause_campaign,
    "resume": resume_campaign,
    "cancel": cancel_campaign,
}
_LABELS = {
    "release": gettext_lazy("Release it"),
    "take_back": gettext_lazy("Take it back"),
    "pause": gettext_lazy("Pause"),
    "resume": gettext_lazy("Resume"),
    "cancel": gettext_lazy("Cancel it"),
}


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy("A message to an audience: written, tested, sent and measured here.")
    list_display = ("show_name", "show_purpose", "show_channels", "show_state", "starts_at",
                    "estimate_count", "show_sent", "show_clicked", "show_revenue",
                    "submitted_by")  # fmt: skip
    list_display_links = ("show_name",)
    list_select_related = ("mailing", "submitted_by", "figures")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("mailing__purpose", ChoicesDropdownFilter),
        ("starts_at", PeriodFilter),
    )
    search_fields = ("mailing__name",)
    ordering = ("-pk",)
    list_before_template = "admin/campaigns/campaign_tools.html"

    class Media:
        css = {"all": ["css/admin_campaigns.css"]}

    def has_add_permission(self, request):
        return request.user.has_perm("campaigns.add_campaign")

    def can_change(self, request):
        return request.user.has_perm("campaigns.change_campaign")

    def get_urls(self):
        return [
            self.build_path("draft/", self.draft_view, "draft"),
            self.build_path("calendar/", self.calendar_view, "calendar"),
            self.build_path("digest/", self.digest_view, "digest"),
            self.build_path("<int:object_id>/plain/", self.plain_view, "plain"),
            self.build_path("<int:object_id>/figures/", self.figures_view, "figures"),
            self.build_path("<int:object_id>/terms/", self.terms_view, "terms"),
            self.build_path("<int:object_id>/experiment/", self.experiment_view, "experiment"),
            self.build_path("<int:object_id>/act/", self.act_view, "act"),
            self.build_path("<int:object_id>/winner/", self.winner_view, "winner"),
            self.build_path("<int:object_id>/copy/", self.copy_view, "copy"),
            *super().get_urls(),
        ]

    # --- List ---

    def get_search_fields(self, request):
        return [*super().get_search_fields(request), *list_active_paths(["mailing__name"])]

    def changelist_view(self, request, extra_context=None):
        told = {"may_read_digest": request.user.has_perm("campaigns.change_sendingpolicy")}
        return super().changelist_view(request, {**(extra_context or {}), **told})

    @display(description=gettext_lazy("name"))
    def show_name(self, campaign):
        return campaign.mailing.name_i18n

    @display(description=gettext_lazy("what it is for"))
    def show_purpose(self, campaign):
        return campaign.mailing.get_purpose_display()

    @display(description=gettext_lazy("channels"))
    def show_channels(self, campaign):
        return join_comma(Channel(channel).label for channel in campaign.mailing.channels)

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, campaign):
        return campaign.state, campaign.get_state_display()

    @display(description=pgettext_lazy("messages", "sent"))
    def show_sent(self, campaign):
        figures = getattr(campaign, "figures", None)
        return format_count(figures.sent_count) if figures else None

    @display(description=pgettext_lazy("messages", "clicked"))
    def show_clicked(self, campaign):
        figures = getattr(campaign, "figures", None)
        if figures is None:
            return None
        if not figures.sent_count:
            return format_count(figures.clicked_count)
        share = format_percent(100 * figures.clicked_count / figures.sent_count, 1)
        return f"{format_count(figures.clicked_count)} ({share})"

    @display(description=gettext_lazy("revenue that followed"))
    def show_revenue(self, campaign):
        figures = getattr(campaign, "figures", None)
        return format_money(figures.revenue_amount, get_club().currency) if figures else None

    def calendar_view(self, request):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return show_calendar(self, request, _COLOURS)

    def digest_view(self, request):
        return show_digest(self, request)

    # --- Terms ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "draft", needs=self.has_add_permission)

    def draft_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    def terms_view(self, request, object_id):
        campaign, answer = self._get_own(request, object_id)
        return answer or self._edit(request, campaign)

    def _edit(self, request, campaign):
        initial = CampaignForm.get_initial(campaign) if campaign else self._read_wish(request)
        form = CampaignForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            by, now = request.user, timezone.now()
            try:
                terms = form.get_terms(campaign)
                if campaign:
                    campaign = change_campaign(campaign, terms, by=by, now=now)
                else:
                    campaign = draft_campaign(terms, by=by, now=now)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self._go_to(campaign)
        title = _("Change the campaign") if campaign else _("New campaign")
        return self.render_page(
            request, "admin/campaigns/campaign_form.html", title=title, obj=campaign, form=form,
            status=422 if form.errors else 200,
        )  # fmt: skip

    def _read_wish(self, request):
        """A page that leads here may name the audience that it is about."""
        wanted = request.GET.get("audience", "")
        return {"audiences": [int(wanted)]} if wanted.isdecimal() and len(wanted) < 19 else None

    def experiment_view(self, request, object_id):
        campaign, answer = self._get_own(request, object_id)
        if answer:
            return answer
        form = ExperimentForm(request.POST or None, initial=ExperimentForm.get_initial(campaign))
        if request.method == "POST" and form.is_valid():
            by, now = request.user, timezone.now()
            try:
                with transaction.atomic():
                    set_variants(campaign, form.get_variants(), by=by, now=now)
                    rules = form.get_rules()
                    terms = replace(read_terms(campaign), **rules)
                    change_campaign(campaign, terms, by=by, now=now)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self._go_to(campaign)
        return self.render_page(
            request, "admin/campaigns/campaign_experiment.html", title=_("What is tested"),
            obj=campaign, form=form, status=422 if form.errors else 200,
            may_be_plain=campaign.is_draft and campaign.variants.count() < 2,
            missing_words=list_missing_channels(campaign.mailing),
        )  # fmt: skip

    # --- Acts ---

    def act_view(self, request, object_id):
        """Release, take back, pause, resume, cancel: one press, by a POST that names it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        campaign, answer = self._get_own(request, object_id)
        if answer:
            return answer
        act = request.POST.get("act", "")
        if act not in _ACTS.get(campaign.state, ()):
            messages.warning(request, _("That is not possible any more: look at its state."))
            return self._go_to(campaign)
        now = timezone.now()
        answer = self._do(
            request, campaign, lambda: _SERVICES[act](campaign, by=request.user, now=now)
        )
        campaign.refresh_from_db(fields=["state", "starts_at"])
        is_due = campaign.starts_at is None or campaign.starts_at <= now
        if act == "release" and campaign.state == CampaignState.SCHEDULED and is_due:
            messages.success(request, _("Released: it begins to leave within a minute."))
        return answer

    def winner_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        campaign, answer = self._get_own(request, object_id)
        if answer:
            return answer
        variant = request.POST.get("variant", "")
        return self._do(request, campaign, lambda: decide_test(
            campaign, variant, by=request.user, now=timezone.now()
        ))  # fmt: skip

    def copy_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        campaign, answer = self._get_own(request, object_id)
        if answer:
            return answer
        name = pgettext("campaign", "%(name)s (copy)") % {"name": campaign.mailing.name}
        copy = copy_campaign(campaign, name=name[:120], by=request.user, now=timezone.now())
        return self._go_to(copy)

    def plain_view(self, request, object_id):
        """The ready test: B says what A says, without what is the member's own."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        campaign, answer = self._get_own(request, object_id)
        if answer:
            return answer
        try:
            make_plain_test(campaign, by=request.user, now=timezone.now())
        except DomainError as error:
            messages.error(request, str(error))
        else:
            done = _("The test is ready: read the words of B before you release it.")
            messages.success(request, done)
        url = reverse("admin:campaigns_campaign_experiment", args=[campaign.pk])
        return HttpResponseRedirect(url)

    def figures_view(self, request, object_id):
        """The report as CSV; taking it along is on record."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if campaign.started_at is None:
            return self._go_to(campaign)
        rows = list(iter_csv(campaign))
        record_audit(
            "list.exported", campaign, by=request.user, now=timezone.now(),
            changes={"rows": len(rows)},
        )  # fmt: skip
        header = [str(heading) for heading in CSV_HEADER]
        return stream_csv(f"campaign-{campaign.pk}.csv", header, rows)

    def _do(self, request, campaign, act):
        try:
            act()
        except DomainError as error:
            messages.error(request, str(error))
        return self._go_to(campaign)

    def _get_own(self, request, object_id):
        """The campaign for who may change it, or the answer to who named none."""
        if not self.can_change(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def _go_to(self, campaign):
        return HttpResponseRedirect(campaign.get_absolute_url())

    # --- Page ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        campaign, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        rows = list(campaign.audience_rows.select_related("audience"))
        can_change = self.can_change(request)
        return self.render_page(
            request,
            "admin/campaigns/campaign_page.html",
            title=str(campaign),
            obj=campaign,
            campaign=campaign,
            mailing=campaign.mailing,
            colour=_COLOURS[campaign.state],
            channels=[Channel(channel).label for channel in campaign.mailing.channels],
            audiences=[row.audience for row in rows if not row.is_excluded],
            excluded=[row.audience for row in rows if row.is_excluded],
            variants=list(campaign.variants.order_by("code")),
            acts=[(act, _LABELS[act]) for act in _ACTS.get(campaign.state, ()) if can_change],
            can_change=can_change,
            words_url=reverse("admin:campaigns_mailing_words", args=[campaign.pk]),
            can_decide=campaign.state == CampaignState.APPROVAL
            and request.user.has_perm(PERMISSION)
            and campaign.submitted_by_id != request.user.pk,
            **self._look_ahead(request, campaign),
            **build_report(campaign),
        )

    def _look_ahead(self, request, campaign):
        """Whom a campaign would reach that has not begun, and what it would cost."""
        if campaign.started_at:
            return {}
        by = request.user if campaign.is_draft else None
        estimate = estimate_campaign(campaign, by=by, now=timezone.now())
        currency = get_club().currency
        cost = int(estimate.cost.scaleb(get_exponent(currency))) + campaign.budget_amount
        return {
            "estimate": estimate,
            "estimate_channels": [
                (Channel(channel).label, count) for channel, count in estimate.channels.items()
            ],
            "is_reachable": any(estimate.channels.values()),
            "cost": format_money(cost, currency),
            "above": explain_excess(
                campaign.approval.excess
                if campaign.approval
                else [each.as_facts() for each in estimate.excess],
                REACH,
            ),
            "missing_words": [
                Channel(channel).label for channel in list_missing_channels(campaign.mailing)
            ],
        }
