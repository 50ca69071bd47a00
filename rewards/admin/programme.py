"""The programme's versions and its tiers: published after a look at who would move."""

import re

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import Http404, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminColorInputWidget

from core.acts import name_act
from core.admin import StaffAdmin, WordsAdmin
from core.admin.naming import name_fields
from rewards.admin.programme_forms import ProgrammeForm
from rewards.admin.versions import PREVIEW, PUBLISH, list_posted
from rewards.cards import get_card_art
from rewards.enums import CardPattern
from rewards.models import ProgrammeVersion, Tier
from rewards.selectors.wording import format_factor
from rewards.services.preview import count_liability, preview_programme
from rewards.services.programme import add_tier, publish_programme

_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)

name_fields(ProgrammeVersion, published_by=_("published by"))


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(StaffAdmin):
    """A version is never edited: “add” publishes the next one, after a preview."""

    list_display = ("number", "starts_on", "expiry_mode", "tier_window", "grace_days",
                    "published_at", "published_by")  # fmt: skip
    list_display_links = ("number", "starts_on")
    list_select_related = ("published_by",)
    ordering = ("-number",)

    def has_change_permission(self, request, obj=None):
        return False

    def get_urls(self):
        return [
            self.build_path("version/", self.publish_view, "publish"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "publish", needs=self.has_add_permission)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        version, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        levels = list(version.levels.select_related("tier").order_by("tier__rank"))
        return self.render_page(
            request,
            "admin/rewards/programme_page.html",
            title=_("Version %(number)s") % {"number": version.number},
            obj=version,
            version=version,
            kept_alive_by=[name_act(kind) for kind in version.expiry_activities],
            levels=[(level, format_factor(level.multiplier_milli)) for level in levels],
            can_publish=self.has_add_permission(request),
        )

    def publish_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        newest = ProgrammeVersion.objects.prefetch_related("levels").order_by("-number").first()
        form = ProgrammeForm(request.POST or None, newest=newest, now=now)
        stage = request.POST.get("stage", "")
        if request.method == "POST" and form.is_valid():
            if stage == PUBLISH:
                version = publish_programme(
                    starts_on=form.cleaned_data["starts_on"],
                    levels=form.get_levels(),
                    by=request.user,
                    now=now,
                    **form.get_terms(),
                )
                self.message_user(request, _("The new version is published."))
                url = reverse("admin:rewards_programmeversion_change", args=[version.pk])
                return HttpResponseRedirect(url)
            if stage == PREVIEW:
                return self._render_preview(request, form, now)
        return self.render_page(
            request, "admin/rewards/programme_form.html", title=_("New version"), form=form,
            has_tiers=bool(form.tiers),
        )  # fmt: skip

    def _render_preview(self, request, form, now):
        moves, preview = preview_programme(form.build_programme(), now=now)
        return self.render_page(
            request,
            "admin/rewards/programme_preview.html",
            title=_("Preview"),
            starts_on=form.cleaned_data["starts_on"],
            rows=self._build_rows(moves, form.tiers),
            up_count=sum(move.member_count for move in moves if move.steps > 0),
            down_count=sum(move.member_count for move in moves if move.steps < 0),
            preview=preview,
            liability=count_liability(),
            posted=list_posted(request),
        )

    def _build_rows(self, moves, tiers):
        """Per tier: how many stand there now, come, go, and stand there afterwards."""
        rows = {tier.pk: {"tier": tier, "now": 0, "up": 0, "down": 0, "after": 0} for tier in tiers}
        for move in moves:
            rows[move.from_tier_id]["now"] += move.member_count
            rows[move.to_tier_id]["after"] += move.member_count
            if move.steps:
                way = "up" if move.steps > 0 else "down"
                rows[move.from_tier_id][way] += move.member_count
        return list(rows.values())


class TierForm(forms.ModelForm):
    class Meta:
        model = Tier
        fields = ["name", "slug", "rank", "color", "pattern"]
        widgets = {"color": UnfoldAdminColorInputWidget}

    def clean_color(self):
        return self.cleaned_data["color"].lower()


@admin.register(Tier)
class TierAdmin(WordsAdmin):
    """Names and looks of the rungs; what a tier asks and gives belongs to a version."""

    form = TierForm
    list_display = ("name", "rank", "slug", "show_color", "show_card")
    search_fields = ("name", "slug")
    ordering = ("rank",)

    class Media:
        js = [Script("js/tier-card.js", type="module")]

    def get_urls(self):
        return [self.build_path("card/", self.card_view, "card"), *super().get_urls()]

    def card_view(self, request):
        """On to the card that a tier of ``rank`` would carry in this colour and pattern."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        color, rank = request.GET.get("color", ""), request.GET.get("rank", "")
        pattern = request.GET.get("pattern", "")
        is_known = not pattern or pattern in CardPattern.values
        if not (_COLOR.fullmatch(color) and rank.isdecimal() and len(rank) < 4 and is_known):
            raise Http404
        return HttpResponseRedirect(get_card_art(int(rank), color, pattern))

    def get_readonly_fields(self, request, obj=None):
        return ("show_card", "slug", "rank") if obj else ()

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        tier = add_tier(
            obj.slug, name=obj.name, rank=obj.rank, color=obj.color, pattern=obj.pattern,
            i18n=obj.i18n, by=request.user, now=timezone.now(),
        )  # fmt: skip
        obj.__dict__.update(tier.__dict__)

    @display(description=_("colour"))
    def show_color(self, tier):
        return tier.color

    @display(description=_("card"))
    def show_card(self, tier):
        """Its ground as members see it: a pale colour is darkened until the words are read."""
        art = get_card_art(tier.rank, tier.color, tier.pattern)
        return format_html(
            '<img src="{}" width="120" height="76" alt="{}" data-card="{}?rank={}">', art,
            tier.get_pattern_display(), reverse("admin:rewards_tier_card"), tier.rank,
        )  # fmt: skip
