"""A mail as a whole: head, logo, foot, in MJML, which knows what mail programs can't do."""

import re
import secrets
from typing import Any

import mjml
from django.utils.html import escape
from django.utils.translation import gettext as _

from campaigns.writing.markup import drop_unfit
from campaigns.writing.page import Page, make_absolute
from campaigns.writing.palette import get_office_font
from core.actors import TRAP
from core.photos import name_rendition
from members.models import Club
from members.templatetags.contacts import phone

WIDTH = 600


def build_mail(
    inner: str,
    page: Page,
    *,
    club: Club,
    preheader: str,
    title: str,
    is_marketing: bool,
    why: str = "",
) -> str:
    """The HTML of a mail, Liquid still masked; ``inner`` are MJML sections. ``why`` somebody gets
    it, where they are no member.
    """
    dress = page.dress
    source = f"""<mjml lang="{_name_language(page.locale)}" dir="ltr"><mj-head>
<mj-title>{escape(title)}</mj-title>
<mj-raw>
<meta name="color-scheme" content="light dark"/>
<meta name="supported-color-schemes" content="light dark"/>
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no"/>
</mj-raw>
<mj-breakpoint width="480px"/>
<mj-attributes>
<mj-all font-family="{page.fonts}"/>
<mj-text padding="0" font-size="16px" line-height="1.6" color="{dress.ink}"/>
<mj-table padding="0" font-size="16px" line-height="1.5" color="{dress.ink}"/>
<mj-button background-color="{dress.accent}" color="{dress.on_accent}" font-size="16px"
  font-weight="700" border-radius="10px" inner-padding="13px 24px" padding="8px 0 16px"
  align="left" line-height="1.2"/>
<mj-section padding="0" background-color="{dress.raised}"/>
<mj-image padding="0"/>
</mj-attributes>
<mj-style>:root{{color-scheme:light dark;supported-color-schemes:light dark}}
body{{margin:0;padding:0;word-break:break-word}} p:last-child{{margin-bottom:0}}
a.link{{color:{dress.accent}}}
@media only screen and (max-width:479px){{.button table,.button td{{width:100% !important}}}}
{dress.night}</mj-style>
<mj-raw><!--[if mso]><style>
*{{font-family:'{get_office_font(page.locale)}',Arial,sans-serif !important}}
</style><![endif]--></mj-raw>
</mj-head>
<mj-body width="{WIDTH}px" background-color="{dress.paper}" css-class="paper">
{_build_preheader(preheader, page)}
{_build_head(page, club)}
{inner}
<mj-section css-class="raised" padding="0 0 22px" border-radius="0 0 16px 16px">
<mj-column><mj-text> </mj-text></mj-column></mj-section>
{_build_foot(page, club, is_marketing=is_marketing, why=why)}
</mj-body></mjml>"""
    return _draw(source)


# mrml writes what isn't printable as an escape of Rust's: masks go through it as plain letters.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(rf"{_MARK}(\d+)z")
_MASK = re.compile("\ue000(\\d+)\ue001")
_FEW = 0.02  # of its characters
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)  # knows no numbers of HTML's
_TAG = re.compile(r"<[a-zA-Z][a-zA-Z0-9]* (?=[a-zA-Z])")
_LONGEST = 300  # characters of a line, where its tags allow it


def _draw(source: str) -> str:
    # It would fetch the families it knows from Google: a mail tells nobody else that it was read.
    masked = drop_unfit(_MASK.sub(rf"{_MARK}\1z", source))
    html = mjml.mjml2html(masked, fonts={})
    return _MARKED.sub("\ue000\\1\ue001", break_lines(spell_signs(html)))


def spell_signs(html: str) -> str:
    """Dots and dashes by their numbers, where they are all that isn't ASCII: such a mail needs no
    encoding. Words in other letters stay as they are.
    """
    signs = len(html.encode()) - len(html)
    if signs > len(html) * _FEW or any(not each.isascii() for each in _STYLE.findall(html)):
        return html
    return html.encode("ascii", "xmlcharrefreplace").decode()


def break_lines(html: str) -> str:
    """Lines that mail servers take as they are (998 bytes at most), broken inside tags, where it
    changes nothing: a mail in ASCII is then sent unencoded, readable and a tenth smaller.
    """
    lines = []
    for line in html.split("\n"):
        start = 0
        for tag in _TAG.finditer(line):
            if tag.end() - start > _LONGEST:
                lines.append(line[start : tag.end() - 1])
                start = tag.end()
        lines.append(line[start:])
    return "\n".join(lines)


