"""One file for the printer from many messages.

WeasyPrint and Pango are loaded here alone, and only when a batch is made.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from PIL import ImageFile

from campaigns.enums import PrintFormat
from core.errors import DomainError
from members.selectors.club import get_club

MOST_PAGES = {
    PrintFormat.LETTER_A4: 4, PrintFormat.LETTER_US: 4, PrintFormat.CARD: 2, PrintFormat.HAGAKI: 2
}  # fmt: skip
# Of the country that a letter goes to: how its characters are drawn.
_SCRIPTS = {"JP": "ja", "CN": "zh-Hans", "TW": "zh-Hant", "HK": "zh-Hant", "MO": "zh-Hant"}
_LANGUAGES = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}


class PangoMissing(DomainError):
    code = "pango_missing"
    status = 503
    message = _(
        "Letters can't be drawn here: install libpango-1.0-0, libpangoft2-1.0-0,"
        " libharfbuzz-subset0 and fonts-noto-cjk."
    )


class TooLongForPaper(DomainError):
    code = "too_long_for_paper"
    message = _("The words for %(name)s don't fit: %(most)s pages at most.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A message as it is printed. ``lines`` are those of the address; ``url`` is behind the QR."""

    message_id: int
    lines: Sequence[str]
    country: str
    locale: str
    subject: str
    html: str
    url: str


@dataclass(frozen=True, slots=True)
class Printed:
    pdf: bytes
    page_count: int


def draw_sheets(sheets: Sequence[Sheet], print_format: str) -> Printed:
    """One PDF, message after message. Raises PangoMissing, TooLongForPaper."""
    weasyprint = _load()
    drawn = [_draw(weasyprint, sheet, print_format) for sheet in sheets]
    for sheet, document in zip(sheets, drawn, strict=True):
        most = MOST_PAGES[PrintFormat(print_format)]
        if len(document.pages) > most:
            raise TooLongForPaper(name=", ".join(sheet.lines[:1]), most=most)
    pages = [page for document in drawn for page in document.pages]
    return Printed(drawn[0].copy(pages).write_pdf(), len(pages))


def _draw(weasyprint: Any, sheet: Sheet, print_format: str) -> Any:
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols=["data"])  # nothing is fetched
    return weasyprint.HTML(string=build_page(sheet, print_format), url_fetcher=fetcher).render()


def build_page(sheet: Sheet, print_format: str) -> str:
    """The HTML of one message, as it is printed."""
    language = _LANGUAGES.get(sheet.locale, sheet.locale)
    with override(sheet.locale):
        club = get_club()
        return render_to_string(
            "campaigns/print/sheet.html",
            {
                "sheet": sheet,
                "club": club,
                "sender": ", ".join([club.name_i18n, *club.address_i18n.split("\n")[:3]]),
                "format": print_format,
                "is_card": print_format in (PrintFormat.CARD, PrintFormat.HAGAKI),
                "language": language,
                "script": _SCRIPTS.get(sheet.country, language),
                "qr": segno.make(sheet.url, error="m").svg_data_uri(border=0) if sheet.url else "",
            },
        )


def _load() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise PangoMissing from error
    # It lets every program of the process take half a picture; uploads are to be whole.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # each step of each letter
    return weasyprint
