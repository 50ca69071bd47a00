"""Words made ready: read, drawn and checked once per content and language, then only filled in.

compiled = compile_content(content, "ja")
rendered = compiled.fill(contexts[message.id])
"""

import re
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from campaigns import links
from campaigns.channels.base import Rendered
from campaigns.channels.chat import is_template
from campaigns.models import Content
from campaigns.variables import is_known
from campaigns.writing.blocks import draw_block
from campaigns.writing.errors import CannotFill, WordsRefused
from campaigns.writing.links_tag import KEY
from campaigns.writing.mail import build_mail, build_text_foot
from campaigns.writing.markup import (
    Block,
    Control,
    Masks,
    Prose,
    check_hidden,
    mask_line,
    split_body,
)
from campaigns.writing.page import Drawn, Links, Page, is_address
from campaigns.writing.palette import get_dress, get_fonts
from campaigns.writing.prose import draw_prose
from campaigns.writing.sandbox import HTML, TEXT, Parsed
from core.actors import TRAP
from core.words import key_of
from members.enums import Channel
from members.selectors.club import get_club

MAX_HTML = 1024 * 1024  # bytes: more is refused
CLIP_HTML = 102 * 1024  # bytes: Gmail hides what comes after
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_SAFE = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)
_KEPT_MOST = 400
_NO_PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


class TooLargeMail(WordsRefused):
    message = _("This mail would have %(size)s KB; %(most)s KB at most.")


class UnknownVariable(WordsRefused):
    message = _("There is no “%(variable)s”.")


class BrokenSubject(WordsRefused):
    message = _("A subject is one line.")


@dataclass(frozen=True, slots=True)
class Compiled:
    """The words of one content in one language, ready to be filled in.

    ``locale`` is the language that they are in, which is the club's where the one that was asked
    for has none (``is_fallback``). ``variables`` are the paths that they ask a context for.
    """

    locale: str
    is_fallback: bool
    is_marketing: bool
    subject: Parsed
    preheader: Parsed
    text: Parsed
    html: Parsed | None
    links: Mapping[str, int]
    urls: Mapping[str, Parsed]
    extras: Mapping[str, Any] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()

    def fill(self, context: Mapping[str, Any]) -> Rendered:
        """The words for one member. With ``message_id`` in the context every address is ours and
        signed; without it (a preview, a test) it is the real one.

        Raises CannotFill with the name of what isn't known; TooMuchWork.
        """
        # Changing the language takes as long as filling in a word.
        with nullcontext() if get_language() == self.locale else override(self.locale):
            inner = {**context, KEY: self._build_links(context)}
            subject = _CONTROL.sub(" ", self.subject.fill(inner)).strip()
            preheader = _CONTROL.sub(" ", self.preheader.fill(inner)).strip()
            text = _BLANK_LINES.sub("\n\n", self.text.fill(inner)).strip() + "\n"
            html = self.html.fill(inner) if self.html else ""
        return Rendered(subject, text, html, {**self.extras, "preheader": preheader})

    def _build_links(self, context: Mapping[str, Any]) -> dict[str, str]:
        message_id = context.get("message_id")
        return _RealLinks(self, context) if message_id is None else _SignedLinks(message_id)


class _SignedLinks(dict[str, str]):
    """Addresses of one message by number, signed when they are written."""

    def __init__(self, message_id: int):
        super().__init__()
        self.message_id = message_id

    def __missing__(self, name: str) -> str:
        if name in ("unsubscribe", "preferences"):
            path = links.sign_unsubscribe(self.message_id)
        elif name == "open":
            path = links.sign_open(self.message_id)
        else:
            path = links.sign_message_link(self.message_id, int(name))
        self[name] = settings.SITE_URL + path
        return self[name]


