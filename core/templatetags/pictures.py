"""Icons of the sprite, in templates."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()


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
