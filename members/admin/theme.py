"""How the club looks and what stands in its footer: the owner's own pages."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import StaffAdmin, WordsAdmin
from core.errors import DomainError
from members.admin.theme_forms import JUDGES, ThemeForm, build_figures, read_pick
from members.enums import FooterKind
from members.models import Club, FooterLink, LegalPage, Theme
from members.models.theme import ICP_ADDRESS
from members.services.theming import (
    remove_from_site,
    reset_colors,
    save_footer_link,
    save_legal_page,
    update_theme,
)

PREVIEW, RESET, TAKE = "preview", "reset", "take"


@admin.register(Theme)
class ThemeAdmin(StaffAdmin):
    """One page; the row comes with the first change."""

    class Media:
        css = {"all": ["css/appearance.css"]}

    def has_add_permission(self, request):
        return False

    def get_urls(self):
        return [
            self.build_path("figures/", self.figures_view, "figures"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        return self.redirect_to(request, "change", 1, needs=self.has_view_permission)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        can_change = self.has_change_permission(request)
        if request.method == "POST" and not can_change:
            raise PermissionDenied
        theme = Theme.objects.filter(pk=1).first() or Theme(club=Club(pk=1))
        form = ThemeForm(self._read_post(request), request.FILES or None, theme=theme,
                         is_open=can_change)  # fmt: skip
        if request.method == "POST" and (answer := self._act(request, form)):
            return answer
        return self.render_page(
            request,
            "admin/members/theme_page.html",
            title=_("Appearance"),
            form=form,
            can_change=can_change,
            is_own=bool(theme.accent or theme.card),
            **build_figures(form.get_picks()),
        )

    def _read_post(self, request):
        """What was sent; a shade that is taken stands in for the pick it was offered for."""
        if request.method != "POST":
            return None
        data = request.POST.copy()
        name, _colon, shade = data.get(TAKE, "").partition(":")
        if name in JUDGES:
            data[name] = shade
        return data

    def _act(self, request, form):
        """The answer to a press; None where the page shows itself again, with what was sent."""
        now = timezone.now()
        if RESET in request.POST:
            reset_colors(by=request.user, now=now)
            self.message_user(request, _("The club wears the house's own colours again."))
        elif PREVIEW in request.POST or TAKE in request.POST or not form.is_valid():
            return None
        else:
            try:
                update_theme(form.get_changes(), by=request.user, now=now)
            except DomainError as error:
                form.add_error(error.field or None, str(error))
                return None
            self.message_user(request, _("Saved. Every page wears it within half a minute."))
        return HttpResponseRedirect(reverse("admin:members_theme_change", args=[1]))

    def figures_view(self, request):
        """Contrast of two picks in words, for the page to show as one picks."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        picks = {name: read_pick(name, request.GET.get(name)) for name in JUDGES}
        can_change = self.has_change_permission(request)
        context = {**build_figures(picks), "can_change": can_change}
        return render(request, "admin/members/_theme_figures.html", context)


class RemovableAdmin(WordsAdmin):
    """Rows that go as they came, by a service."""

    def has_delete_permission(self, request, obj=None):
        return super(StaffAdmin, self).has_delete_permission(request, obj)

    def delete_model(self, request, obj):
        remove_from_site(obj, by=request.user, now=timezone.now())


@admin.register(LegalPage)
class LegalPageAdmin(RemovableAdmin):
    list_display = ("title", "slug", "changed_at")
    search_fields = ("title", "slug")
    ordering = ("title", "pk")
    fields = ("title", "slug", "body")
    prepopulated_fields = {"slug": ("title",)}

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj or not self.has_add_permission(request) else self.prepopulated_fields

    def save_model(self, request, obj, form, change):
        save_legal_page(obj, by=request.user, now=timezone.now())


class FooterLinkForm(forms.ModelForm):
    """Says which of page and address is missing or one too many."""

    def clean(self):
        data = super().clean()
        if data.get("kind") == FooterKind.ICP:
            data |= {"address": ICP_ADDRESS, "page": None}
        elif "address" not in self.errors and bool(data.get("page")) == bool(data.get("address")):
            self.add_error("address", _("Name a page of yours or an address: one of the two."))
        return data


@admin.register(FooterLink)
class FooterLinkAdmin(RemovableAdmin):
    form = FooterLinkForm
    list_display = ("label", "kind", "page", "address", "position")
    list_select_related = ("page",)
    list_filter = ("kind",)
    search_fields = ("label", "address")
    ordering = ("position", "pk")
    fields = ("kind", "label", "page", "address", "position")

    def save_model(self, request, obj, form, change):
        save_footer_link(obj, by=request.user, now=timezone.now())
