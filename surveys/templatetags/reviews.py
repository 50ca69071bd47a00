"""Stars and pictures of what was reviewed, in templates."""

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from surveys.covers import get_product_cover

register = template.Library()
register.filter("product_cover", get_product_cover)

_SIDE = 24


@register.simple_tag
def stars(number: float, permille: int | None = None) -> SafeString:
    """``{% stars review.stars %}``, or ``{% stars summary.average summary.average_permille %}``."""
    permille = round(number * 200) if permille is None else permille
    label = _("%(stars)s of 5 stars") % {"stars": number_format(round(number, 1))}
    filled = round(5 * _SIDE * permille / 1000)
    return format_html(
        '<svg class="stars" viewBox="0 0 {w} {s}" width="{w}" height="{s}" role="img" '
        'aria-label="{label}"><g class="stars-empty">{empty}</g>'
        '<svg class="stars-filled" width="{filled}" height="{s}">{full}</svg></svg>',
        w=5 * _SIDE,
        s=_SIDE,
        label=label,
        empty=_draw("star"),
        filled=filled,
        full=_draw("star-filled"),
    )


def _draw(name: str) -> SafeString:
    sprite = static("img/icons.svg")
    return format_html_join(
        "",
        '<use href="{}#{}" x="{}" width="{}" height="{}"/>',
        ((sprite, name, place * _SIDE, _SIDE, _SIDE) for place in range(5)),
    )


@register.filter
def stars_in_words(number: int) -> str:
    """A star in a list of choices: "4 stars"."""
    return _("%(stars)s of 5 stars") % {"stars": number}


@register.filter
def language_name(code: str) -> str:
    """By its own name; of one that we don't know, brought in from elsewhere, the code."""
    try:
        return get_language_info(code)["name_local"]
    except KeyError:
        return code
