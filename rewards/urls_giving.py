from django.urls import path

from rewards import views_giving

urlpatterns = [
    path("", views_giving.appeal_list, name="appeal_list"),
    path("ledger/", views_giving.giving_ledger, name="giving_ledger"),
    path("mine/", views_giving.giving_mine, name="giving_mine"),
    path("mine/<int:year>/", views_giving.giving_year, name="giving_year"),
    path(
        "mine/<int:year>/download/",
        views_giving.giving_year_download,
        name="giving_year_download",
    ),
    path(
        "mine/donations/<int:pk>/undoing/",
        views_giving.donation_undoing,
        name="donation_undoing",
    ),
    path("mine/shares/<int:pk>/ending/", views_giving.share_ending, name="share_ending"),
    path("<slug:slug>/", views_giving.appeal_detail, name="appeal_detail"),
    path("<slug:slug>/donation/", views_giving.donation_create, name="donation_create"),
    path("<slug:slug>/rounding/", views_giving.donation_rounding, name="donation_rounding"),
    path("<slug:slug>/prize/", views_giving.donation_prize, name="donation_prize"),
    path("<slug:slug>/share/", views_giving.share_create, name="share_create"),
]
