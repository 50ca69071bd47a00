"""Icons of the sprite and the addresses of drawn pictures, in templates."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe

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
