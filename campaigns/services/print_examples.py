"""A letter or card as the printer would get it, for whoever writes the words. Nothing is kept."""

import datetime as dt

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from campaigns.channels.base import Rendered
from campaigns.channels.post.drawing import Printed, Sheet, draw_sheets
from campaigns.models import Content
from campaigns.services.print_batches import find_addresses
from campaigns.variables import VARIABLES
from campaigns.writing.compile import has_words, try_content
from campaigns.writing.page import Links
from campaigns.writing.previews import build_context
from core.errors import DomainError
from members.addresses import format_address
from members.models import Member
from members.selectors.club import get_club


class NoPostalAddress(DomainError):
    code = "no_postal_address"
    message = _("The club knows no postal address of theirs.")


def draw_example(
    content: Content,
    *,
    locale: str,
    member: Member | None,
    print_format: str,
    now: dt.datetime,
) -> Printed:
    """One PDF, to ``member``, or to the example at the club's own address.

    Raises WordsRefused, CannotFill, NoPostalAddress, PangoMissing, TooLongForPaper.
    """
    spoken = locale if has_words(content, locale) else get_club().locale
    compiled = try_content(content, spoken, Links())
    rendered = compiled.fill(build_context(compiled, content, member, now=now))
    sheet = build_example_sheet(rendered, locale=compiled.locale, member=member)
    return draw_sheets([sheet], print_format)


def build_example_sheet(rendered: Rendered, *, locale: str, member: Member | None) -> Sheet:
    """Raises NoPostalAddress."""
    club = get_club()
    if member is None:
        with override(locale):
            name = str(VARIABLES["member.full_name"].example)
            lines = [name, *club.address_i18n.splitlines()]
        country = club.country
    else:
        address = find_addresses([member.pk]).get(member.pk)
        if address is None:
            raise NoPostalAddress
        lines, country = format_address(address), address.country
    return Sheet(
        message_id=0,
        lines=[line for line in lines if line.strip()],
        country=country,
        locale=locale,
        subject=rendered.subject,
        html=rendered.html,
        url=settings.SITE_URL,
    )
