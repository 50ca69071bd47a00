"""Postal addresses: which parts a country asks for, what is wrong with them, how they are written.

Works on anything with the fields of ``Address``; knows no model. What is known of countries and
codes is ``members.postal``.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import DomainError
from members import names, postal
from members.contacts import InvalidPhone, clean_phone
from members.selectors.club import get_club

PARTS = ("postal_code", "region", "city", "district", "street", "building")
EXTRAS = ("recipient", "phone")
_LENGTHS = {
    "postal_code": 12, "region": 80, "city": 80, "district": 80, "street": 200, "building": 120,
    "recipient": 120, "phone": 40,
}  # fmt: skip
_LETTERS = {"S": "region", "C": "city", "D": "district", "A": "street", "Z": "postal_code"}


class InvalidAddress(DomainError):
    code = "invalid_address"
    message = _("This address is not complete: %(reason)s")


# --- What a country asks for --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of an address in the order in which people of the country write them."""

    parts: tuple[str, ...]
    required: frozenset[str]
    labels: dict[str, Any]


# In the words of each country; the rest follows from its format.
_OWN_FORMS = {
    "JP": Form(
        ("postal_code", "region", "city", "district", "street", "building"),
        frozenset({"postal_code", "region", "city", "street"}),
        {
            "postal_code": _("Postal code (〒)"),
            "region": _("Prefecture"),
            "city": _("City, ward or county town"),
            "district": _("Part of town"),
            "street": _("Block and number"),
            "building": _("Building and room"),
        },
    ),
    "CN": Form(
        ("region", "city", "district", "street", "recipient", "phone", "postal_code"),
        frozenset({"region", "city", "street"}),
        {
            "region": _("Province"),
            "city": pgettext_lazy("in an address", "City"),
            "district": _("District or county"),
            "street": _("Street, number, building and room"),
            "postal_code": _("Postal code (six digits)"),
        },
    ),
    "TW": Form(
        ("postal_code", "region", "city", "street"),
        frozenset({"region", "city", "street"}),
        {
            "postal_code": _("Postal code (3, 5 or 6 digits)"),
            "region": _("City or county"),
            "city": _("District or township"),
            "street": _("Road, lane, number and floor"),
        },
    ),
    "US": Form(
        ("street", "building", "city", "region", "postal_code"),
        frozenset({"street", "city", "region", "postal_code"}),
        {
            "street": _("Street and number"),
            "building": _("Apartment or suite"),
            "city": pgettext_lazy("in an address", "City"),
            "region": pgettext_lazy("in an address", "State"),
            "postal_code": _("ZIP code"),
        },
    ),
}
_LABELS = {
    "postal_code": _("Postal code"),
    "region": _("Region"),
    "city": _("City or town"),
    "district": _("District"),
    "street": _("Street and number"),
    "building": _("Building, floor, flat"),
    "recipient": _("For whom"),
    "phone": _("Phone number for the courier"),
}
_REGION_LABELS = {
    "state": pgettext_lazy("in an address", "State"),
    "province": _("Province"), "prefecture": _("Prefecture"),
    "county": _("County"), "island": _("Island"), "emirate": _("Emirate"),
    "department": _("Department"), "parish": _("Parish"), "area": _("Area"),
}  # fmt: skip


@lru_cache(maxsize=256)
def get_form(country: str) -> Form:
    """The form of a country. Unknown ones get street and city."""
    own = _OWN_FORMS.get(country)
    if own is None:
        rules = postal.get_rules(country)
        letters = re.findall("%([SCDAZ])", rules["fmt"])
        parts = [part for letter in letters if (part := _LETTERS[letter])]
        if "street" not in parts:
            parts.insert(0, "street")
        parts.insert(parts.index("street") + 1, "building")
        needed = {_LETTERS[letter] for letter in rules["require"] if letter in _LETTERS}
        region = _REGION_LABELS.get(rules["state_name_type"], _LABELS["region"])
        own = Form(tuple(dict.fromkeys(parts)), frozenset(needed | {"street"}), {"region": region})
    missing = [extra for extra in EXTRAS if extra not in own.parts]
    return Form((*own.parts, *missing), own.required, {**_LABELS, **own.labels})


# --- What is wrong ------------------------------------------------------------------------------


