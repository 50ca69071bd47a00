"""The form of an address: the parts that its country asks for, in the country's own order."""

import json
from dataclasses import asdict

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from members import postal
from members.addresses import EXTRAS, PARTS, clean_address, get_form
from members.enums import AddressPurpose
from members.selectors.club import get_club

_AUTOCOMPLETE = {
    "postal_code": "postal-code",
    "region": "address-level1",
    "city": "address-level2",
    "district": "address-level3",
    "street": "address-line1",
    "building": "address-line2",
    "recipient": "name",
    "phone": "tel",
}
USUAL_COUNTRY = {"ja": "JP", "zh-hant": "TW", "zh-hans": "CN"}
_HINTS = {
    "JP": _("Seven digits fill in prefecture, city and part of town."),
    "TW": _("Three digits fill in city and district."),
    "CN": _("Known for most districts: then it is filled in."),
    "US": _("It fills in the state."),
}
_LISTED_FIRST = ("JP", "CN", "TW", "HK", "US")


def guess_country(member):
    """Where a member most likely lives: as their last address, else by their language."""
    last = member.addresses.order_by("-pk").first()
    if last:
        return last.country
    return USUAL_COUNTRY.get(member.locale or get_language() or "", get_club().country)


def list_countries():
    """The likely ones first, then all by name."""
    language = get_language() or "en"
    named = {code: postal.get_country_name(code, language) for code in postal.list_country_codes()}
    first = [code for code in dict.fromkeys((get_club().country, *_LISTED_FIRST)) if code in named]
    rest = sorted((code for code in named if code not in first), key=lambda code: named[code])
    return [
        ("", [(code, named[code]) for code in first]),
        (_("All countries and regions"), [(code, named[code]) for code in rest]),
    ]


class AddressForm(forms.Form):
    """``AddressForm(country=…)``; an existing ``address`` fills it in."""

    country = forms.ChoiceField(label=_("Country or region"))
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=AddressPurpose,
        help_text=_("Letters go home; what you order goes to your delivery address."),
    )
    label = forms.CharField(
        label=_("Name of this address"),
        max_length=40,
        required=False,
        help_text=_("So that you tell it from others: office, parents."),
    )
    is_default = forms.BooleanField(label=_("This is the usual one"), required=False)

    def __init__(self, data=None, *, country, address=None, **options):
        initial = (
            {name: getattr(address, name) for name in (*PARTS, *EXTRAS, *_OWN)} if address else {}
        )
        super().__init__(data, initial={**initial, "country": country}, **options)
        self.shape = get_form(country)
        self.place_choices, self.message = [], _HINTS.get(country, "")
        self.fields["country"].choices = list_countries()
        self.fields["country"].widget.attrs["autocomplete"] = "country"
        for name in self.shape.parts:
            self.fields[name] = self._build_field(country, name)
        self.country_code = country

    def _build_field(self, country, name):
        required = name in self.shape.required
        label = self.shape.labels[name]
        attrs = {"autocomplete": _AUTOCOMPLETE[name], "data-part": name}
        regions = postal.list_regions(country) if name == "region" else []
        if regions:
            return forms.ChoiceField(
                label=label,
                choices=[("", "—"), *regions],
                required=required,
                widget=forms.Select(attrs=attrs),
            )
        if name in ("postal_code", "phone"):
            attrs["inputmode"] = "tel" if name == "phone" else _get_inputmode(country)
        if name in ("city", "district") and country in ("CN", "TW"):
            attrs["list"] = f"list-{name}"
        field = forms.CharField(
            label=label,
            required=required,
            max_length=200,
            widget=forms.TextInput(attrs=attrs),
        )
        if name == "recipient":
            field.help_text = _("Where it isn't you.")
        return field

    # --- What is shown ---

    @property
    def part_fields(self):
        return [self[name] for name in self.shape.parts]

    @property
    def own_fields(self):
        return [self[name] for name in ("purpose", "label", "is_default")]

    @property
    def can_fill(self):
        """Whether a postal code, or a city, tells something in this country."""
        return self.country_code in _HINTS

    @property
    def suggestions(self):
        """Cities of the region and districts of the city that are chosen."""
        values = self._get_values()
        return suggest(self.country_code, values.get("region", ""), values.get("city", ""))

    def _get_values(self):
        return {name: (self[name].value() or "") for name in self.shape.parts}

    # --- What is saved ---

    def clean(self):
        cleaned = super().clean()
        given = {name: cleaned.get(name, self.data.get(name)) for name in self.shape.parts}
        values, errors = clean_address(self.country_code, given)
        for name, sentence in errors.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        self.parts = values
        return cleaned

    def get_options(self):
        """Arguments for ``services.addresses.save_address`` besides the parts."""
        return {name: self.cleaned_data[name] for name in _OWN} | {"country": self.country_code}

    def change_country(self):
        """The form of the country chosen now, with what was typed and is the same anywhere."""
        form = self._build_unbound(self.data)
        for name in ("postal_code", "region", "city", "district"):
            form.initial.pop(name, None)
        return form

    def _build_unbound(self, data):
        form = type(self)(country=self.country_code)
        form.initial |= {name: data.get(name, "") for name in form.fields}
        form.initial["is_default"] = bool(data.get("is_default"))
        return form

    def fill(self):
        """The same form, with what the postal code (or the city) tells; nothing is saved."""
        values = self._get_values()
        found = look_up(self.country_code, values, self.data.get("place", ""))
        data = self.data.copy()
        for name, value in found["values"].items():
            data[name] = value
        filled = self._build_unbound(data)
        filled.place_choices = found["places"]
        filled.message = found["message"] or filled.message
        return filled

    def refuse(self, refusal):
        """Show what the service refused, at its field where it names one."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class StaffAddressForm(AddressForm):
    """The same, where staff write down a member's address."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["purpose"].help_text = _("Letters go home; orders go to the delivery address.")
        self.fields["label"].help_text = _("To tell it from others: office, parents.")
        if "recipient" in self.fields:
            self.fields["recipient"].help_text = _("Where it isn't the member.")


