"""A settlement's statement as a PDF.

Chinese and Japanese use the faces that every PDF reader brings (Adobe's Asian collections): no
font is embedded, nothing of the system is needed (docs/giving.md).
"""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from core.money import format_money
from members.selectors.club import get_club
from rewards.selectors.statements import Statement, write_worth
from rewards.selectors.wording import format_count

# By language; Latin letters of an English statement may stand beside a charity's own name in kanji.
_FACES = {"ja": "HeiseiKakuGo-W5", "zh-hans": "STSong-Light", "zh-hant": "MSung-Light"}
_INK = colors.HexColor("#2b2320")
_SOFT = colors.HexColor("#655850")
_LINE = colors.HexColor("#8b7d71")


def build_statement_pdf(statement: Statement, *, language: str | None) -> bytes:
    """The statement in one language, on A4."""
    face = _find_face(statement, language)
    plain = ParagraphStyle("plain", fontName=face, fontSize=9.5, leading=14, textColor=_INK)
    soft = ParagraphStyle("soft", plain, textColor=_SOFT)
    title = ParagraphStyle("title", plain, fontSize=18, leading=24, spaceAfter=4 * mm)
    club, settlement = get_club(), statement.settlement
    charity = settlement.charity
    money = format_money(settlement.amount, statement.currency)
    span = f"{date_format(settlement.first_on)} – {date_format(settlement.last_on)}"
    parts: list[Any] = [
        Paragraph(escape(club.name_i18n), soft),
        Paragraph(escape(_("Statement of donated points")), title),
        Paragraph(escape(charity.name_i18n), plain),
        Paragraph(escape(f"{_('Registration number')}: {charity.registration_number}"), soft),
        Paragraph(escape(f"{_('Period')}: {settlement.period} ({span})"), soft),
        Spacer(1, 6 * mm),
        _build_table(statement, face, plain),
        Spacer(1, 6 * mm),
        Paragraph(escape(f"{_('To be paid')}: {money}"), ParagraphStyle(
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
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=20 * mm,
        bottomMargin=20 * mm, title=f"{charity.name_i18n} {settlement.period}",
        author=club.name_i18n, lang=language or "en",
    ).build(parts)  # fmt: skip
    return out.getvalue()


def _build_table(statement: Statement, face: str, plain: ParagraphStyle) -> Table:
    settlement, currency = statement.settlement, statement.currency
    head = [_("Appeal"), _("Donations"), _("Points given"), _("Points matched"), _("Worth")]
    small = ParagraphStyle("head", plain, fontSize=8, leading=11, textColor=_SOFT)
    rows: list[list[Any]] = [[Paragraph(escape(each), small) for each in head]]
    rows += [
        [Paragraph(escape(line.appeal.name_i18n), plain), format_count(line.donation_count),
         format_count(line.points), format_count(line.match_points),
         write_worth(line.hundredths, currency)]
        for line in statement.lines
    ]  # fmt: skip
    rows.append([Paragraph(escape(_("Carried from before")), plain), "", "", "",
                 write_worth(settlement.carried_in, currency)])  # fmt: skip
    rows.append([Paragraph(escape(_("Carried on")), plain), "", "", "",
                 f"−{write_worth(settlement.carried_out, currency)}"])  # fmt: skip
    table = Table(rows, colWidths=[64 * mm, 22 * mm, 26 * mm, 26 * mm, 32 * mm], repeatRows=1)
    table.setStyle(
        TableStyle([
            ("FONTNAME", (0, 0), (-1, -1), face),
            ("FONTSIZE", (0, 0), (-1, -1), 9.5),
            ("TEXTCOLOR", (0, 0), (-1, -1), _INK),
            ("ALIGN", (1, 1), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, _LINE),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
        ])
    )  # fmt: skip
    return table


def _find_face(statement: Statement, language: str | None) -> str:
    face = _FACES.get((language or "").lower())
    if face is None:
        words = statement.settlement.charity.name_i18n + "".join(
            line.appeal.name_i18n for line in statement.lines
        )
        face = "Helvetica" if words.isascii() else _FACES["ja"]
    if face != "Helvetica" and face not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(face))
    return face