class _RealLinks(dict[str, str]):
    """Where the links of a preview or a test lead: there is no message that a click could name."""

    def __init__(self, compiled: Compiled, context: Mapping[str, Any]):
        super().__init__(
            {"unsubscribe": "#", "preferences": "#", "open": _NO_PICTURE, str(TRAP): "#"}
        )
        self.urls = {str(number): compiled.urls[url] for url, number in compiled.links.items()}
        self.context = context

    def __missing__(self, name: str) -> str:
        self[name] = fill_url(self.urls[name], self.context)
        return self[name]


def fill_url(parsed: Parsed, context: Mapping[str, Any]) -> str:
    """The address that a link leads to for this member. Raises CannotFill for any but the web's."""
    url = _CONTROL.sub("", parsed.fill(context)).strip()
    if not (_SAFE.match(url) and is_address(url)):
        raise CannotFill(url[:60])
    return url


def fill_link(url: str, context: Mapping[str, Any]) -> str:
    """The same for ``Link.url``, as a click finds it."""
    return fill_url(TEXT.read(url), context)


# --- Kept ---------------------------------------------------------------------------------------

_kept: dict[tuple, Compiled] = {}
_lock = threading.Lock()


def compile_content(content: Content, locale: str) -> Compiled:
    """The words of this content in that language, or in the club's where there are none.

    Kept in the process for a frozen edition. Raises WordsRefused.
    """
    own = settings.LANGUAGE_CODE
    locale = locale if locale in dict(settings.LANGUAGES) else own
    spoken = locale if has_words(content, locale) else own
    club: Any = get_club()
    if content.edition.frozen_at is None:
        return _compile(content, spoken, is_fallback=spoken != locale)
    # A new name, address or colour of the club shows in what is sent from then on.
    dress = club.name, club.address, club.phone, club.email, str(club.i18n), club.theme_version
    said = content.edition.frozen_at, content.subject, content.body, str(content.i18n)
    key = (content.pk, locale, *said, *dress, str(club.theme.logo))
    found = _kept.get(key)
    if found is None:
        found = _compile(content, spoken, is_fallback=spoken != locale)
        with _lock:
            if len(_kept) >= _KEPT_MOST:
                _kept.clear()
            _kept[key] = found
    return found


def has_words(content: Content, locale: str) -> bool:
    """Whether this content was written in that language: a translation of its body is enough."""
    if locale == settings.LANGUAGE_CODE:
        return True
    return bool((content.i18n or {}).get(key_of("body", locale)))


def get_words(content: Content, field_name: str, locale: str) -> str:
    """A field in exactly this language; "" where it has none."""
    if locale == settings.LANGUAGE_CODE:
        return getattr(content, field_name) or ""
    return (content.i18n or {}).get(key_of(field_name, locale)) or ""


def _compile(content: Content, locale: str, *, is_fallback: bool) -> Compiled:
    numbers = dict(content.edition.links.values_list("url", "number"))
    links = Links(numbers, is_fixed=content.edition.frozen_at is not None)
    return replace(try_content(content, locale, links), is_fallback=is_fallback)


def check_content(content: Content) -> None:
    """Read the words in each language that they are in. Raises WordsRefused."""
    found = Links()
    for locale in list_languages(content):
        if get_words(content, "body", locale).strip():
            try_content(content, locale, found)


def list_languages(content: Content) -> list[str]:
    """Those that it is written in, the club's own first."""
    own = settings.LANGUAGE_CODE
    others = [code for code, _name in settings.LANGUAGES if code != own]
    return [own, *(code for code in others if has_words(content, code))]


def try_content(content: Content, locale: str, found: Links) -> Compiled:
    """The words of a draft in exactly this language; its addresses go on counting ``found``."""
    with override(locale):
        return build_compiled(
            channel=content.channel,
            subject=get_words(content, "subject", locale),
            preheader=get_words(content, "preheader", locale),
            body=get_words(content, "body", locale),
            locale=locale,
            is_marketing=content.edition.mailing.is_marketing,
            links=found,
            extras=content.extras or {},
        )


