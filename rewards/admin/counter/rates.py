"""What points are worth at the till (mission E7): versions, published after an example."""

from dataclasses import dataclass

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, dress_form
from core.admin.naming import name_fields
from core.errors import DomainError
from core.money import format_money, get_exponent, to_decimal
from core.percent import format_percent
from members.selectors.club import get_club
from purchases.parsing.typed import read_typed_amount
from rewards.admin.versions import PREVIEW, PUBLISH, list_posted
from rewards.models import PointsRate
from rewards.selectors.payments import Quote, get_rate, quote_points
from rewards.selectors.wording import format_points
from rewards.services.payments import publish_rate

ADD = "rewards.add_pointsrate"
_BILLS = (5, 20, 80, 250)  # of the currency's own units, times what a meal costs in them
_BALANCES = (250, 1000, 10_000)


class RateForm(forms.Form):
    """The terms of one version; money as people write it."""

    is_open = forms.BooleanField(label=_("Points pay"), required=False, initial=True)
    rate_points = forms.IntegerField(label=_("Points"), min_value=1, initial=100)
    rate_money = forms.CharField(label=_("pay"), max_length=40)
    minimum_points = forms.IntegerField(
        label=_("At least"), min_value=0, initial=100, help_text=_("Points on one bill.")
    )
    step_points = forms.IntegerField(
        label=_("In steps of"), min_value=1, initial=100, help_text=_("Points.")
    )
    largest_percent = forms.IntegerField(
        label=_("Largest share of a bill, %"), min_value=1, max_value=100, initial=50
    )
    starts_at = forms.DateTimeField(
        label=_("From"),
        required=False,
        help_text=_("Empty: at once."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def clean_rate_money(self):
        try:
            amount = read_typed_amount(self.cleaned_data["rate_money"], get_club().currency)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
        if amount < 1:
            raise forms.ValidationError(_("Name an amount above zero."))
        return amount

    def clean_starts_at(self):
        starts_at = self.cleaned_data["starts_at"]
        if starts_at is not None and starts_at < timezone.now():
            raise forms.ValidationError(_("What a bill took is not changed afterwards."))
        return starts_at

    def get_terms(self):
        data = self.cleaned_data
        names = ("is_open", "rate_points", "minimum_points", "step_points", "largest_percent")
        return {name: data[name] for name in names} | {"rate_amount": data["rate_money"]}


@dataclass(frozen=True, slots=True)
class Example:
    """What one bill would take, from balances of different size."""

    bill_amount: int
    quotes: list[Quote]


def build_examples(rate: PointsRate, currency: str) -> list[Example]:
    unit = 10 ** get_exponent(currency) * (100 if get_exponent(currency) == 0 else 1)
    return [
        Example(
            size * unit,
            [
                quote_points(rate, available=balance, bill_amount=size * unit)
                for balance in _BALANCES
            ],
        )
        for size in _BILLS
    ]


name_fields(PointsRate, published_by=_("published by"))


@admin.register(PointsRate)
class PointsRateAdmin(ReadOnlyAdmin):
    """A version is never edited: “publish” puts the next one into force."""

    list_display = ("starts_at", "show_rate", "minimum_points", "step_points", "show_share",
                    "is_open", "published_by")  # fmt: skip
    list_select_related = ("published_by",)
    ordering = ("-starts_at",)
    fields = ("starts_at", "is_open", "show_rate", "minimum_points", "step_points",
              "show_share", "published_by")  # fmt: skip
    readonly_fields = ("show_rate", "show_share")

    @display(description=_("worth"))
    def show_rate(self, rate):
        money = format_money(rate.rate_amount, get_club().currency)
        return f"{format_points(rate.rate_points)} = {money}"

    @display(description=_("largest share"))
    def show_share(self, rate):
        return format_percent(rate.largest_percent)

    def has_add_permission(self, request):
        return request.user.has_perm(ADD)

    def get_urls(self):
        return [self.build_path("version/", self.publish_view, "publish"), *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "publish", needs=self.has_add_permission)

    def publish_view(self, request):
        """The terms; what they mean on a few bills; in force."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now, stage = timezone.now(), request.POST.get("stage")
        form = RateForm(request.POST or None, initial=_build_initial(now))
        if request.method == "POST" and form.is_valid() and stage in (PREVIEW, PUBLISH):
            try:
                if stage == PUBLISH:
                    return self._publish(request, form, now)
                return self._preview(request, form)
            except DomainError as error:
                form.add_error(None, str(error))
        title = _("What points are worth at the till")
        return self.render_page(request, "admin/counter/rate_form.html", title=title, form=form)

    def _preview(self, request, form):
        rate, currency = PointsRate(**form.get_terms()), get_club().currency
        return self.render_page(
            request,
            "admin/counter/rate_preview.html",
            title=_("What points are worth at the till"),
            rate=rate,
            examples=build_examples(rate, currency),
            balances=_BALANCES,
            currency=currency,
            posted=list_posted(request),
        )

    def _publish(self, request, form, now):
        starts_at = form.cleaned_data["starts_at"] or now
        publish_rate(starts_at=starts_at, **form.get_terms(), by=request.user, now=now)
        self.message_user(request, _("The new value of points is published."))
        return HttpResponseRedirect(reverse("admin:rewards_pointsrate_changelist"))


def _build_initial(now):
    """The terms in force, to change; else the first suggestion: one percent back."""
    currency = get_club().currency
    rate = get_rate(now)
    if rate is None:
        unit = 10 ** get_exponent(currency) * (100 if get_exponent(currency) == 0 else 1)
        return {"rate_money": format(to_decimal(unit, currency), "f")}
    return {
        "is_open": rate.is_open,
        "rate_points": rate.rate_points,
        "rate_money": format(to_decimal(rate.rate_amount, currency), "f"),
        "minimum_points": rate.minimum_points,
        "step_points": rate.step_points,
        "largest_percent": rate.largest_percent,
    }
