from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from loyalty_site import public
from loyalty_site.installable import views as installable_views
from loyalty_site.probes import PROBES
from members import views as members_views
from rewards import views_catalogue, views_fairness, views_giving
from surveys import views_reviews
from surveys.api import api

# The same pages as without a language, for search engines and for links that are passed on.
_twins = [
    path("", members_views.landing, name="landing"),
    path("rewards/", views_catalogue.reward_list, name="reward_list"),
    path("rewards/<slug:slug>/", views_catalogue.reward_detail, name="reward_detail"),
    path("wheel/<slug:slug>/fairness/", views_fairness.wheel_fairness, name="wheel_fairness"),
    path("wheel/<slug:slug>/fairness/<str:day>/", views_fairness.wheel_day, name="wheel_day"),
    path("giving/", views_giving.appeal_list, name="appeal_list"),
    path("giving/ledger/", views_giving.giving_ledger, name="giving_ledger"),
    path("giving/<slug:slug>/", views_giving.appeal_detail, name="appeal_detail"),
    path("products/<int:pk>/", views_reviews.product_page, name="product_page"),
    path("reviews/", views_reviews.review_list, name="review_list"),
    path("manifest.webmanifest", installable_views.manifest, name="manifest"),
]

handler500 = "loyalty_site.mistakes.server_error"

urlpatterns = [
    # ProbeMiddleware answers these before they get here.
    *(path(address.lstrip("/"), view, name=view.__name__) for address, view in PROBES.items()),
    # What messages lead to comes in crowds, and addresses are tried one after the other.
    path("", include("campaigns.urls_response")),
    path("", include("surveys.urls")),
    path("", include("core.urls")),
    path("", include("members.urls")),
    path("", include("purchases.urls")),
    path("", include("rewards.urls")),
    path("", include("surveys.urls_reviews")),
    path("", include("surveys.urls_contact")),
    path("", include("campaigns.urls_writing")),
    path("", include("campaigns.urls_channels")),
    path("accounts/", include("allauth.urls")),
    path("language/", include("django.conf.urls.i18n")),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("", include("loyalty_site.installable.urls")),
    path("robots.txt", public.robots, name="robots"),
    path("sitemap.xml", public.sitemap, name="sitemap"),
    # Below the prefix of a language, as in /ja/story/
    *i18n_patterns(
        path("", include("members.urls_public")),
        path("", include("rewards.urls_public")),
        path("", include("surveys.urls_public")),
        path("", include("campaigns.urls_public")),
        path("", include((_twins, "localized"))),
    ),
]

if settings.DEBUG:
    from loyalty_site.design import design

    urlpatterns.append(path("design/", design, name="design"))
