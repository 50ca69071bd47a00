"""What every page says so that a phone may keep the club, and the hint that it may."""

from django import template
from django.conf import settings
from django.utils.html import format_html

from loyalty_site.installable.icons import get_favicon, get_icon_url, get_mark_url
from members.palette import get_bar_colors
from members.selectors.club import get_club

register = template.Library()


@register.inclusion_tag("core/_club_look.html")
def club_look():
    """The colours around the page and the picture on its tab."""
    club = get_club()
    address, kind = get_favicon(club)
    light, dark = get_bar_colors(club.theme.accent)
    return {"light": light, "dark": dark, "address": address, "kind": kind}


@register.simple_tag
def share_icon():
    """The picture of a shared link that brings none of its own: the last one named is the last
    that is taken.
    """
    address = settings.SITE_URL + get_icon_url(get_club(), "maskable-512")
    return format_html('<meta property="og:image" content="{}">', address)


@register.simple_tag
def mark_url():
    return get_mark_url(get_club())


@register.inclusion_tag("core/_installable_head.html", takes_context=True)
def installable_head(context):
    """Manifest and icon; the worker's script with the login whose card it may keep."""
    user = context.get("user")
    return {
        "touch_icon": get_icon_url(context["club"], "touch-180"),
        "has_worker": settings.SERVICE_WORKER,
        "reader": user.pk if user and user.is_authenticated else "",
    }


@register.inclusion_tag("core/_install_hint.html")
def install_hint():
    """Hidden until the browser offers to install (static/js/worker-page.js)."""
    return {"has_worker": settings.SERVICE_WORKER}
