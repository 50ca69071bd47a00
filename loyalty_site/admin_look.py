"""The look of the back office: its names, colours and what Unfold shows of itself."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Club back office"),
    "SITE_HEADER": "loyalty_site.admin_menu.get_club_name",
    "SITE_SUBHEADER": _("Club back office"),
    "SITE_ICON": "loyalty_site.admin_menu.get_mark_url",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "loyalty_site.admin_menu.get_icon_url"}
    ],
    "SHOW_HISTORY": "loyalty_site.admin_menu.can_see_history",
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": ["loyalty_site.admin_menu.get_style_url"],
    "SCRIPTS": ["loyalty_site.admin_menu.get_focus_script_url"],
    "DASHBOARD_CALLBACK": "loyalty_site.admin_dashboard.add_dashboard",
    "COMMAND": {"search_models": ["members.Member"]},
    "SIDEBAR": {"navigation": "loyalty_site.admin_menu.build_menu"},
    "COLORS": {
        # The paper and ink of static/css/tokens.css, by day (50 to 200) and by night (from 800).
        "base": {
            "50": "#faf6ee",
            "100": "#f1eadd",
            "200": "#e3d8c7",
            "300": "#cabbaa",
            "400": "#a99b90",
            "500": "#655850",
            "600": "#54483f",
            "700": "#443a34",
            "800": "#312a26",
            "900": "#1d1917",
            "950": "#161311",
        },
        "primary": "loyalty_site.admin_colours.get_primary",
    },
}
