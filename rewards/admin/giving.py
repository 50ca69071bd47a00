"""Charities, what they ask for, what became of it, and who matches gifts."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import display

from core.admin import WordsAdmin
from core.errors import DomainError
from core.money import format_money, to_decimal
from core.percent import format_percent
from members.postal import get_country_name, list_country_codes
from members.selectors.club import get_club
from rewards.admin.forms import MoneyMixin, build_date_field, build_money_field
from rewards.models import Appeal, AppealUpdate, Charity, MatchOffer
from rewards.selectors.giving import list_totals
from rewards.selectors.wording import format_count, format_points
from rewards.services.giving import (
    close_appeal,
    delete_appeal,
    delete_charity,
    publish_appeal,
    retire_charity,
    save_appeal,
    save_charity,
    save_match,
)


class ServedAdmin(WordsAdmin):
    """Forms whose rows are written by a service: what it refuses is said on the form, beside
    what was typed.
    """

    save_by = None  # the service that writes a row
    acts: dict = {}  # name of an address -> (permission, service, what to say)

    def save_model(self, request, obj, form, change):
        type(self).save_by(obj, by=request.user, now=timezone.now())

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            request.refusal = refusal  # the save is undone: the form is shown again with it
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        return _serve(form, getattr(request, "refusal", None))

    def get_urls(self):
        return [
            *(
                self.build_path(f"<int:object_id>/{name}/", self._build_act(name), name)
                for name in self.acts
            ),
            *super().get_urls(),
        ]

    def _build_act(self, name):
        permission, service, said = self.acts[name]

        def act(request, object_id):
            is_asked_first = name == "removal" and request.method == "GET"
            if request.method != "POST" and not is_asked_first:
                return HttpResponseNotAllowed(["POST"])
            if not request.user.has_perm(permission):
                raise PermissionDenied
            obj, answer = self.get_or_redirect(request, object_id)
            if answer:
                return answer
            target = reverse(f"admin:rewards_{self.opts.model_name}_change", args=[obj.pk])
            if is_asked_first:
                return self.render_page(
                    request, "admin/_delete.html", title=_("Delete"), obj=obj, back_url=target
                )
            try:
                service(obj, by=request.user, now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, str(refusal), messages.ERROR)
            else:
                self.message_user(request, str(said))
                if name == "removal":
                    target = reverse(f"admin:rewards_{self.opts.model_name}_changelist")
            return HttpResponseRedirect(target)

        return act

    def list_acts(self, request, obj):
        """Buttons under the form: address, label, whether it ends something."""
        return []

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            opts = self.opts
            context["giving_acts"] = [
                (
                    reverse(f"admin:rewards_{opts.model_name}_{name}", args=[obj.pk]),
                    label,
                    is_end,
                    name == "removal",
                )
                for name, label, is_end in self.list_acts(request, obj)
                if request.user.has_perm(self.acts[name][0])
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    change_form_outer_after_template = "admin/rewards/giving_acts.html"


def _serve(form, refusal):
    """The form as one that leaves constraints to the service, which refuses in words, and says
    what it refused.
    """

    def clean(self):
        cleaned = form.clean(self)
        self._validate_constraints = False
        if refusal is not None:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, str(refusal))
        return cleaned

    return type(form.__name__, (form,), {"clean": clean, "__module__": form.__module__})


class CharityForm(MoneyMixin, forms.ModelForm):
    money_fields = ("hundred_money",)
    country = forms.ChoiceField(label=gettext_lazy("Country or region"))
    hundred_money = build_money_field(
        gettext_lazy("A hundred points are worth"),
        help_text=gettext_lazy(
            "What the club pays out for a hundred points. Past donations keep their rate."
        ),
    )

    class Meta:
        model = Charity
        fields = (
            "name", "slug", "summary", "story", "registration_number", "fundraising_permit",
            "country", "link", "motif", "photo", "position", "grace_hours",
        )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        club = get_club()
        if "country" in self.fields:
            names = [
                (code, get_country_name(code, get_language() or "en"))
                for code in list_country_codes()
            ]
            self.fields["country"].choices = sorted(names, key=lambda pair: pair[1])
            self.initial["country"] = self.instance.country or club.country
        if "hundred_money" in self.fields:
            if self.instance.hundred_amount:
                self.initial["hundred_money"] = to_decimal(
                    self.instance.hundred_amount, club.currency
                )
            self.set_up_money()

    def clean(self):
        cleaned = super().clean()
        if "hundred_money" in self.fields and not self.errors:
            self.instance.hundred_amount = self.to_minor("hundred_money")
            if not self.instance.hundred_amount:
                self.add_error("hundred_money", _("More than nothing."))
        return cleaned


@admin.register(Charity)
class CharityAdmin(ServedAdmin):
    save_by = staticmethod(save_charity)
    form = CharityForm
    list_display = ("name", "show_country", "registration_number", "show_rate", "show_given",
                    "show_state")  # fmt: skip
    search_fields = ("name", "slug", "registration_number")
    ordering = ("position", "pk")
    fieldsets = (
        (None, {"fields": (("name", "slug"), "summary", "story")}),
        (
            gettext_lazy("In law"),
            {"fields": (("country", "registration_number"), ("fundraising_permit", "link"))},
        ),
        (
            gettext_lazy("Points and money"),
            {"fields": (("hundred_money", "grace_hours"),)},
        ),
        (gettext_lazy("Picture"), {"fields": (("motif", "photo"), "position")}),
    )
    acts = {
        "retiring": ("rewards.settle_charity", retire_charity, gettext_lazy("It takes no gifts.")),
        "resuming": (
            "rewards.settle_charity",
            lambda charity, **who: retire_charity(charity, is_retired=False, **who),
            gettext_lazy("It takes gifts again."),
        ),
        "removal": ("rewards.delete_charity", delete_charity, gettext_lazy("Deleted.")),
    }

    def list_acts(self, request, charity):
        state = ("resuming", _("Take gifts again")) if charity.retired_at else (
            "retiring", _("Take no more gifts"))  # fmt: skip
        return [(*state, not charity.retired_at), ("removal", _("Delete"), True)]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_changelist_instance(self, request):
        self._totals = list_totals()
        return super().get_changelist_instance(request)

    @display(description=gettext_lazy("country or region"))
    def show_country(self, charity):
        return get_country_name(charity.country, get_language() or "en")

    @display(description=gettext_lazy("a hundred points are worth"))
    def show_rate(self, charity):
        return format_money(charity.hundred_amount, get_club().currency)

    @display(description=gettext_lazy("given so far"))
    def show_given(self, charity):
        return format_count(getattr(self, "_totals", {}).get(charity.pk, 0))

    @display(description=gettext_lazy("state"))
    def show_state(self, charity):
        return pgettext("charity", "Withdrawn") if charity.retired_at else _("Takes gifts")


@admin.register(Appeal)
class AppealAdmin(ServedAdmin):
    empty_note = gettext_lazy("Good causes that members give points to.")
    save_by = staticmethod(save_appeal)
    list_display = ("name", "charity", "show_progress", "starts_at", "ends_at", "is_urgent",
                    "show_state")  # fmt: skip
    list_select_related = ("charity",)
    list_filter = ("charity", "is_urgent")
    search_fields = ("name", "slug")
    ordering = ("position", "pk")
    fieldsets = (
        (None, {"fields": (("name", "slug"), "charity", "summary", "story", "impact")}),
        (
            gettext_lazy("Goal and time"),
            {"fields": (("goal_points", "is_urgent"), ("starts_at", "ends_at"))},
        ),
        (gettext_lazy("Picture"), {"fields": (("motif", "photo"), "position")}),
    )
    acts = {
        "publishing": ("rewards.publish_appeal", publish_appeal, gettext_lazy("Published.")),
        "closing": ("rewards.publish_appeal", close_appeal, pgettext_lazy("appeal", "Closed.")),
        "removal": ("rewards.delete_appeal", delete_appeal, gettext_lazy("Deleted.")),
    }

    def list_acts(self, request, appeal):
        if appeal.published_at is None:
            acts = [("publishing", _("Publish"), False)]
        elif appeal.is_open(timezone.now()):
            acts = [("closing", _("Close now"), True)]
        else:
            acts = []
        return [*acts, ("removal", _("Delete"), True)]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request, obj=None):
        return ("slug",) if obj else ()

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("charity")

    def get_changelist_instance(self, request):
        self._totals = list_totals(by="appeal_id")
        return super().get_changelist_instance(request)

    @display(description=gettext_lazy("given so far"))
    def show_progress(self, appeal):
        given = getattr(self, "_totals", {}).get(appeal.pk, 0)
        return f"{format_points(given)} · {format_percent(given * 100 // appeal.goal_points)}"

    @display(description=gettext_lazy("state"))
    def show_state(self, appeal):
        now = timezone.now()
        if appeal.published_at is None:
            return _("Draft")
        if appeal.is_open(now):
            return _("Open")
        return _("To come") if appeal.starts_at > now else pgettext("appeal", "Closed")


class AppealUpdateForm(forms.ModelForm):
    day_on = build_date_field(gettext_lazy("Day"))

    class Meta:
        model = AppealUpdate
        fields = ("appeal", "day_on", "title", "text", "photo")


@admin.register(AppealUpdate)
class AppealUpdateAdmin(WordsAdmin):
    """What became of gifts; the appeal's page shows it at once."""

    form = AppealUpdateForm
    list_display = ("title", "appeal", "day_on")
    list_select_related = ("appeal",)
    list_filter = ("appeal",)
    search_fields = ("title",)
    ordering = ("-day_on", "-pk")
    fields = (("appeal", "day_on"), "title", "text", "photo")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("rewards.delete_appealupdate")


@admin.register(MatchOffer)
class MatchOfferAdmin(ServedAdmin):
    save_by = staticmethod(save_match)
    list_display = ("brand", "appeal", "rate_percent", "gift_cap_points", "show_left", "starts_at",
                    "ends_at")  # fmt: skip
    list_select_related = ("appeal",)
    search_fields = ("brand",)
    ordering = ("-pk",)
    fields = (
        ("brand", "appeal"), ("rate_percent", "gift_cap_points"), "budget_points",
        ("starts_at", "ends_at"),
    )  # fmt: skip

    @display(description=gettext_lazy("left of the budget"))
    def show_left(self, offer):
        return f"{format_count(offer.left_points)} / {format_count(offer.budget_points)}"
