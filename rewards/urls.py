from django.urls import include, path

from rewards import (
    views,
    views_catalogue,
    views_entitlement,
    views_gift,
    views_redemption,
    views_stamps,
    views_viewing,
)

urlpatterns = [
    path("rewards/", views_catalogue.reward_list, name="reward_list"),
    path("rewards/<slug:slug>/", views_catalogue.reward_detail, name="reward_detail"),
    path("rewards/<slug:slug>/wish/", views_catalogue.reward_wish, name="reward_wish"),
    path(
        "rewards/<slug:slug>/redemption/",
        views_redemption.redemption_create,
        name="redemption_create",
    ),
    path("views/", views_viewing.detail_view, name="detail_view"),
    path("entitlements/<int:pk>/", views_entitlement.entitlement_take, name="entitlement_take"),
    path("gifts/<int:pk>/", views_gift.gift_detail, name="gift_detail"),
    path("gifts/<int:pk>/opening/", views_gift.gift_opening, name="gift_opening"),
    path("redemptions/", views_redemption.redemption_list, name="redemption_list"),
    path("redemptions/<int:pk>/", views_redemption.redemption_detail, name="redemption_detail"),
    path(
        "redemptions/<int:pk>/cancellation/",
        views_redemption.redemption_cancellation,
        name="redemption_cancellation",
    ),
    path(
        "redemptions/<int:pk>/calendar.ics",
        views_redemption.redemption_calendar,
        name="redemption_calendar",
    ),
    path(
        "redemptions/<int:pk>/download/",
        views_redemption.redemption_download,
        name="redemption_download",
    ),
    path("wheel/", include("rewards.urls_wheel")),
    path("giving/", include("rewards.urls_giving")),
    path("stamps/", views_stamps.stamps, name="stamps"),
    path("statement/", views.statement, name="statement"),
    path("statement/download/", views.statement_download, name="statement_download"),
    path("statement/<int:pk>/", views.statement_entry, name="statement_entry"),
]
