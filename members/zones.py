"""Time zones that a form offers: a city for each clock that people live by, of the many names that
the database of zones has. A record may hold any of those.
"""

from babel import Locale
from django.utils.translation import get_language, to_locale

OFFERED = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Lima",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Toronto",
    "America/Vancouver",
    "Asia/Almaty",
    "Asia/Baghdad",
    "Asia/Bangkok",
    "Asia/Colombo",
    "Asia/Dhaka",
    "Asia/Dubai",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Jakarta",
    "Asia/Jerusalem",
    "Asia/Kabul",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Kuala_Lumpur",
    "Asia/Macau",
    "Asia/Manila",
    "Asia/Riyadh",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Taipei",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Asia/Urumqi",
    "Asia/Vladivostok",
    "Asia/Yangon",
    "Atlantic/Azores",
    "Atlantic/Reykjavik",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Darwin",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Moscow",
    "Europe/Paris",
    "Europe/Rome",
    "Pacific/Auckland",
    "Pacific/Fiji",
    "Pacific/Guam",
    "Pacific/Honolulu",
)


# Names that the Unicode data keep under an older one.
_OLDER = {
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Europe/Kyiv": "Europe/Kiev",
}


def name_zone(zone: str) -> str:
    """The city of a zone in the active language (Unicode CLDR): ``Asia/Tokyo`` → "東京"."""
    locale = Locale.parse(to_locale(get_language() or "en"))
    known = locale.time_zones.get(_OLDER.get(zone, zone)) or locale.time_zones.get(zone) or {}
    return known.get("city") or zone.rpartition("/")[2].replace("_", " ")


def list_choices(own: str, empty_label: str) -> list[tuple[str, str]]:
    """For a form, by the names of the cities; ``own`` is the zone that stands there already,
    whatever it is.
    """
    named = [(zone, name_zone(zone)) for zone in {*OFFERED, own} - {""}]
    return [("", empty_label), *sorted(named, key=lambda pair: (pair[1], pair[0]))]