def _name_language(locale: str) -> str:
    return {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(locale, locale)


def _build_preheader(preheader: str, page: Page) -> str:
    """The preview line; then blanks, or the inbox goes on with the mail's first words."""
    if not preheader:
        return ""
    blanks = f"{'&#847;&zwnj;&nbsp;' * 20}\n" * 3
    return (
        '<mj-raw><div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;'
        f'opacity:0;overflow:hidden;color:{page.dress.paper};">{escape(preheader)}{blanks}</div>'
        "</mj-raw>"
    )


def _build_head(page: Page, club: Club) -> str:
    """The logo on a plate of its own, which no dark mode turns, or the name."""
    name = escape(club.name_i18n)
    home = page.lead(make_absolute("/"))
    logo: Any = club.theme.logo  # a core.photos.PhotoFile
    if logo:
        width, height = logo.width, logo.height
        shown = min(width, 220, round(56 * width / max(height, 1)))
        source = escape(make_absolute(logo.storage.url(name_rendition(logo.name, 640, "png"))))
        content = (
            f'<mj-image src="{source}" alt="{page.say(name)}" width="{shown}px" align="center" '
            f'href="{home}"/>'
        )
    else:
        content = (
            f'<mj-text css-class="ink" align="center" font-size="21px" font-weight="700" '
            f'letter-spacing="0.3px"><a href="{home}" class="link" '
            f'style="color:{page.dress.accent};text-decoration:none;">{name}</a></mj-text>'
        )
    return (
        '<mj-section background-color="transparent" padding="10px 0 0"><mj-column><mj-text> '
        "</mj-text></mj-column></mj-section>"
        f'<mj-section css-class="raised" padding="26px 24px 18px" border-radius="16px 16px 0 0">'
        f"<mj-column>{content}</mj-column></mj-section>"
    )


def list_why(club: Club, *, is_marketing: bool) -> str:
    told = (
        _("You get this because you asked %(club)s to write to you.")
        if is_marketing
        else _("You get this because you are a member of %(club)s.")
    )
    return told % {"club": club.name_i18n}


def list_contacts(club: Club) -> list[str]:
    lines = [line.strip() for line in club.address_i18n.splitlines() if line.strip()]
    contact = [each for each in (phone(club.phone), club.email) if each]
    return [
        club.name_i18n,
        *([", ".join(lines)] if lines else []),
        *([" · ".join(contact)] if contact else []),
    ]


def _build_foot(page: Page, club: Club, *, is_marketing: bool, why: str) -> str:
    dress = page.dress
    style = f"margin:0 0 8px;color:{dress.soft};"
    lines = [f'<p class="soft" style="{style}">{escape(line)}</p>' for line in list_contacts(club)]
    told = why or list_why(club, is_marketing=is_marketing)
    reason = f'<p class="soft" style="{style}">{escape(told)}</p>'
    links = ""
    if is_marketing:
        letting_go = page.say("{% _link unsubscribe %}")
        choosing = page.say("{% _link preferences %}")
        leaving, choice = _("Unsubscribe"), _("Choose what we write about")
        link = f'style="color:{dress.soft};text-decoration:underline;"'
        links = (
            f'<p class="soft" style="{style}"><a href="{letting_go}" {link}>'
            f'{escape(leaving)}</a> &nbsp;·&nbsp; <a href="{choosing}" {link}>'
            f"{escape(choice)}</a></p>"
        )
    tail = _build_tail(page) if is_marketing else ""
    return (
        '<mj-section background-color="transparent" padding="18px 24px 28px"><mj-column>'
        f'<mj-text css-class="soft" align="center" font-size="13px" line-height="1.5" '
        f'color="{dress.soft}">{"".join(lines)}{reason}{links}</mj-text></mj-column></mj-section>{tail}'
    )


def _build_tail(page: Page) -> str:
    """The picture that tells that a mail was shown, and a link that no person sees: who follows
    it is a machine (``core.actors``).
    """
    opened, trap = page.say("{% _link open %}"), page.say(f"{{% _link {TRAP} %}}")
    return (
        f'<mj-raw><img src="{opened}" width="1" height="1" alt="" '
        'style="display:block;width:1px;height:1px;border:0;"/>'
        '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;" aria-hidden="true">'
        f'<a href="{trap}" tabindex="-1" style="display:none;">·</a></div></mj-raw>'
    )


def build_text_foot(page: Page, club: Club, *, is_marketing: bool) -> str:
    lines = ["-- ", *list_contacts(club), list_why(club, is_marketing=is_marketing)]
    if is_marketing:
        lines += [
            _("Unsubscribe: %(address)s") % {"address": page.say("{% _link unsubscribe %}")},
            _("Choose what we write about: %(address)s")
            % {"address": page.say("{% _link preferences %}")},
        ]
    return "\n".join(lines)