def clean_address(
    country: str, values: Mapping[str, str | None]
) -> tuple[dict[str, str], dict[str, Any]]:
    """One spelling of each part, and a sentence for each part that is wrong.

    Parts that the country doesn't have are dropped. A postal code is refused where its shape is
    wrong or it surely belongs to another region.
    """
    if country not in postal.list_country_codes():
        return {}, {"country": _("We don't know this country.")}
    form = get_form(country)
    cleaned = {name: _tidy(values.get(name) or "") for name in form.parts}
    errors: dict[str, Any] = {}
    for name in form.parts:
        if len(cleaned[name]) > _LENGTHS[name]:
            errors[name] = _("This is too long.")
        elif not cleaned[name] and name in form.required:
            errors[name] = _("This is needed.")
    if postal.list_regions(country) and cleaned.get("region"):
        region = postal.find_region(country, cleaned["region"])
        if region is None:
            errors["region"] = _("Choose one from the list.")
        cleaned["region"] = region or cleaned["region"]
    if cleaned.get("postal_code") and "postal_code" not in errors:
        _clean_postal_code(country, cleaned, errors)
    if cleaned["phone"] and "phone" not in errors:
        try:
            cleaned["phone"] = clean_phone(cleaned["phone"], country)
        except InvalidPhone as error:
            errors["phone"] = str(error)
    return cleaned, errors


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _clean_postal_code(country, cleaned, errors):
    code = unicodedata.normalize("NFKC", cleaned["postal_code"]).upper().strip("〒 ")
    if country in ("JP", "CN", "TW", "US"):
        code = re.sub(r"[\s‐‑–—ー-]", "", code)
    if country == "JP" and len(code) == 7:
        code = f"{code[:3]}-{code[3:]}"
    elif country == "US" and len(code) == 9:
        code = f"{code[:5]}-{code[5:]}"
    elif country == "TW" and re.fullmatch(r"\d{3}[-+]?\d{2,3}", code):
        code = re.sub(r"\D", "", code)
    cleaned["postal_code"] = code
    pattern = postal.get_rules(country).get("zip")
    if pattern and not re.fullmatch(pattern, code):
        errors["postal_code"] = _("This is no postal code of that country.")
    elif "region" not in errors and not postal.is_of_region(
        country, cleaned.get("region", ""), code
    ):
        errors["postal_code"] = _("This postal code belongs to another region.")


# --- Written out --------------------------------------------------------------------------------


def format_address(address: Any, *, home_country: str | None = None) -> list[str]:
    """The address as postal lines in its country's order, with the name it goes to.

    The country's name closes it where it isn't ``home_country`` (by default the club's). An
    address of East Asia in Latin letters is written in the Latin order.
    """
    club = get_club()
    lines = _LAYOUTS.get(address.country, _lay_out)(address, _get_recipient(address))
    if address.country != (home_country or club.country):
        lines.append(postal.get_country_name(address.country, club.locale).upper())
    return [line for line in lines if line]


def _get_recipient(address) -> str:
    if address.recipient:
        return address.recipient
    member = getattr(address, "member", None)
    return names.get_full_name(member, member.locale) if member is not None else ""


def _is_native(address) -> bool:
    """Whether it is written in characters; street numbers alone tell nothing."""
    text = f"{address.city}{address.district}{address.street}{address.building}"
    return any(unicodedata.name(char, "").startswith(("CJK", "HIRA", "KATA")) for char in text)


def _lay_out_japanese(address, recipient):
    if not _is_native(address):
        return _lay_out(address, recipient, latin=True)
    return [
        f"〒{address.postal_code}" if address.postal_code else "",
        f"{address.region}{address.city}{address.district}{address.street}",
        address.building,
        f"{recipient} 様" if recipient else "",
    ]


def _lay_out_chinese(address, recipient):
    if not _is_native(address):
        return _lay_out(address, recipient, latin=True)
    city = "" if address.city == address.region else address.city
    return [
        address.postal_code,
        f"{address.region}{city}{address.district}",
        f"{address.street}{address.building}",
        f"{recipient} 收" if recipient else "",
    ]


def _lay_out_taiwanese(address, recipient):
    if not _is_native(address):
        return _lay_out(address, recipient, latin=True)
    return [
        address.postal_code,
        f"{address.region}{address.city}",
        f"{address.street}{address.building}",
        f"{recipient} 收" if recipient else "",
    ]


_LAYOUTS = {"JP": _lay_out_japanese, "CN": _lay_out_chinese, "TW": _lay_out_taiwanese}


def _lay_out(address, recipient, *, latin=False):
    """By the country's own format, as ``%N%n%A%n%Z %C``."""
    rules = postal.get_rules(address.country)
    pattern = rules.get("lfmt", rules["fmt"]) if latin else rules["fmt"]
    parts = {
        "N": recipient,
        "A": "\n".join(filter(None, (address.street, address.building))),
        "S": address.region,
        "C": address.city,
        "D": address.district,
        "Z": address.postal_code,
    }
    if address.country == "JP":  # its format leaves all below the prefecture to the street
        below = ", ".join(filter(None, (address.district, address.city)))
        parts["A"] = "\n".join(filter(None, (parts["A"], below)))
        parts["S"] = _get_latin_region(address)
    elif latin:
        parts["S"] = _get_latin_region(address)
    for letter in rules["upper"]:
        if letter in parts:
            parts[letter] = parts[letter].upper()
    lines = []
    for line in pattern.split("%n"):
        # A separator stands only between two parts that are there.
        pieces = re.split("(%[A-Z])", line)
        text = "".join(parts.get(p[1:], "") if p.startswith("%") else p for p in pieces)
        lines += re.sub(r"^[\s,–-]+|[\s,–-]+$", "", text).split("\n")
    return lines


def _get_latin_region(address):
    return postal.get_latin_region(address.country, address.region)
