"""What search engines ask for: every public page in every language, and where not to look."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from campaigns.models import PublicNotice
from members.models import LegalPage
from members.selectors.club import get_club
from rewards.models import Appeal
from rewards.selectors.catalogue import list_public_slugs
from rewards.selectors.spins_left import list_turning
from surveys.selectors.reviews import get_overall_summary, list_pages_of_reviews

_LANGUAGES = [code for code, _name in settings.LANGUAGES]
_MOST_ANNOUNCEMENTS = 500
# Whatever asks for a log-in, or is only a step of something.
CLOSED = ("/accounts/", "/admin/", "/api/", "/card/", "/contact/mine/", "/home/", "/household/",
          "/inbox/",
          "/language/", "/m/", "/membership/", "/notices/", "/offline/", "/privacy/erasure/",
          "/privacy/guardian/", "/privacy/login/", "/privacy/mine/",
          "/profile/", "/purchases/", "/redemptions/", "/statement/", "/rewards/*/wish/",
          "/rewards/*/redemption/", "/wheel/spins/", "/wheel/*/mine/", "/wheel/*/seed/",
          "/wheel/*/spins/",
          "/giving/mine/", "/giving/*/donation/", "/giving/*/rounding/",
          "/giving/*/prize/", "/giving/*/share/", "/products/*/review/", "/reviews/mine/",
          "/reviews/club/", "/reviews/*/removal/", "/s/")  # fmt: skip


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """A page stands here once for each language, with its others beside it."""
    pages = []
    with translation.override(_LANGUAGES[0]):
        for path in _list_paths():
            bare = path.removeprefix(f"/{_LANGUAGES[0]}")
            pages.append(
                {
                    "default": settings.SITE_URL + bare,
                    "addresses": [
                        (code, f"{settings.SITE_URL}/{code}{bare}") for code in _LANGUAGES
                    ],
                }
            )
    return render(request, "core/sitemap.xml", {"pages": pages}, content_type="application/xml")


def _list_paths() -> list[str]:
    theme = get_club().theme
    names = ["localized:landing", "localized:reward_list", "programme_rules", "contact"]
    if theme.story or theme.story_values:
        names.append("story")
    slugs = LegalPage.objects.order_by("slug").values_list("slug", flat=True)
    now = timezone.now()
    rewards = list_public_slugs(now=now)
    return [
        *map(reverse, names),
        *(reverse("legal_page", args=[slug]) for slug in slugs),
        *(reverse("localized:reward_detail", args=[slug]) for slug in rewards),
        *(reverse("localized:wheel_fairness", args=[each.slug]) for each in list_turning(now=now)),
        *_list_giving_paths(),
        *_list_review_paths(),
        *_list_announcement_paths(),
    ]


def _list_giving_paths() -> list[str]:
    appeals = Appeal.objects.published().filter(starts_at__lte=timezone.now())
    slugs = list(appeals.order_by("pk").values_list("slug", flat=True))
    if not slugs:
        return []
    names = ("localized:appeal_list", "localized:giving_ledger")
    return [
        *map(reverse, names),
        *(reverse("localized:appeal_detail", args=[slug]) for slug in slugs),
    ]


def _list_review_paths() -> list[str]:
    """The page of all reviews while there are any, and products with something to read."""
    products = [reverse("localized:product_page", args=[pk]) for pk in list_pages_of_reviews()]
    if products or get_overall_summary().count:
        return [reverse("localized:review_list"), *products]
    return []


def _list_announcement_paths() -> list[str]:
    published = PublicNotice.objects.published().newest_first()
    slugs = list(published.values_list("slug", flat=True)[:_MOST_ANNOUNCEMENTS])
    if not slugs:
        return []
    pages = (reverse("announcement_detail", args=[slug]) for slug in slugs)
    return [reverse("announcement_list"), *pages]


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), "",
             f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]  # fmt: skip
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
