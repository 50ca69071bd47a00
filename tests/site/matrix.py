"""Who gets what at every address: anonymous, a login without membership, the other member, the
member whose objects are asked for, and the four staff roles (style 30).

A row is a method and eight answers. ``IN`` is the log-in page, ``OPEN`` the page on which a login
claims or opens a membership, any other redirect is ``GO``.
"""

WHO = ("anonymous", "outsider", "ken", "mei", "clerk", "marketer", "manager", "owner")
IN, OPEN, GO = "in", "open", "go"
STAFF = ("clerk", "marketer", "manager", "owner")


def row(method, *answers):
    return method, dict(zip(WHO, answers, strict=True))


EVERYBODY = row("get", *[200] * 8)
EVERYBODY_GOES = row("get", *[GO] * 8)
EVERYBODY_IN = row("get", *[IN] * 8)
NOBODY = row("get", *[404] * 8)
ONES_OWN = row("get", IN, OPEN, 200, 200, *[OPEN] * 4)
ONE_MEMBERS_OBJECT = row("get", IN, OPEN, 404, 200, *[OPEN] * 4)
STRANGERS = row("get", 200, *[GO] * 7)
LOGGED_IN = row("get", IN, *[200] * 7)
# Steps of an act that the login has not begun, or another log-in that must come first.
STEP = row("get", IN, *[GO] * 7)
NOT_SET_UP = row("get", IN, *[404] * 7)
TOKEN_ONLY = [401] * 8


