"""Terms in human words: dollars instead of cents, 1.5 instead of 1500, days instead of instants."""

import datetime as dt
from decimal import Decimal

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.validators import DecimalValidator
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import dress_form
from core.errors import DomainError
from core.money import get_exponent, to_decimal
from core.time import day_of, start_of
from members.models import Audience, AudienceMember
from members.selectors.club import get_club
from purchases.models import Category, Channel, Line, Product, Purchase, Store
from rewards.enums import Combine, FirstTime, Period, RuleKind, Stacking, Unit
from rewards.models import EarningRuleVersion
from rewards.services.programme import check_rule

_DATE = {"type": "date"}
_HOURS = [("", "–"), *((hour, f"{hour:02d}:00") for hour in range(25))]
_SETS = {
    "products": "product_ids",
    "categories": "category_ids",
    "channels": "channel_ids",
    "stores": "store_ids",
    "audiences": "audience_ids",
}


def build_date_field(label, **kwargs):
    widget = forms.DateInput(attrs=_DATE, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)


def build_money_field(label, **kwargs):
    return forms.DecimalField(label=label, min_value=0, max_digits=14, **kwargs)


def build_set_field(label, queryset, through=None):
    """Several of many: found as one types where there may be thousands, else a plain list.

    ``through`` is a field that points to the model; Django's search goes by such a field.
    """
    if through is None:
        widget = UnfoldAdminCheckboxSelectMultipleWidget()
    else:
        widget = AutocompleteSelectMultiple(
            through, admin.site, attrs={"class": "unfold-admin-autocomplete"}
        )
    return forms.ModelMultipleChoiceField(
        queryset=queryset, label=label, required=False, widget=widget
    )


class MoneyMixin:
    """Amounts of the club's currency, typed in its own units and kept in minor ones."""

    money_fields: tuple[str, ...] = ()

    def set_up_money(self):
        currency = get_club().currency
        for name in self.money_fields:
            field = self.fields[name]
            field.validators.append(DecimalValidator(14, get_exponent(currency)))
            field.label = f"{field.label} ({currency})"
            field.widget.attrs["step"] = str(Decimal(1).scaleb(-get_exponent(currency)))

    def to_minor(self, name):
        value = self.cleaned_data.get(name)
        return int(value.scaleb(get_exponent(get_club().currency))) if value else 0


class SpanMixin:
    """For forms with ``starts_on`` and ``ends_on``, that were made at ``now``."""

    def get_span(self) -> dict:
        """The instants of the first and the last day; today begins now."""
        zone = get_club().zone
        starts_on, ends_on = self.cleaned_data["starts_on"], self.cleaned_data.get("ends_on")
        return {
            "starts_at": max(start_of(starts_on, zone), self.now),
            "ends_at": start_of(ends_on + dt.timedelta(days=1), zone) if ends_on else None,
        }


