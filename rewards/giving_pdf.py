"""A settlement's statement as a PDF.

Chinese and Japanese use the faces that every PDF reader brings (Adobe's Asian collections): no
font is embedded, nothing of the system is needed (docs/giving.md).
"""

from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from core.money import format_money
from members.selectors.club import get_club
from rewards.selectors.statements import Statement, format_worth
from rewards.selectors.wording import format_count

# By language, all of one kind: a letter's.
_FACES = {"ja": "HeiseiMin-W3", "zh-hans": "STSong-Light", "zh-hant": "MSung-Light"}
_LATIN = "Helvetica"
_SIDE = 20 * mm - 6  # a frame adds six points of its own
_INK = colors.HexColor("#2b2320")
_SOFT = colors.HexColor("#655850")
_LINE = colors.HexColor("#8b7d71")


def build_statement_pdf(statement: Statement, *, language: str | None) -> bytes:
    """The statement in one language, on A4."""
    face = _find_face(statement, language)
    plain = ParagraphStyle(
        "plain", fontName=face, fontSize=9.5, leading=14, textColor=_INK,
        wordWrap=None if face == _LATIN else "CJK",
    )  # fmt: skip
    soft = ParagraphStyle("soft", plain, textColor=_SOFT)
    title = ParagraphStyle("title", plain, fontSize=18, leading=24, spaceAfter=4 * mm)
    club, settlement = get_club(), statement.settlement
    charity = settlement.charity
    money = format_money(settlement.amount, statement.currency)
    if face != _LATIN:  # whose narrow yen some readers show as a backslash
        money = money.replace("¥", "\uffe5")
    span = f"{date_format(settlement.first_on)} – {date_format(settlement.last_on)}"
    registered = _("Registration number: %(number)s") % {"number": charity.registration_number}
    period = _("Period: %(period)s") % {"period": f"{settlement.period} ({span})"}
    parts: list[Any] = [
        Paragraph(escape(club.name_i18n), soft),
        Paragraph(escape(_("Statement of donated points")), title),
        Paragraph(escape(charity.name_i18n), plain),
        Paragraph(escape(registered), soft),
        Paragraph(escape(period), soft),
        Spacer(1, 6 * mm),
        _build_table(statement, face, plain),
        Spacer(1, 6 * mm),
        Paragraph(escape(_("To be paid: %(amount)s") % {"amount": money}), ParagraphStyle(
            "sum", plain, fontSize=13, leading=18)),
    ]  # fmt: skip
    if settlement.paid_on:
        shown = {"day": date_format(settlement.paid_on), "reference": settlement.payout_reference}
        paid = _("Paid on %(day)s, reference %(reference)s") % shown
        parts.append(Paragraph(escape(paid), plain))
    note = _(
        "Sums are exact in hundredths of the smallest unit of money and rounded down once; what is"
        " left is carried to the next settlement. Each donation counts at the rate of its own time."
    )
    parts += [Spacer(1, 8 * mm), Paragraph(escape(note), soft)]
    out = BytesIO()
    heading = f"{charity.name_i18n} {settlement.period}"
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_SIDE, rightMargin=_SIDE, topMargin=20 * mm,
        bottomMargin=22 * mm, title=heading, author=club.name_i18n, lang=language or "en",
    ).build(parts, canvasmaker=partial(_NumberedCanvas, face=face, heading=heading))  # fmt: skip
    return out.getvalue()


class _NumberedCanvas(Canvas):
    """Says on every page what it belongs to and how many there are: known at the end alone."""

    def __init__(self, *args: Any, face: str, heading: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._face, self._heading = face, heading
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._kept, start=1):
            self.__dict__.update(page)
            self._write_foot(f"{number} / {len(self._kept)}")
            super().showPage()
        super().save()

    def _write_foot(self, number: str) -> None:
        self.setFont(self._face, 8)
        self.setFillColor(_SOFT)
        self.drawRightString(A4[0] - 20 * mm, 12 * mm, number)
        words = self._heading
        while self.stringWidth(words, self._face, 8) > A4[0] - 60 * mm:
            words = f"{words[:-2]}…"
        self.drawString(20 * mm, 12 * mm, words)


def _build_table(statement: Statement, face: str, plain: ParagraphStyle) -> Table:
    settlement, currency = statement.settlement, statement.currency
    small = ParagraphStyle("head", plain, fontSize=8, leading=11, textColor=_SOFT)
    right = ParagraphStyle("head-of-numbers", small, alignment=TA_RIGHT)
    numbers = [_("Donations"), _("Points given"), _("Points matched"),
               _("Worth (%(currency)s)") % {"currency": currency}]  # fmt: skip
    rows: list[list[Any]] = [
        [Paragraph(escape(_("Appeal")), small), *(Paragraph(escape(each), right)
                                                  for each in numbers)]
    ]  # fmt: skip
    rows += [
        [Paragraph(escape(line.appeal.name_i18n), plain), format_count(line.donation_count),
         format_count(line.points), format_count(line.match_points), line.worth]
        for line in statement.lines
    ]  # fmt: skip
    worth = sum(line.hundredths for line in statement.lines)
    rows.append([Paragraph(escape(_("Together")), plain), format_count(settlement.donation_count),
                 format_count(settlement.points), format_count(settlement.match_points),
                 format_worth(worth, currency)])  # fmt: skip
    for words, carried in ((_("Carried from before"), settlement.carried_in),
                           (_("Carried on"), -settlement.carried_out)):  # fmt: skip
        if carried:
            sign = "−" if carried < 0 and face != _LATIN else "-" if carried < 0 else "+"
            rows.append([Paragraph(escape(words), plain), "", "", "",
                         f"{sign}{format_worth(abs(carried), currency)}"])  # fmt: skip
    table = Table(rows, colWidths=[60 * mm, 24 * mm, 26 * mm, 32 * mm, 28 * mm], repeatRows=1)
    total = len(statement.lines) + 1
    table.setStyle(
        TableStyle([
            ("FONTNAME", (0, 0), (-1, -1), face),
            ("FONTSIZE", (0, 0), (-1, -1), 9.5),
            ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
            ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, _LINE),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
            ("LINEABOVE", (0, total), (-1, total), 0.8, _LINE),
        ])
    )  # fmt: skip
    return table


def _find_face(statement: Statement, language: str | None) -> str:
    """The language's own; for the others that of Japanese where a name needs Han letters."""
    face = _FACES.get((language or "").lower())
    if face is None:
        names = [statement.settlement.charity, *(line.appeal for line in statement.lines)]
        words = get_club().name_i18n + "".join(each.name_i18n for each in names)
        face = _LATIN if _is_latin(words) else _FACES["ja"]
    if face != _LATIN and face not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(face))
    return face


def _is_latin(words: str) -> bool:
    """Whether the standard Latin face has all of its letters."""
    try:
        words.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