SITE = {
    # --- Probes; no worker beats here, so the club is not ready (tests/site/test_health.py)
    "healthz": EVERYBODY,
    "readyz": row("get", *[503] * 8),
    "show_metrics": EVERYBODY,  # from this machine; else with a token
    # --- Pictures
    "picture_cover": EVERYBODY,
    "picture_pattern": EVERYBODY,
    "picture_scene": EVERYBODY,
    "photo": NOBODY,  # none is kept under the name that is asked for (tests/core/test_photos.py)
    "photo_rendition": NOBODY,
    # --- Pages
    "landing": row("get", 200, *[GO] * 7),
    "member_home": ONES_OWN,
    "member_card": ONES_OWN,
    "member_card_offline": ONES_OWN,
    "member_card_code": ONE_MEMBERS_OBJECT,
    "notice_list": ONES_OWN,
    "notice_reading": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "notice_one_reading": row("post", IN, OPEN, 404, GO, *[OPEN] * 4),
    "member_profile": ONES_OWN,
    "address_list": ONES_OWN,
    "address_new": ONES_OWN,
    "address_edit": ONE_MEMBERS_OBJECT,
    "address_removal": row("post", IN, OPEN, 404, GO, *[OPEN] * 4),
    "address_lookup": LOGGED_IN,
    # Mei leads a household, Ken is in none.
    "household": ONES_OWN,
    "household_opening": row("post", IN, OPEN, GO, 409, *[OPEN] * 4),
    "household_pooling": row("post", IN, OPEN, 409, GO, *[OPEN] * 4),
    "household_leaving": row("post", IN, OPEN, 409, GO, *[OPEN] * 4),
    "household_removal": row("post", IN, OPEN, 409, GO, *[OPEN] * 4),
    "household_inviting": row("post", IN, OPEN, 422, GO, *[OPEN] * 4),
    "household_cancellation": row("post", IN, OPEN, 409, GO, *[OPEN] * 4),
    "household_invitation": ONES_OWN,
    "household_answer": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "membership": row("get", IN, 200, GO, GO, *[200] * 4),
    "membership_claim": row("post", IN, 404, GO, GO, *[404] * 4),
    "membership_opening": row("post", IN, GO, 409, 409, *[GO] * 4),
    "purchase_list": ONES_OWN,
    "purchase_detail": ONE_MEMBERS_OBJECT,
    "receipt_claim": ONES_OWN,
    "join_at_store": EVERYBODY_GOES,
    "stamps": ONES_OWN,
    "statement": ONES_OWN,
    "statement_download": ONES_OWN,
    "statement_entry": ONE_MEMBERS_OBJECT,
    "reward_list": EVERYBODY,
    "reward_detail": EVERYBODY,
    "reward_wish": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "redemption_create": ONES_OWN,
    "entitlement_take": ONE_MEMBERS_OBJECT,
    "gift_detail": ONE_MEMBERS_OBJECT,
    "gift_opening": row("post", IN, OPEN, 404, GO, *[OPEN] * 4),
    "redemption_list": ONES_OWN,
    "redemption_detail": ONE_MEMBERS_OBJECT,
    "redemption_cancellation": ONE_MEMBERS_OBJECT,
    "redemption_calendar": ONE_MEMBERS_OBJECT,
    "redemption_download": row("get", IN, OPEN, 404, 404, *[OPEN] * 4),  # a booking has none
    # A log-in of the last minutes is asked for where it says GO (tests/members/test_privacy.py).
    "privacy_notice": EVERYBODY,
    "privacy_mine": ONES_OWN,
    "privacy_consents": ONES_OWN,
    "recommendations_choice": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "privacy_guardian": row("get", IN, OPEN, GO, GO, *[OPEN] * 4),
    "privacy_export": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "privacy_export_file": row("get", IN, OPEN, 404, GO, *[OPEN] * 4),
    "privacy_erasure": row("get", IN, OPEN, GO, GO, *[OPEN] * 4),
    "privacy_erasure_cancellation": row("post", IN, OPEN, GO, GO, *[OPEN] * 4),
    "login_again": row("post", *[IN] * 8),
    # Signed links of messages: whoever holds one may press.
    "erasure_link": EVERYBODY,
    "guardian_answer": EVERYBODY,
    "unsubscribe": EVERYBODY,
    "set_language": row("post", *[GO] * 8),
    # --- The club's own words, by language; its colours; what search engines ask for
    "localized:landing": row("get", 200, *[GO] * 7),
    "localized:reward_list": EVERYBODY,
    "localized:reward_detail": EVERYBODY,
    "story": EVERYBODY,
    "contact": EVERYBODY,
    "legal_page": EVERYBODY,
    "programme_rules": EVERYBODY,
    "robots": EVERYBODY,
    "sitemap": EVERYBODY,
    "theme_stylesheet": EVERYBODY,
    "theme_sample_stylesheet": EVERYBODY,
    "theme_sample": row("get", IN, *[403] * 5, 200, 200),
    # --- The club as an app on a phone
    "manifest": EVERYBODY,
    "localized:manifest": EVERYBODY,
    "service_worker": EVERYBODY,
    "offline": EVERYBODY,
    "icon_png": EVERYBODY,
    "icon_svg": EVERYBODY,
    # --- allauth
    "account_login": STRANGERS,
    "account_logout": row("get", GO, *[200] * 7),
    "account_inactive": EVERYBODY,
    "account_signup": STRANGERS,
    "account_reauthenticate": LOGGED_IN,
    "account_email": LOGGED_IN,
    "account_email_verification_sent": STEP,
    "account_change_password": LOGGED_IN,
    "account_set_password": STEP,
    "account_reset_password": EVERYBODY,
    "account_confirm_login_code": STEP,
    "account_verify_phone": STEP,
    "account_change_phone": LOGGED_IN,
    "account_confirm_password_reset_code": EVERYBODY_IN,
    "account_complete_password_reset": EVERYBODY_GOES,
    "account_password_reset_completed": EVERYBODY,
    "account_request_login_code": STRANGERS,
    "mfa_index": LOGGED_IN,
    "mfa_authenticate": STEP,
    "mfa_reauthenticate": STEP,
    "mfa_activate_totp": STEP,
    "mfa_deactivate_totp": NOT_SET_UP,
    "mfa_view_recovery_codes": NOT_SET_UP,
    "mfa_generate_recovery_codes": STEP,
    "mfa_download_recovery_codes": NOT_SET_UP,
    "mfa_list_webauthn": LOGGED_IN,
    "mfa_add_webauthn": STEP,
    "mfa_reauthenticate_webauthn": STEP,
    "mfa_remove_webauthn": STEP,
    "mfa_edit_webauthn": STEP,
    "mfa_login_webauthn": STEP,
    "usersessions_list": LOGGED_IN,
    "socialaccount_login_cancelled": EVERYBODY,
    "socialaccount_login_error": row("get", *[401] * 8),
    "socialaccount_signup": EVERYBODY_IN,
    "socialaccount_connections": LOGGED_IN,
    "/accounts/social/login/cancelled/": EVERYBODY_GOES,
    "/accounts/social/login/error/": EVERYBODY_GOES,
    "/accounts/social/signup/": EVERYBODY_GOES,
    "/accounts/social/connections/": EVERYBODY_GOES,
    # No provider is configured in the tests, so none has a door.
    "google_login": NOBODY,
    "google_callback": NOBODY,
    "google_login_by_token": NOBODY,
    "apple_login": NOBODY,
    "apple_callback": row("get", *[405] * 8),
    "apple_finish_callback": NOBODY,
    "line_login": NOBODY,
    "line_callback": NOBODY,
    "weixin_login": NOBODY,
    "weixin_callback": NOBODY,
    # --- Shops: a session opens nothing, an address alone doesn't either (tests/purchases/shops)
    "webhook_shopify": row("post", *TOKEN_ONLY),
    "webhook_woocommerce": row("post", *TOKEN_ONLY),
    # --- API: a session opens nothing, a token does (tests/purchases/test_api.py)
    "api:api-root": NOBODY,
    "api:openapi-json": EVERYBODY,
    "api:openapi-view": EVERYBODY,
    "api:post_purchases": row("post", *TOKEN_ONLY),
    "api:post_returns": row("post", *TOKEN_ONLY),
    "api:get_purchase": row("get", *TOKEN_ONLY),
    "api:get_balance": row("get", *TOKEN_ONLY),
    "api:get_rewards": row("get", *TOKEN_ONLY),
    "api:post_redemption": row("post", *TOKEN_ONLY),
    "api:get_redemption": row("get", *TOKEN_ONLY),
    "api:post_confirmation": row("post", *TOKEN_ONLY),
    "api:post_cancellation": row("post", *TOKEN_ONLY),
    "api:post_voucher_use": row("post", *TOKEN_ONLY),
    "api:get_quote": row("get", *TOKEN_ONLY),
    "api:post_payment": row("post", *TOKEN_ONLY),
    "api:post_capture": row("post", *TOKEN_ONLY),
    "api:post_release": row("post", *TOKEN_ONLY),
    "api:post_refund": row("post", *TOKEN_ONLY),
}


