from django.urls import include, path

from members import (
    views,
    views_addresses,
    views_card,
    views_households,
    views_privacy,
    views_profile,
    views_public,
)

addresses = [
    path("", views_addresses.address_list, name="address_list"),
    path("new/", views_addresses.address_new, name="address_new"),
    path("<int:pk>/", views_addresses.address_edit, name="address_edit"),
    path("<int:pk>/removal/", views_addresses.address_removal, name="address_removal"),
]
invitations = [
    path("", views_households.household_inviting, name="household_inviting"),
    path(
        "<int:pk>/cancellation/",
        views_households.household_cancellation,
        name="household_cancellation",
    ),
    path("<str:token>/", views_households.household_invitation, name="household_invitation"),
    path("<str:token>/answer/", views_households.household_answer, name="household_answer"),
]
household = [
    path("", views_households.household, name="household"),
    path("opening/", views_households.household_opening, name="household_opening"),
    path("pooling/", views_households.household_pooling, name="household_pooling"),
    path("leaving/", views_households.household_leaving, name="household_leaving"),
    path("people/<int:pk>/removal/", views_households.household_removal, name="household_removal"),
    path("invitations/", include(invitations)),
]
own_privacy = [
    path("", views_privacy.privacy_mine, name="privacy_mine"),
    path("consents/", views_privacy.privacy_consents, name="privacy_consents"),
    path("recommendations/", views_privacy.recommendations_choice, name="recommendations_choice"),
    path("guardian/", views_privacy.privacy_guardian, name="privacy_guardian"),
    path("export/", views_privacy.privacy_export, name="privacy_export"),
    path("export/<int:pk>/", views_privacy.privacy_export_file, name="privacy_export_file"),
    path("erasure/", views_privacy.privacy_erasure, name="privacy_erasure"),
    path(
        "erasure/cancellation/",
        views_privacy.privacy_erasure_cancellation,
        name="privacy_erasure_cancellation",
    ),
]
privacy = [
    path("", views_privacy.privacy_notice, name="privacy_notice"),
    path("mine/", include(own_privacy)),
    path("login/", views_privacy.login_again, name="login_again"),
    path("erasure/<str:token>/", views_privacy.erasure_link, name="erasure_link"),
    path("guardian/<str:token>/", views_privacy.guardian_answer, name="guardian_answer"),
]
urlpatterns = [
    # The club's colours
    path("theme/<str:version>.css", views_public.theme_stylesheet, name="theme_stylesheet"),
    path("theme/sample/<str:version>/", views_public.theme_sample, name="theme_sample"),
    path(
        "theme/sample/<str:version>.css",
        views_public.theme_sample_stylesheet,
        name="theme_sample_stylesheet",
    ),
    # Home
    path("", views.landing, name="landing"),
    path("home/", views.member_home, name="member_home"),
    path("card/", views_card.member_card, name="member_card"),
    path("card/offline/", views_card.member_card_offline, name="member_card_offline"),
    path("card/<str:number>.svg", views.member_card_code, name="member_card_code"),
    path("notices/<int:pk>/reading/", views.notice_reading, name="notice_reading"),
    path("profile/", views_profile.member_profile, name="member_profile"),
    path("profile/addresses/", include(addresses)),
    path("addresses/lookup/", views_addresses.address_lookup, name="address_lookup"),
    path("membership/", views_profile.membership, name="membership"),
    path("membership/claim/", views_profile.membership_claim, name="membership_claim"),
    path("membership/opening/", views_profile.membership_opening, name="membership_opening"),
    path("household/", include(household)),
    path("privacy/", include(privacy)),
]
