"""Where the reader is."""

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag(takes_context=True)
def current(context: template.Context, address: str) -> SafeString:
    """``<a href="{{ url }}" {% current url %}>``: marks the link to this page, or to the part of
    the site that it lies in.
    """
    path = context["request"].path
    if path == address:
        return mark_safe('aria-current="page"')
    if path.startswith(address):
        return mark_safe('aria-current="true"')
    return SafeString()