def back_office(method, clerk, marketer, manager, owner):
    """Members and others are led to the log-in."""
    return row(method, *[IN] * 4, clerk, marketer, manager, owner)


ALL_STAFF = back_office("get", 200, 200, 200, 200)
# At the counter a device is first asked which register it is; tests/admin/test_counter.py goes on.
AT_GET = back_office("get", GO, 403, GO, GO)
AT_POST = back_office("post", GO, 403, GO, GO)
# What lies beside the standard views of a ModelAdmin; those follow the roles (test_access.py).
# The import has failed: its columns lead back to it, and it left no report of refusals (404).
ADMIN = {
    "admin:index": ALL_STAFF,
    "admin:search": ALL_STAFF,
    "admin:app_list": ALL_STAFF,
    "admin:login": row("get", IN, 403, 403, 403, *[GO] * 4),
    "admin:logout": row("post", *[GO] * 8),
    "admin:password_change": ALL_STAFF,
    "admin:password_change_done": ALL_STAFF,
    "admin:autocomplete": back_office("get", 403, 403, 403, 403),
    "admin:jsi18n": ALL_STAFF,
    "admin:view_on_site": back_office("get", 404, 404, 404, 404),
    # Without the name of a list, and for a filter that isn't there.
    "admin:list_filter_save": back_office("post", 403, 403, 403, 403),
    "admin:list_filter_remove": back_office("post", 404, 404, 404, 404),
    # --- The counter
    "admin:counter": AT_GET,
    "admin:counter_find": AT_POST,
    "admin:counter_scan": AT_POST,
    "admin:counter_enrol": AT_GET,
    "admin:counter_member": AT_GET,
    "admin:counter_claim_code": AT_POST,
    "admin:counter_rewards": AT_GET,
    "admin:counter_redeem": AT_GET,
    "admin:counter_sale": AT_GET,
    "admin:counter_bill": AT_GET,
    "admin:counter_bill_payment": AT_POST,
    "admin:counter_bill_cancelling": AT_POST,
    "admin:counter_receipt": AT_GET,
    "admin:counter_claim": AT_POST,
    "admin:counter_return": AT_GET,
    "admin:counter_voucher": AT_GET,
    "admin:counter_voucher_use": AT_POST,
    "admin:counter_voucher_payment": AT_POST,
    "admin:counter_poster": AT_GET,
    "admin:counter_register": back_office("get", 200, 403, 200, 200),
    "admin:counter_switch": AT_GET,
    "admin:counter_lock": AT_POST,
    "admin:counter_pin": AT_GET,
    "admin:rewards_pointsrate_publish": back_office("get", 403, 403, 200, 200),
    "admin:members_staffpin_remove": back_office("post", 403, 403, GO, GO),
    # --- Members
    "admin:members_member_edit": back_office("get", 200, 200, 200, 200),
    "admin:members_member_address_new": back_office("get", 200, 403, 200, 200),
    "admin:members_member_address_edit": back_office("get", 200, 403, 200, 200),
    "admin:members_member_address_removal": back_office("post", GO, 403, GO, GO),
    "admin:members_member_claim_code": back_office("post", 409, 403, 409, 409),
    "admin:members_membermerge_into": back_office("get", 403, 403, 200, 200),
    "admin:members_membermerge_undo": back_office("get", 403, 403, 200, 200),
    "admin:members_duplicatepair_search": back_office("post", 403, 403, GO, GO),
    "admin:members_duplicatepair_apart": back_office("post", 403, 403, GO, GO),
    # It is open: there is nothing to reopen.
    "admin:members_duplicatepair_reopen": back_office("post", 403, 403, 409, 409),
    "admin:members_consent_record": back_office("get", 200, 403, 200, 200),
    "admin:members_erasurerequest_ask": back_office("get", 403, 403, 200, 200),
    "admin:members_erasurerequest_cancel": back_office("post", 403, 403, GO, GO),
    "admin:members_dataexport_ask": back_office("post", 403, 403, GO, GO),
    "admin:members_dataexport_file": back_office("get", 403, 403, 410, 410),
    "admin:members_theme_figures": back_office("get", 403, 403, 200, 200),
    "admin:members_recipient_policy": back_office("get", 403, 403, 200, 200),
    "admin:members_member_close": back_office("get", 200, 403, 200, 200),
    "admin:purchases_importjob_upload": back_office("get", 403, 403, 200, 200),
    "admin:purchases_importjob_columns": back_office("get", 403, 403, GO, GO),
    "admin:purchases_importjob_refused": back_office("get", 403, 403, 404, 404),
    "admin:purchases_apitoken_revoke": back_office("post", 403, 403, 403, GO),
    "admin:purchases_shopconnection_edit": back_office("get", 403, 403, 403, 200),
    "admin:purchases_shopconnection_secret": back_office("get", 403, 403, 403, 200),
    "admin:purchases_shopconnection_switch": back_office("post", 403, 403, 403, GO),
    "admin:purchases_webhookdelivery_body": back_office("get", 403, 403, 200, 200),
    "admin:purchases_webhookdelivery_replay": back_office("post", 403, 403, GO, GO),
    "admin:purchases_shoprefund_drop": back_office("get", 403, 403, 200, 200),
    "admin:purchases_shopprivacyrequest_answer": back_office("get", 403, 403, 200, 200),
    "admin:rewards_earningrule_edit": back_office("get", 403, 200, 200, 200),
    "admin:rewards_earningrule_publish": back_office("get", 403, 403, 200, 200),
    "admin:rewards_earningrule_end": back_office("post", 403, 403, 200, 200),
    "admin:rewards_programmeversion_publish": back_office("get", 403, 403, 200, 200),
    "admin:rewards_reward_edit": back_office("get", 403, 200, 200, 200),
    "admin:rewards_reward_publish": back_office("get", 403, 403, 200, 200),
    "admin:rewards_reward_retire": back_office("get", 403, 403, 200, 200),
    "admin:rewards_reward_restock": back_office("get", 403, 200, 200, 200),
    "admin:rewards_reward_cancel_date": back_office("get", 403, 403, 404, 404),
    "admin:rewards_reward_codes": back_office("get", 403, 404, 404, 404),
    "admin:rewards_rotation_edit": back_office("get", 403, 200, 200, 200),
    # Everyone is no list: nobody is put on it or taken off it by hand.
    "admin:members_audience_edit": back_office("get", 403, 200, 200, 200),
    "admin:members_audience_add_members": back_office("post", 403, 200, 200, 200),
    "admin:members_audience_remove_member": back_office("post", 403, 422, 422, 422),
    # The clerk asked for points above a clerk's limits; a decision without its word is refused.
    "admin:rewards_adjustment_ask": back_office("get", 200, 403, 200, 200),
    "admin:rewards_adjustment_credit": back_office("get", 200, 403, 200, 200),
    "admin:rewards_adjustment_withdraw": back_office("post", GO, 403, 403, 403),
    "admin:rewards_approval_decide": back_office("post", 403, 403, 403, 403),
    "admin:rewards_standing_decide": back_office("get", 403, 403, 200, 200),
    "admin:rewards_standing_end": back_office("get", 403, 403, 200, 200),
    "admin:rewards_bulkact_draft": back_office("get", 403, 200, 200, 200),
    "admin:rewards_bulkact_terms": back_office("get", 403, 200, 200, 200),
    "admin:rewards_bulkact_confirm": back_office("post", 403, GO, GO, GO),
    "admin:rewards_bulkact_cancel": back_office("get", 403, 200, 200, 200),
    "admin:rewards_surprise_draft": back_office("get", 403, 200, 200, 200),
    "admin:rewards_surprise_preview": back_office("post", 403, 200, 200, 200),
    "admin:rewards_surprise_terms": back_office("get", 403, 200, 200, 200),
    "admin:rewards_surprise_confirm": back_office("post", 403, GO, GO, GO),
    "admin:rewards_surprise_cancel": back_office("get", 403, 200, 200, 200),
    "admin:rewards_alert_note": back_office("post", 403, 403, GO, GO),
    "admin:rewards_redemption_step": back_office("post", GO, 403, GO, GO),
    "admin:rewards_redemption_cancel": back_office("get", 403, 403, 200, 200),
    "admin:rewards_redemption_packing": back_office("get", 403, 403, 200, 200),
    "admin:rewards_redemption_labels": back_office("get", 403, 403, 200, 200),
    "admin:rewards_redemption_packing_list": back_office("get", 403, 403, 200, 200),
    "admin:rewards_redemption_tracking": back_office("post", 403, 403, 422, 422),
    "admin:rewards_returnrefund_start": back_office("get", 200, 403, 200, 200),
    "admin:rewards_webhookendpoint_act": back_office("get", 403, 403, 403, 200),
    "admin:rewards_webhookmessage_replay": back_office("post", 403, 403, 403, GO),
}
