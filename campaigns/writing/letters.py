"""Mails to staff, who are no members: Markdown drawn as every other mail, links as they are."""

import re

from django.utils import translation

from campaigns.writing.mail import build_mail
from campaigns.writing.markup import Prose, drop_unfit
from campaigns.writing.page import Page
from campaigns.writing.palette import get_dress, get_fonts
from campaigns.writing.prose import draw_prose
from members.selectors.club import get_club

_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")


def spell(text: str) -> str:
    """Words that somebody gave as they are: none of their signs is Markdown."""
    return _SIGNS.sub(r"\\\1", " ".join(drop_unfit(text).split()))


def draw_letter(markdown: str, *, title: str, why: str) -> tuple[str, str]:
    """(HTML, plain text) of a mail in the active language; ``why`` its reader gets it."""
    club = get_club()
    locale = translation.get_language() or club.locale
    dress = get_dress(club.theme.accent, club.theme.card)
    page = Page(locale, dress, get_fonts(locale), is_followed=False)
    drawn = draw_prose(Prose(markdown), page)
    html = build_mail(
        drawn.mjml, page, club=club, preheader="", title=title, is_marketing=False, why=why
    )
    return page.masks.restore(html), drawn.text + "\n"