class RuleVersionForm(SpanMixin, MoneyMixin, forms.Form):
    """One version of an earning rule; ``get_terms`` is what ``publish_rule`` takes."""

    money_fields = ("per_amount", "minimum_amount")
    kind = forms.ChoiceField(label=_("Kind"), choices=RuleKind)
    unit = forms.ChoiceField(
        label=_("Earns"), choices=[c for c in Unit.choices if c[0] != Unit.MONEY]
    )
    points = forms.IntegerField(
        label=_("Points"), min_value=0, required=False, help_text=_("Not for a multiplier.")
    )
    per_amount = build_money_field(
        _("Per amount spent"), required=False, help_text=_("1.00 means “per dollar”.")
    )
    multiplier = forms.DecimalField(
        label=_("Multiplier"),
        min_value=1,
        max_value=100,
        max_digits=7,
        decimal_places=3,
        required=False,
        help_text=_("5 means five times, the base included."),
    )
    combine = forms.ChoiceField(label=_("A multiplier is"), choices=Combine, required=False)
    stacking = forms.ChoiceField(label=_("Beside other rules"), choices=Stacking)
    priority = forms.IntegerField(
        label=_("Priority"),
        initial=100,
        min_value=0,
        max_value=30_000,
        help_text=_("Lower is first."),
    )

    starts_on = build_date_field(_("From"), help_text=_("Today: at once."))
    ends_on = build_date_field(
        _("To, that day included"), required=False, help_text=_("Empty: until it is ended.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On weekdays"),
        coerce=int,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    days_of_month = forms.CharField(
        label=_("On days of the month"), required=False, help_text=_("As in: 5, 15, 25")
    )
    first_hour = forms.TypedChoiceField(
        label=_("From hour"), choices=_HOURS, coerce=int, empty_value=None, required=False
    )
    last_hour = forms.TypedChoiceField(
        label=_("Until hour"), choices=_HOURS, coerce=int, empty_value=None, required=False
    )
    in_birthday_month = forms.BooleanField(label=_("In the birthday month"), required=False)

    products = build_set_field(
        _("Products"), Product.objects.all(), Line._meta.get_field("product")
    )
    categories = build_set_field(
        _("Categories"), Category.objects.all(), Product._meta.get_field("category")
    )
    stores = build_set_field(_("Stores"), Store.objects.all(), Purchase._meta.get_field("store"))
    channels = build_set_field(_("Channels"), Channel.objects.order_by("name"))
    audiences = build_set_field(
        _("Audiences"), Audience.objects.all(), AudienceMember._meta.get_field("audience")
    )

    first_time = forms.ChoiceField(label=_("First time"), choices=FirstTime, required=False)
    minimum_amount = build_money_field(_("Minimum spend"), required=False)
    cap_points = forms.IntegerField(label=_("At most, per member"), min_value=1, required=False)
    cap_period = forms.ChoiceField(label=_("Cap counts"), choices=Period, initial=Period.MONTH)
    budget_points = forms.IntegerField(
        label=_("Budget over all members"), min_value=1, required=False
    )
    expires_after_days = forms.IntegerField(
        label=_("Points live only"), min_value=1, max_value=3650, required=False,
        help_text=_("Days after they became available; empty: as the programme says."),
    )  # fmt: skip

    SECTIONS = (
        (_("What it gives"),
         ("kind", "unit", "points", "per_amount", "multiplier", "combine", "expires_after_days")),
        (_("When"),
         ("starts_on", "ends_on", "weekdays", "days_of_month", "first_hour", "last_hour",
          "in_birthday_month")),
        (_("On what, where, for whom"),
         ("products", "categories", "stores", "channels", "audiences")),
        (_("Conditions and limits"),
         ("first_time", "minimum_amount", "cap_points", "cap_period", "budget_points", "stacking",
          "priority")),
    )  # fmt: skip

    def __init__(self, *args, rule, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.rule, self.now = rule, now
        self.set_up_money()
        dress_form(self)

    def iter_sections(self):
        for title, names in self.SECTIONS:
            yield title, [self[name] for name in names]

    def clean_days_of_month(self):
        text = self.cleaned_data["days_of_month"].replace("、", ",").replace("，", ",")
        try:
            days = {int(part) for part in text.split(",") if part.strip()}
        except ValueError as error:
            raise forms.ValidationError(_("Write days as in: 5, 15, 25")) from error
        if any(not 1 <= day <= 31 for day in days):
            raise forms.ValidationError(_("Days of the month are 1 to 31."))
        return sorted(days)

    def clean_starts_on(self):
        day = self.cleaned_data["starts_on"]
        if day < day_of(self.now, get_club().zone):
            raise forms.ValidationError(_("Terms can't change for days that are over."))
        return day

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            check_rule(self.build_version())
        except DomainError as error:
            self.add_error(None, str(error))
        return cleaned

    def get_terms(self) -> dict:
        data = self.cleaned_data
        is_multiplier = data["kind"] == RuleKind.MULTIPLIER
        sets = {column: sorted(item.pk for item in data[name]) for name, column in _SETS.items()}
        return {
            **{
                name: data[name]
                for name in (
                    "kind", "unit", "stacking", "priority", "weekdays", "days_of_month",
                    "first_hour", "last_hour", "in_birthday_month", "first_time", "cap_points",
                    "cap_period", "budget_points", "expires_after_days",
                )
            },
            **sets,
            "points": 0 if is_multiplier else data["points"] or 0,
            "per_amount": self.to_minor("per_amount") if data["kind"] == RuleKind.AMOUNT else 0,
            "minimum_amount": self.to_minor("minimum_amount"),
            "multiplier_milli": int((data["multiplier"] or 1) * 1000) if is_multiplier else 1000,
            "combine": data["combine"] or Combine.ADD,
        }  # fmt: skip

    def build_version(self) -> EarningRuleVersion:
        """The version as it would be published, unsaved."""
        return EarningRuleVersion(rule=self.rule, **self.get_span(), **self.get_terms())


def get_initial(version: EarningRuleVersion | None, today: dt.date) -> dict:
    """What the form begins with: the newest version's terms, from tomorrow on."""
    initial = {"starts_on": today + dt.timedelta(days=1)}
    if version is None:
        return initial
    currency = get_club().currency
    for name in (
        "kind", "unit", "combine", "stacking", "priority", "weekdays", "first_hour", "last_hour",
        "in_birthday_month", "first_time", "cap_points", "cap_period", "budget_points",
        "expires_after_days",
    ):  # fmt: skip
        initial[name] = getattr(version, name)
    initial |= {name: getattr(version, column) for name, column in _SETS.items()}
    initial["points"] = version.points or None
    initial["multiplier"] = Decimal(version.multiplier_milli) / 1000
    initial["days_of_month"] = ", ".join(map(str, version.days_of_month))
    for name in RuleVersionForm.money_fields:
        if amount := getattr(version, name):
            initial[name] = to_decimal(amount, currency)
    return initial


class EndRuleForm(forms.Form):
    ends_on = build_date_field(_("Last day"), help_text=_("Today: it ends at once."))

    def __init__(self, *args, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.now = now
        dress_form(self)

    def clean_ends_on(self):
        day = self.cleaned_data["ends_on"]
        if day < day_of(self.now, get_club().zone):
            raise forms.ValidationError(_("That day is over."))
        return day

    def get_moment(self) -> dt.datetime:
        zone = get_club().zone
        day = self.cleaned_data["ends_on"]
        if day == day_of(self.now, zone):
            return self.now
        return start_of(day + dt.timedelta(days=1), zone)
