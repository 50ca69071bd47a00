"""Icons, drawn pictures and photographs, in templates."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from core.photos import CONTENT_TYPES, FORMATS, PhotoFile, list_widths, name_rendition
from core.pictures.addresses import cover_url, pattern_url, scene_url

register = template.Library()

register.simple_tag(cover_url)  # {% cover_url "coffee" 3 %}
register.simple_tag(pattern_url)  # {% pattern_url "waves" tier.color %}
register.simple_tag(scene_url)  # {% scene_url "nothing-found" %}


@register.simple_tag
def icon(name: str, label: str = "") -> str:
    """``{% icon "gift" %}``: an icon beside words that say the same; ``label`` where none do."""
    spoken = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="icon" width="24" height="24" {}><use href="{}#{}"/></svg>',
        spoken,
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def photo(field: PhotoFile, *, alt: str, sizes: str = "100vw", eager: bool = False) -> str:
    """``{% photo reward.photo alt="" sizes="(min-width: 40rem) 20rem, 100vw" %}``.

    Its place is kept by width and height; ``eager`` is for what stands at the top of the page.
    """
    widths = list_widths(field.name)

    def address(width: int, extension: str) -> str:
        return field.storage.url(name_rendition(field.name, width, extension))

    sources = format_html_join(
        "",
        '<source type="{}" srcset="{}" sizes="{}">',
        (
            (
                CONTENT_TYPES[extension],
                ", ".join(f"{address(width, extension)} {width}w" for width in widths),
                sizes,
            )
            for extension in FORMATS
        ),
    )
    when = format_html('{}="{}"', *(("fetchpriority", "high") if eager else ("loading", "lazy")))
    return format_html(
        '<picture>{}<img class="photo" src="{}" width="{}" height="{}" alt="{}" '
        'decoding="async" {}></picture>',
        sources,
        address(widths[min(1, len(widths) - 1)], "webp"),
        field.width,
        field.height,
        alt,
        when,
    )
