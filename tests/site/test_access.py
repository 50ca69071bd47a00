"""Every address of the project against every kind of visitor; a new one must get its row."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from members import links
from members.models import DataExport, Guardian
from members.services.erasure import request_erasure
from members.services.notices import NoticeRow, add_notices
from purchases.enums import ImportState, Scope
from purchases.models import (
    ImportJob,
    ShopPrivacyRequest,
    ShopRefund,
    Source,
    WebhookBody,
    WebhookDelivery,
)
from purchases.services.shops.connections import create_connection
from purchases.services.tokens import create_token
from rewards.models import EarningRule, Rotation, WebhookMessage
from rewards.services.webhooks.endpoints import create_endpoint
from tests.site.asked import survey_arguments
from tests.site.campaigns import campaign_arguments
from tests.site.control import control_arguments
from tests.site.giving import giving_arguments
from tests.site.matrix import ADMIN, GO, IN, OPEN, SITE, WHO
from tests.site.record import record_arguments
from tests.site.redemption import redemption_arguments
from tests.site.reviews import review_arguments
from tests.site.surveys import builder_arguments
from tests.site.theme import theme_arguments
from tests.site.wheel import wheel_arguments

pytestmark = pytest.mark.django_db


def list_urls():
    """(full name, keyword arguments wanted) of every pattern; unnamed ones by their route."""
    found = []

    def walk(resolver, prefix="", namespace=""):
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                walk(pattern, route, inner)
            else:
                name = f"{namespace}{pattern.name}" if pattern.name else f"/{route}"
                found.append((name, route))

    walk(get_resolver())
    return found


REDEMPTION_CALLS = (
    "get_redemption", "post_confirmation", "post_cancellation", "post_capture", "post_release",
    "post_refund",
)  # fmt: skip
VIEWS = ("changelist", "add", "history", "delete", "change")


def list_admins_own():
    """The standard views of every ModelAdmin: name to (model's options, view)."""
    return {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}": (model._meta, view)
        for model in admin.site._registry
        for view in VIEWS
    }


def is_admins_own(name):
    """Also the redirect of an object's bare address, and the catch-all: they have no name."""
    return name.startswith("/admin/") or name in list_admins_own()


def test_every_address_has_a_row():
    wanted = {name for name, _route in list_urls() if not is_admins_own(name)}
    assert wanted == SITE.keys() | ADMIN.keys()


def privacy_arguments(mei, now):
    """Of Mei: a request to be forgotten, a download that isn't ready, a guardian."""
    guardian = Guardian.objects.create(
        member=mei, name="Lin", email="lin@example.com", named_at=now
    )
    erasure = request_erasure(mei, by=None, now=now)
    export = DataExport.objects.create(member=mei, requested_at=now, due_at=now)
    return {
        "privacy_export_file": [export.pk],
        "erasure_link": [links.sign("erasure", erasure.pk)],
        "guardian_answer": [links.sign("guardian", guardian.pk)],
        "admin:members_consent_record": [mei.pk],
        "admin:members_erasurerequest_ask": [mei.pk],
        "admin:members_erasurerequest_cancel": [erasure.pk],
        "admin:members_dataexport_ask": [mei.pk],
        "admin:members_dataexport_file": [export.pk],
    }


def build_shop_arguments(source, now):
    """A connection of each kind, with a message, a refund and a request of the first."""
    connections = [
        create_connection(kind=kind, name="Shop", source=source, secret="s" * 20, by=None, now=now)
        for kind in ("shopify", "woocommerce")
    ]
    delivery = WebhookDelivery.objects.create(
        connection=connections[0], received_at=now, last_seen_at=now, topic="orders/paid",
        digest=b"", byte_count=2, verdict="accepted", state="done",
    )  # fmt: skip
    WebhookBody.objects.create(delivery=delivery, content=b"{}")
    refund = ShopRefund.objects.create(
        source=source, external_id="r", order_external_id="o", refunded_at=now, recorded_at=now,
        content={"lines": [], "loose": 100, "total": 100},
    )  # fmt: skip
    request = ShopPrivacyRequest.objects.create(
        connection=connections[0], kind="shop", external_id="p", received_at=now, due_on=now.date()
    )
    return {
        **{f"webhook_{each.kind}": [each.uid] for each in connections},
        **{
            f"admin:purchases_shopconnection_{page}": [connections[0].pk]
            for page in ("edit", "secret", "switch")
        },
        **{f"admin:purchases_webhookdelivery_{page}": [delivery.pk] for page in ("body", "replay")},
        "admin:purchases_shoprefund_drop": [refund.pk],
        "admin:purchases_shopprivacyrequest_answer": [request.pk],
    }


