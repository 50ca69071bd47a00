"""Campaigns, notices, letters and prices: each constraint from both sides."""

import datetime as dt

import pytest

from campaigns.models import (
    Campaign,
    CampaignAudience,
    CampaignFigures,
    CampaignVariant,
    DigestMail,
    Mailing,
    MailingPicture,
    PrintBatch,
    PublicNotice,
    PublicNoticeUpdate,
    SendingPolicy,
    SmsPrice,
)
from members.models import User
from members.services.audiences import ensure_audience
from tests.constraints import guards

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 3, 9)
TUESDAY = dt.datetime(2026, 3, 10, 19, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def makers(club, now):
    """By model a function that makes a good row, whatever is said otherwise."""
    user = User.objects.create(email="head@example.com")
    audiences = [ensure_audience(slug, kind="list", name=slug) for slug in ("one", "two")]

    def mailing():
        return Mailing.objects.create(
            kind="campaign", name="Summer", purpose="news", channels=["email"], created_at=now
        )

    def campaign(**values):
        return Campaign.objects.create(**{"mailing": mailing(), "seed": "s", **values})

    kept = campaign()

    def audience(**values):
        slot = values.pop("slot", 0)
        return CampaignAudience.objects.create(campaign=kept, audience=audiences[slot], **values)

    def notice(**values):
        slug = f"notice-{PublicNotice.objects.count()}"
        return PublicNotice.objects.create(
            **{"kind": "change", "slug": slug, "title": "Hours", "body": "We close.",
               "published_at": now, "created_at": now, **values},
        )  # fmt: skip

    return {
        "campaign": campaign,
        "audience": audience,
        "variant": lambda **values: CampaignVariant.objects.create(
            **{"campaign": kept, "code": "B", **values}
        ),
        "policy": lambda **values: SendingPolicy.objects.create(**{"pk": 1, **values}),
        "figures": lambda **values: CampaignFigures.objects.create(
            **{"campaign": campaign(), "counted_at": now, **values}
        ),
        "digest": lambda **values: DigestMail.objects.create(
            **{"user": user, "week_on": MONDAY, "recorded_at": now, **values}
        ),
        "picture": lambda **values: MailingPicture.objects.create(
            **{
                "mailing": kept.mailing,
                "photo": "a-1x1.jpg",
                "description": "A cup",
                "size": 9,
                "added_at": now,
                **values,
            },
        ),
        "batch": lambda **values: PrintBatch.objects.create(
            **{"mailing": mailing(), "format": "card", "message_ids": [1], "made_at": now, **values}
        ),
        "notice": notice,
        "mailed": lambda **values: notice(mailing=mailing(), **values),
        "update": lambda **values: PublicNoticeUpdate.objects.create(
            **{"notice": notice(), "body": "Open again.", "recorded_at": now, **values}
        ),
        "price": lambda **values: SmsPrice.objects.create(
            **{"country": "JP", "price": 1, **values}
        ),
    }


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad", "beside"),
    [
        ("campaign_state_is_known", "campaign", {"state": "paused"}, {"state": "lost"}, None),
        ("campaign_holdout_is_half_at_most", "campaign", {"holdout_percent": 50},
         {"holdout_percent": 51}, None),
        ("campaign_test_is_a_share", "campaign", {"test_percent": 1}, {"test_percent": 0}, None),
        ("campaign_test_ends", "campaign", {"state": "testing", "decide_at": TUESDAY},
         {"state": "testing"}, None),
        ("campaign_released_before_it_starts", "campaign",
         {"submitted_at": TUESDAY, "started_at": TUESDAY},
         {"submitted_at": TUESDAY, "started_at": TUESDAY - HOUR}, None),
        ("campaign_audience_once", "audience", {"slot": 1}, {"is_excluded": True}, {}),
        ("campaign_variant_once", "variant", {"code": "C"}, {}, {}),
        ("campaign_variant_is_a_letter", "variant", {"code": "Z"}, {"code": "1"}, None),
        ("campaign_variant_has_a_share", "variant", {"weight": 1}, {"weight": 0}, None),
        ("campaign_variant_hour", "variant", {"hour": 23}, {"hour": 24}, None),
        ("sending_policy_is_one_row", "policy", {}, {"pk": 2}, None),
        ("sending_policy_holdout_is_small", "policy", {"holdout_percent": 20},
         {"holdout_percent": 21}, None),
        ("campaign_figures_lift_has_its_interval", "figures",
         {"lift_amount": 1, "lift_low": 0, "lift_high": 2}, {"lift_amount": 1}, None),
        ("digest_once_a_week", "digest", {"week_on": MONDAY + dt.timedelta(days=7)}, {}, {}),
        ("mailing_picture_says_what_it_shows", "picture", {}, {"description": ""}, None),
        (
            "print_batch_posted_or_cancelled", "batch", {"cancelled_at": TUESDAY},
            {"cancelled_at": TUESDAY, "posted_at": TUESDAY}, None,
        ),
        ("print_batch_has_messages", "batch", {}, {"message_ids": []}, None),
        ("print_batch_format_is_known", "batch", {"format": "hagaki"}, {"format": "a5"}, None),
        ("public_notice_kind_is_known", "notice", {"kind": "incident"}, {"kind": "rumour"}, None),
        ("public_notice_says_something", "notice", {}, {"title": ""}, None),
        ("public_notice_over_after_it_began", "notice", {"resolved_at": TUESDAY},
         {"resolved_at": TUESDAY - HOUR}, None),
        ("public_notice_sent_is_published", "mailed", {}, {"published_at": None}, None),
        ("public_notice_update_says_something", "update", {}, {"body": ""}, None),
        ("sms_price_country_is_a_code", "price", {"country": ""}, {"country": "jp"}, None),
        ("sms_price_not_negative", "price", {"price": 0}, {"price": -1}, None),
    ],
)  # fmt: skip
def test_constraint_holds_from_both_sides(makers, constraint, model, good, bad, beside):
    guards(constraint, makers[model], good, bad, beside)
