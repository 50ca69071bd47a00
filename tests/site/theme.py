"""What the rows of the public pages need: a story, a legal page with its link."""

from members.models import FooterLink, LegalPage
from members.services.theming import save_footer_link, save_legal_page, update_theme


def theme_arguments(now):
    update_theme({"story": "It began with a cart."}, by=None, now=now)
    page = save_legal_page(
        LegalPage(slug="imprint", title="Imprint", body="Who we are."), by=None, now=now
    )
    save_footer_link(FooterLink(kind="imprint", label="Imprint", page=page), by=None, now=now)
    return {
        "legal_page": ["imprint"],
        "icon_png": ["1-1e5945-6c2642", "drawing", "192"],
        "icon_svg": ["1-1e5945-6c2642", "drawing"],
        "theme_stylesheet": ["1-1e5945-6c2642"],
        "theme_sample": ["1-1e5945-6c2642"],
        "theme_sample_stylesheet": ["1-1e5945-6c2642"],
    }