@pytest.fixture
def arguments(cast, make_reward, now):
    mei = cast.members["mei"]
    reward = make_reward()
    rotation = Rotation.objects.create(name="Weekly", starts_on=now.date())
    add_notices([NoticeRow(mei.pk, "tier_up", now, "n", {"tier_id": 1})], now=now)
    purchase = mei.purchases.first()
    source, rule = Source.objects.get(), EarningRule.objects.get(code="base")
    token, _text = create_token(
        source=source, name="t", scopes=[Scope.READ_PURCHASES], by=None, now=now
    )
    job = ImportJob.objects.create(
        source=source, file="none.csv", file_name="none.csv", state=ImportState.FAILED,
        created_at=now, finished_at=now,
    )  # fmt: skip
    shops = build_shop_arguments(source, now)
    told, _secret = create_endpoint(
        name="Told", url="https://1.1.1.1/", events=["tier.changed"], by=None, now=now
    )
    message = WebhookMessage.objects.create(
        endpoint=told, event="tier.changed", payload={}, occurred_at=now, due_at=now
    )
    return {
        **shops,
        **privacy_arguments(mei, now),
        **campaign_arguments(cast, mei, now),
        **control_arguments(cast, mei, now),
        **{name: [mei.pk] for name in ADMIN if name.startswith("admin:members_member_")},
        **record_arguments(mei, now),
        **redemption_arguments(mei, make_reward, now),
        **theme_arguments(now),
        **wheel_arguments(mei, now),
        **giving_arguments(mei, now),
        **review_arguments(mei, now),
        **survey_arguments(mei, now),
        **builder_arguments(now),
        "picture_cover": ["coffee", 1],
        "picture_pattern": ["waves", "6c2642"],
        "picture_scene": ["missing"],
        "photo": [f"{'0' * 32}-640x480"],
        "photo_rendition": [f"{'0' * 32}-640x480", 320, "webp"],
        "member_card_code": [mei.number],
        "notice_reading": [mei.notices.get(code="tier_up").pk],
        "purchase_detail": [purchase.pk],
        "join_at_store": ["nowhere"],
        "admin:counter_member": [1],
        "admin:counter_claim_code": [1],
        "admin:counter_rewards": [1],
        "admin:counter_redeem": [1, 1],
        "admin:counter_bill": [1],
        "admin:counter_bill_payment": [1],
        "admin:counter_bill_cancelling": [1],
        "admin:counter_receipt": [1],
        "admin:counter_claim": [1],
        "admin:counter_return": [1],
        "admin:counter_voucher": [1],
        "admin:counter_voucher_use": [1],
        "admin:counter_voucher_payment": [1],
        "admin:members_staffpin_remove": [10**9],
        "statement_entry": [mei.transfers.first().pk],
        "reward_detail": [reward.slug],
        "localized:reward_detail": [reward.slug],
        "reward_wish": [reward.slug],
        # A voucher has neither dates nor a pool: whoever may open them finds none (404).
        **{name: [reward.pk] for name in ADMIN if name.startswith("admin:rewards_reward_")},
        "admin:rewards_reward_cancel_date": [reward.pk, 1],
        "admin:rewards_rotation_edit": [rotation.pk],
        "mfa_remove_webauthn": [1],
        "mfa_edit_webauthn": [1],
        "api:get_purchase": [purchase.pk],
        "api:get_balance": [mei.number],
        **{f"api:{name}": [1] for name in REDEMPTION_CALLS},
        "admin:view_on_site": [1, 1],
        "admin:app_list": ["members"],
        "admin:list_filter_remove": [10**9],
        **{name: [rule.pk] for name in ADMIN if name.startswith("admin:rewards_earningrule_")},
        "admin:purchases_importjob_columns": [job.pk],
        "admin:purchases_importjob_refused": [job.pk],
        "admin:purchases_apitoken_revoke": [token.pk],
        "admin:rewards_returnrefund_start": [purchase.pk],
        "admin:rewards_webhookendpoint_act": [told.pk, "off"],
        "admin:rewards_webhookmessage_replay": [message.pk],
    }


def ask(cast, who, method, path):
    """One request of a fresh session, undone afterwards."""
    client = Client(raise_request_exception=False)
    if who != "anonymous":
        client.cookies[settings.SESSION_COOKIE_NAME] = _begin_session(cast.clients[who])
    point = transaction.savepoint_create()
    try:
        response = getattr(client, method)(path)
        if response.streaming:
            b"".join(response.streaming_content)
    finally:
        transaction.savepoint_rollback(point)
    if response.status_code in (301, 302, 303):
        if response.url.startswith((reverse("account_login"), reverse("admin:login"))):
            return IN
        return OPEN if response.url == reverse("membership") else GO
    return response.status_code


def _begin_session(client):
    """The key of a new session of the same login: logging in anew takes as long as a page."""
    session = SessionStore()
    session.update(dict(client.session.items()))
    session.create()
    return session.session_key


@pytest.mark.parametrize("who", WHO)
def test_every_address_answers_as_its_row_says(who, cast, arguments):
    expected, actual = {}, {}
    for name, (method, answers) in {**SITE, **ADMIN}.items():
        path = name if name.startswith("/") else reverse(name, args=arguments.get(name, []))
        expected[name] = answers[who]
        actual[name] = ask(cast, who, method, path)
    assert actual == expected


@pytest.mark.parametrize("who", WHO)
def test_admins_own_views_follow_the_roles(who, cast):
    """What a role's permissions don't name is refused; what it may view opens."""
    wrong = []
    for name, (options, view) in list_admins_own().items():
        path = reverse(name, args=[] if view in ("changelist", "add") else ["999999999"])
        answer = ask(cast, who, "get", path)
        if answer not in _list_right_answers(cast.users.get(who), options, view):
            wrong.append((name, answer))
    assert wrong == []


def _list_right_answers(user, options, view):
    """A read-only admin may refuse more than the role does, never less."""
    if user is None:
        return {IN}
    if not user.is_staff:
        return {IN, 403}
    verbs = {"add": ["add"], "delete": ["delete"]}.get(view, ["view", "change"])
    if not any(user.has_perm(f"{options.app_label}.{verb}_{options.model_name}") for verb in verbs):
        return {403, GO}  # an object that isn't there, or the one club, leads back to the list
    return {200, GO} if view == "changelist" else {200, GO, 403, 404}
