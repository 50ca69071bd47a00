"""Pages of the club's own words, for everybody, and the stylesheet of its colours."""

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from core.prose import split_paragraphs
from members import palette, registry
from members.access import find_member, in_club_time
from members.models import LegalPage
from members.selectors.club import get_club
from members.views import build_panels

_FOR_GOOD = "public, max-age=31536000, immutable"


@require_safe
def story(request: HttpRequest) -> HttpResponse:
    """What the club is and stands for; without a story of its own the page isn't there."""
    theme = get_club().theme
    if not (theme.story_i18n or theme.story_values_i18n):
        raise Http404
    values = [each.partition("\n") for each in split_paragraphs(theme.story_values_i18n)]
    context = {"theme": theme, "values": [(name, words) for name, _line, words in values]}
    return render(request, "members/story.html", context)


@require_safe
@in_club_time
def contact(request: HttpRequest) -> HttpResponse:
    """How to reach the club, and what every floor has registered for this place."""
    panels = build_panels(request, registry.CONTACT, find_member(request))
    context = {"theme": get_club().theme, "panels": panels}
    response = render(request, "members/contact.html", context)
    if request.user.is_authenticated:
        add_never_cache_headers(response)
    return response


@require_safe
def legal_page(request: HttpRequest, slug: str) -> HttpResponse:
    return render(
        request, "members/legal_page.html", {"page": get_object_or_404(LegalPage, slug=slug)}
    )


# --- Colours ------------------------------------------------------------------------------------


@require_safe
def theme_stylesheet(request: HttpRequest, version: str) -> HttpResponse:
    """The tokens of two colours. The address says both, so what it answers never changes."""
    found = palette.read_version(version)
    if found is None:
        raise Http404
    return _answer_css(palette.build_stylesheet(found))


@require_safe
def theme_sample_stylesheet(request: HttpRequest, version: str) -> HttpResponse:
    """The same on light and on dark paper at once, for the preview."""
    found = palette.read_version(version)
    if found is None:
        raise Http404
    return _answer_css(palette.build_sample_stylesheet(found))


def _answer_css(css: str) -> HttpResponse:
    response = HttpResponse(css, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = _FOR_GOOD
    return response


@require_safe
@login_required
@permission_required("members.view_theme", raise_exception=True)
@xframe_options_sameorigin
@csp_override({**settings.SECURE_CSP, "frame-ancestors": [CSP.SELF]})
def theme_sample(request: HttpRequest, version: str) -> HttpResponse:
    """Card, buttons and links in colours that nobody wears yet: a frame of “Appearance”."""
    if palette.read_version(version) is None:
        raise Http404
    return render(request, "members/theme_sample.html", {"version": version})
