"""What an owner is asked before the club can serve: in two steps, the second one filled in."""

from decimal import Decimal
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies, list_currencies
from django import forms
from django.core.validators import DecimalValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltrans.conf import get_default_language

from core.admin import dress_form
from core.money import get_exponent
from core.time import day_of
from members.forms_addresses import list_countries
from members.models import Club
from members.selectors.club import get_club
from rewards.admin.forms import build_date_field, build_money_field

# What a customer spends without a thought, where that isn't one unit of the currency.
_SMALL_SUMS = {"IDR": 10000, "JPY": 100, "KRW": 1000, "TWD": 100, "VND": 10000}
_SILVER, _GOLD = 300, 1000  # times as much within a year


def guess_currency(country: str) -> str:
    return next(iter(get_territory_currencies(country)), "USD") or "USD"


@cache
def list_zones(country: str) -> list[str]:
    """The zones of a country as the zone database still names them."""
    known = available_timezones()
    owners = get_global("zone_territories")
    return sorted(zone for zone, owner in owners.items() if owner == country and zone in known)


def _list_zone_choices(country):
    near = list_zones(country)
    return [
        ("", [(zone, zone.replace("_", " ")) for zone in near]),
        (_("All time zones"), [
            (zone, zone.replace("_", " "))
            for zone in sorted(available_timezones())
            if zone not in near and ("/" in zone or zone == "UTC")
            and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/", "US/"))
        ]),
    ]  # fmt: skip


def _list_currency_choices(country):
    names = Locale.parse((get_language() or "en").replace("-", "_")).currencies
    near = get_territory_currencies(country) or ["USD"]
    used = {code for land in get_global("territory_currencies") for code in
            get_territory_currencies(land)} & set(list_currencies())  # fmt: skip
    rest = sorted(used - set(near))
    return [
        ("", [(code, f"{code} · {names.get(code, code)}") for code in near]),
        (_("All currencies"), [(code, f"{code} · {names.get(code, code)}") for code in rest]),
    ]


class CountryForm(forms.Form):
    """Where the club is: currency and zone follow from it."""

    country = forms.ChoiceField(label=_("Country or region"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = list_countries()
        dress_form(self)


class FoundingForm(forms.Form):
    """The club, its first store, what a purchase earns, and two tiers above the first."""

    name = forms.CharField(label=_("Name of the club"), max_length=120)
    currency = forms.ChoiceField(
        label=_("Currency"), help_text=_("Every amount is in it, and it stays.")
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("When a day of the club begins."))
    email = forms.EmailField(
        label=_("E-mail address"), required=False, help_text=_("For members' questions; public.")
    )
    phone = forms.CharField(
        label=_("Phone number"), max_length=40, required=False,
        help_text=_("For members' questions; public."),
    )  # fmt: skip
    store_name = forms.CharField(label=_("Name of the store"), max_length=120)
    returns_days = forms.IntegerField(
        label=_("Returns accepted for days"), min_value=0, max_value=365, initial=30
    )
    is_shared = forms.BooleanField(
        label=_("Several people share the device at the counter"),
        required=False,
        help_text=_("Each then says by a PIN who they are. It can be changed at any time."),
    )
    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=10000, initial=1)
    per_amount = build_money_field(
        _("for each full"), help_text=_("An amount in the currency above.")
    )
    expiry_months = forms.IntegerField(
        label=_("Points last for months"), min_value=1, max_value=120, initial=12
    )
    starts_on = build_date_field(
        _("Purchases earn from"),
        help_text=_("A day in the past, where purchases of then are to be brought in and earn."),
    )
    silver_from = build_money_field(
        _("Silver from"), required=False,
        help_text=_("Spent within twelve months. Empty: no tiers; they can come later."),
    )  # fmt: skip
    gold_from = build_money_field(_("Gold from"), required=False)
    country = forms.CharField(widget=forms.HiddenInput)

    SECTIONS = (
        (_("Your club"), ("name", "currency", "zone", "email", "phone")),
        (_("Your first store"), ("store_name", "returns_days", "is_shared")),
        (_("What a purchase earns"), ("points", "per_amount", "expiry_months", "starts_on")),
        (_("Tiers for those who come often"), ("silver_from", "gold_from")),
    )
    FACTS = ("name", "currency", "zone", "country", "email", "phone")

    def __init__(self, data=None, *, country, now):
        self.currency = (data or {}).get("currency") or guess_currency(country)
        small = Decimal(_SMALL_SUMS.get(self.currency, 1))
        zones = list_zones(country)
        club = get_club()
        initial = {
            "country": country,
            "currency": self.currency,
            "zone": club.zone if club.zone in zones else next(iter(zones), "UTC"),
            "per_amount": small,
            "silver_from": small * _SILVER,
            "gold_from": small * _GOLD,
            "email": club.email,
            "phone": club.phone,
        }
        initial["starts_on"] = day_of(now, initial["zone"])
        if club.name != Club._meta.get_field("name").default:
            initial["name"] = initial["store_name"] = club.name
        super().__init__(data, initial=initial)
        self.fields["currency"].choices = _list_currency_choices(country)
        self.fields["zone"].choices = _list_zone_choices(country)
        exponent = get_exponent(self.currency)
        for name in ("per_amount", "silver_from", "gold_from"):
            self.fields[name].validators.append(DecimalValidator(14, exponent))
        dress_form(self)

    def iter_sections(self):
        for title, names in self.SECTIONS:
            yield title, [self[name] for name in names]

    def clean_per_amount(self):
        amount = self.cleaned_data["per_amount"]
        if not amount:
            raise forms.ValidationError(_("Say for which amount."))
        return amount

    def clean(self):
        cleaned = super().clean()
        silver, gold = cleaned.get("silver_from"), cleaned.get("gold_from")
        if gold and not silver:
            self.add_error("silver_from", _("Gold comes after silver."))
        elif gold and silver and gold <= silver:
            self.add_error("gold_from", _("Gold must ask for more than silver."))
        return cleaned

    def get_facts(self):
        """Fields of Club."""
        facts = {name: self.cleaned_data[name] for name in self.FACTS}
        return facts | {"locale": get_default_language()}

    def get_terms(self):
        """What ``found_club`` takes beside the facts."""
        cleaned = self.cleaned_data
        names = ("store_name", "points", "expiry_months", "returns_days", "starts_on", "is_shared")
        steps = (cleaned["silver_from"], cleaned["gold_from"])
        return {name: cleaned[name] for name in names} | {
            "per_amount": int(cleaned["per_amount"].scaleb(get_exponent(self.currency))),
            # One status credit for each unit of the currency.
            "thresholds": tuple(int(step) for step in steps if step),
        }
