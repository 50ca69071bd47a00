"""What a public page tells search engines and shared links of itself."""

from django import template
from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation.trans_real import get_language_from_path

from core.photos import WIDTHS, list_widths, name_rendition

register = template.Library()

# Open Graph names a language with a place; these are the ones our words are written for.
_PLACES = {"en": "en_US", "zh-hans": "zh_CN", "zh-hant": "zh_TW", "ja": "ja_JP"}
_TEXT = 160  # of a description, what a result page shows


@register.filter
def photo_address(photo, width: int) -> str:
    """Of one size of a photograph, where a picture element can't stand; "" without one."""
    if not photo:
        return ""
    widths = [each for each in list_widths(photo.name) if each <= width] or [WIDTHS[0]]
    return photo.storage.url(name_rendition(photo.name, widths[-1], "webp"))


@register.simple_tag(takes_context=True)
def public_head(context, title="", description="", image=None) -> SafeString:
    """Canonical address, the same page in the other languages, description and Open Graph.

    Every public page is found below each language's prefix; without one it speaks the reader's.
    """
    path = _strip_language(context["request"].path)
    language = get_language() or settings.LANGUAGE_CODE
    links = [("canonical", None, _address(path, language))]
    if _is_localized(path, language):
        links += [("alternate", code, _address(path, code)) for code, _name in settings.LANGUAGES]
        links.append(("alternate", "x-default", settings.SITE_URL + path))
    else:
        links = [("canonical", None, settings.SITE_URL + path)]
    description = " ".join(str(description).split())
    description = description if len(description) <= _TEXT else f"{description[: _TEXT - 1]}…"
    metas = [
        ("og:type", "website"),
        ("og:site_name", context["club"].name_i18n),
        ("og:title", title or context["club"].name_i18n),
        ("og:description", description),
        ("og:url", links[0][2]),
        ("og:locale", _PLACES.get(language, "en_US")),
        ("og:image", settings.SITE_URL + photo_address(image, WIDTHS[-1]) if image else ""),
    ]
    card = "summary_large_image" if image else "summary"
    return format_html(
        '{}{}{}<meta name="twitter:card" content="{}">\n',
        format_html('<meta name="description" content="{}">\n', description) if description else "",
        format_html_join("", "<link{}{} href=\"{}\">\n", ((
            format_html(' rel="{}"', rel),
            format_html(' hreflang="{}"', _to_tag(code)) if code else "",
            href,
        ) for rel, code, href in links)),
        format_html_join("", '<meta property="{}" content="{}">\n',
                         ((name, value) for name, value in metas if value)),
        card,
    )  # fmt: skip


def _to_tag(code: str) -> str:
    """``zh-hant`` → ``zh-Hant``: scripts are written with a capital."""
    head, dash, script = code.partition("-")
    return f"{head}{dash}{script.capitalize()}" if script and code != "x-default" else code


def _strip_language(path: str) -> str:
    language = get_language_from_path(path)
    return path[len(language) + 1 :] if language else path


def _address(path: str, language: str) -> str:
    return f"{settings.SITE_URL}/{language}{path}"


def _is_localized(path: str, language: str) -> bool:
    try:
        resolve(f"/{language}{path}")
    except Resolver404:
        return False
    return True
