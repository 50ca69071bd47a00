from django.urls import path

from members import views, views_profile

urlpatterns = [
    path("", views.landing, name="landing"),
    path("home/", views.member_home, name="member_home"),
    path("card/<str:number>.svg", views.member_card_code, name="member_card_code"),
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/reading/", views.notice_reading, name="notice_reading"),
    path("notices/<int:pk>/reading/", views.notice_reading, name="notice_one_reading"),
    path("profile/", views_profile.member_profile, name="member_profile"),
    path("membership/", views_profile.membership, name="membership"),
    path("membership/claim/", views_profile.membership_claim, name="membership_claim"),
    path("membership/opening/", views_profile.membership_opening, name="membership_opening"),
]