def build_compiled(
    *,
    channel: str,
    subject: str,
    preheader: str,
    body: str,
    locale: str,
    is_marketing: bool,
    links: Links,
    is_fallback: bool = False,
    extras: Mapping[str, Any] | None = None,
) -> Compiled:
    """Words that need not be kept yet, made ready; the active language must be ``locale``.

    Raises WordsRefused, whose ``field`` says which of them is meant.
    """
    club = get_club()
    page = Page(
        locale, get_dress(club.theme.accent, club.theme.card), get_fonts(locale), links=links
    )
    head = _read_line(subject, page.masks, "subject")
    preview = _read_line(preheader, page.masks, "preheader")
    drawn = _draw(body, page)
    # HTML escapes what is filled in, text doesn't: the preview line is read twice.
    text_source = _join_text(drawn)
    html_source = ""
    if channel == Channel.EMAIL:
        foot = build_text_foot(page, club, is_marketing=is_marketing)
        text_source = f"{text_source}\n\n{foot}"
        html_source = build_mail(
            "".join(part.mjml for part in drawn),
            page,
            club=club,
            preheader=mask_line(preheader, page.masks),
            title=club.name_i18n,
            is_marketing=is_marketing,
        )
    elif channel in (Channel.LINE, Channel.WECHAT):
        # A template of WeChat's has its own way to be left alone, and no place for another line.
        if is_marketing and not is_template(extras):
            told = _("STOP in reply, and we write to you here no more.")
            text_source = f"{text_source}\n\n{told}"
    elif channel in (Channel.ON_SITE, Channel.POST):
        html_source = "".join(part.html for part in drawn)
    check_hidden(html_source)
    check_hidden(text_source)
    html_source, text_source = page.masks.restore(html_source), page.masks.restore(text_source)
    if len(html_source.encode()) > MAX_HTML:
        raise TooLargeMail(size=len(html_source.encode()) // 1024, most=MAX_HTML // 1024)
    html = HTML.read(html_source) if html_source else None
    text = TEXT.read(text_source)
    written = html_source + text_source
    urls = {
        url: TEXT.read(url)
        for url, number in links.numbers.items()
        if f"{{% _link {number} %}}" in written
    }
    variables = frozenset[str]().union(
        *(each.variables for each in (head, preview, text, *urls.values())),
        html.variables if html else (),
    )  # fmt: skip
    check_variables(variables)
    return Compiled(
        locale=locale,
        is_fallback=is_fallback,
        is_marketing=is_marketing,
        subject=head,
        preheader=preview,
        text=text,
        html=html,
        links={url: links.numbers[url] for url in urls},
        urls=urls,
        extras=extras or {},
        variables=variables,
    )


def check_variables(paths: frozenset[str]) -> None:
    """Raises UnknownVariable for what no context ever holds."""
    for path in sorted(paths):
        if not is_known(path):
            raise UnknownVariable(variable=path)


def _read_line(text: str, masks: Masks, field_name: str) -> Parsed:
    if _CONTROL.search(text.strip()):
        raise BrokenSubject(field=field_name)
    try:
        return TEXT.read(masks.restore(mask_line(text, masks)))
    except WordsRefused as refusal:
        refusal.field = field_name
        raise


def _draw(body: str, page: Page) -> list[Drawn]:
    parts = []
    for item in split_body(body, page.masks):
        if isinstance(item, Prose):
            parts.append(draw_prose(item, page))
        elif isinstance(item, Block):
            parts.append(draw_block(item, page))
        elif isinstance(item, Control):
            hidden = page.masks.hide(item.liquid)
            parts.append(Drawn(f"<mj-raw>{hidden}</mj-raw>", hidden, hidden))
    return parts


def _join_text(drawn: list[Drawn]) -> str:
    return "\n\n".join(part.text.strip("\n") for part in drawn)
