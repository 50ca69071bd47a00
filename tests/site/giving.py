"""What addresses of giving are asked with (tests/site/test_access.py)."""

from django.utils import timezone

from core.time import day_of
from members.selectors.club import get_club
from rewards.models import Appeal, Charity, StandingDonation
from rewards.services.giving import close_period, donate_points, read_period, save_charity
from rewards.services.grants import grant_points
from tests.site.matrix import ADMIN


def giving_arguments(mei, now):
    """An appeal that is open, a gift that can be taken back, a share, an empty settlement."""
    charity = save_charity(
        Charity(slug="c", name="C", registration_number="1", country="JP", hundred_amount=100),
        by=None, now=now,
    )  # fmt: skip
    appeal = Appeal.objects.create(
        charity=charity, slug="meals", name="Meals", goal_points=1000, starts_at=now,
        published_at=now,
    )  # fmt: skip
    share = StandingDonation.objects.create(
        member=mei, appeal=appeal, share_percent=5, started_at=now
    )
    grant_points(mei, 10, expires_on=None, note="", key="to-give", by=None, now=now)
    gift = donate_points(mei, appeal, 1, key="g", by=None, now=timezone.now())
    settlement = close_period(charity, read_period("2001"), by=None, now=now)
    year = day_of(gift.donated_at, get_club().zone).year
    return {
        "appeal_detail": [appeal.slug],
        "localized:appeal_detail": [appeal.slug],
        **{
            name: [appeal.slug]
            for name in ("donation_create", "donation_rounding", "donation_prize", "share_create")
        },
        "giving_year": [year],
        "giving_year_download": [year],
        "donation_undoing": [gift.pk],
        "share_ending": [share.pk],
        **{name: [charity.pk] for name in ADMIN if name.startswith("admin:rewards_charity_")},
        **{name: [appeal.pk] for name in ADMIN if name.startswith("admin:rewards_appeal_")},
        "admin:rewards_donation_undoing": [gift.pk],
        **{
            name: [settlement.pk]
            for name in ADMIN
            if name.startswith("admin:rewards_charitysettlement_")
        },
    }
