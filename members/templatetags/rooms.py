"""Links to the rooms of the site."""

from django import template
from django.utils import timezone

from members.registry import Room
from members.selectors import rooms

register = template.Library()


@register.simple_tag(takes_context=True)
def list_rooms(context: template.Context) -> list[Room]:
    """``{% list_rooms as rooms %}``; none where nobody is known to ask, as on pages of errors."""
    user = context.get("user")
    return [] if user is None else rooms.list_rooms(user, now=timezone.now())
