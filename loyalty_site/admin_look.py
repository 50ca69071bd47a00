"""The look of the back office: its names, colours and what Unfold shows of itself."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Club back office"),
    "SITE_HEADER": "loyalty_site.admin_menu.get_club_name",
    "SITE_SUBHEADER": _("Club back office"),
    "SITE_SYMBOL": "loyalty",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "loyalty_site.admin_menu.get_icon_url"}
    ],
    "SHOW_HISTORY": "loyalty_site.admin_menu.can_see_history",
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": ["loyalty_site.admin_menu.get_style_url"],
    "DASHBOARD_CALLBACK": "loyalty_site.admin_dashboard.add_dashboard",
    "COMMAND": {"search_models": ["members.Member"]},
    "SIDEBAR": {"navigation": "loyalty_site.admin_menu.build_menu"},
    "COLORS": {
        "base": {
            "50": "oklch(98.3% .004 70)",
            "100": "oklch(96.2% .006 70)",
            "200": "oklch(91.8% .008 70)",
            "300": "oklch(86.4% .010 65)",
            "400": "oklch(70.5% .014 60)",
            "500": "oklch(54% .016 55)",
            "600": "oklch(44% .016 50)",
            "700": "oklch(36.5% .014 50)",
            "800": "oklch(27.5% .012 45)",
            "900": "oklch(21% .010 40)",
            "950": "oklch(14% .008 40)",
        },
        "primary": {
            "50": "oklch(97.2% .012 0)",
            "100": "oklch(94% .026 0)",
            "200": "oklch(88.5% .052 0)",
            "300": "oklch(81% .090 0)",
            "400": "oklch(74% .125 0)",
            "500": "oklch(70% .140 0)",
            "600": "oklch(42% .118 0)",
            "700": "oklch(37% .108 0)",
            "800": "oklch(32.5% .090 0)",
            "900": "oklch(28% .070 0)",
            "950": "oklch(20% .050 0)",
        },
    },
}