def open_form(form_class, member, address, *, query, data=None):
    """The form as it was asked for: bound where it is to be saved.

    With another country its parts change, and a postal code fills some in. Both are round trips
    of their own, which save nothing; a module does them in place.
    """
    wanted = (data or query).get("country") or query.get("country") or ""
    if wanted in postal.list_country_codes():
        country = wanted
    else:
        country = address.country if address else guess_country(member)
    if data is None:
        return form_class(country=country, address=address)
    form = form_class(data, country=country)
    if data.get("action") == "fill":
        return form.fill()
    if data.get("action") == "country":
        return form.change_country()
    return form


_OWN = ("purpose", "label", "is_default")
_FILLED = ("region", "city", "district", "street", "building")


def _get_inputmode(country):
    return "numeric" if country in ("JP", "CN", "TW", "US") else "text"


def suggest(country, region, city):
    return {
        "city": postal.list_cities(country, region) if region else [],
        "district": postal.list_districts(country, region, city) if city else [],
    }


def look_up(country, values, chosen=""):
    """What a postal code tells of a place, or a place of its code: values to fill in, places to
    choose from where there are several, and a sentence.
    """
    code = values.get("postal_code", "")
    places = postal.find_places(country, code) if code else []
    choices = [(_write(place), _join(place)) for place in places] if len(places) > 1 else []
    place = next((each for each in places if _write(each) == chosen), None)
    if place is None and len(places) == 1:
        place = places[0]
    if place is None and places:  # what they have in common
        first = places[0]
        same = {
            name: getattr(first, name)
            for name in ("region", "city")
            if len({getattr(each, name) for each in places}) == 1
        }
        return {
            "values": same,
            "places": choices,
            "message": str(_("Several places share this code: choose yours.")),
        }
    if place is not None:
        filled = {name: value for name in _FILLED if (value := getattr(place, name))}
        # What they wrote themselves in the finer parts stays.
        for name in ("street", "building"):
            if values.get(name):
                filled.pop(name, None)
        message = _("Filled in from the postal code: %(place)s") % {"place": _join(place)}
        return {"values": filled, "places": [], "message": message}
    parts = [values.get(name, "") for name in ("region", "city", "district")]
    own_code = "" if code else postal.find_postal_code(country, *parts)
    if own_code:
        message = _("Postal code filled in: %(code)s") % {"code": own_code}
        return {"values": {"postal_code": own_code}, "places": [], "message": message}
    message = str(_("We don't know this postal code: please write the address.")) if code else ""
    return {"values": {}, "places": [], "message": message}


def _join(place):
    return " ".join(part for part in (place.region, place.city, place.district, place.building)
                    if part)  # fmt: skip


def _write(place):
    return json.dumps([asdict(place)[name] for name in _FILLED], ensure_ascii=False)
