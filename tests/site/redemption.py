"""What the access matrix asks for of Mei's redemptions."""

import datetime as dt

from rewards.models import Entitlement, RewardSession
from rewards.services.redemption import redeem_reward
from tests.site.matrix import ADMIN

PAGES = ("detail", "cancellation", "calendar", "download")


def redemption_arguments(mei, make_reward, now):
    """A booking for the pages of its member (it has nothing to download), a voucher for staff."""
    experience = make_reward(kind="experience", price_points=1)
    session = RewardSession.objects.create(
        reward=experience, starts_at=now + dt.timedelta(days=3),
        ends_at=now + dt.timedelta(days=3, hours=2), seat_count=2, seats_left=2,
    )  # fmt: skip
    booking = redeem_reward(mei, experience, session=session, key="a", by=mei.user, now=now)
    reward = make_reward(price_points=1)
    voucher = redeem_reward(mei, reward, key="b", by=mei.user, now=now)
    right = Entitlement.objects.create(
        member=mei, reward=reward, cause_type="gift", cause_id=1, key="gift:1", given_at=now
    )
    return {
        "entitlement_take": [right.pk],
        "redemption_create": [reward.slug],
        **{f"redemption_{page}": [booking.pk] for page in PAGES},
        **{
            name: [] for name in ADMIN if name.startswith("admin:rewards_redemption_")
        },
        "admin:rewards_redemption_step": [voucher.pk, "use"],
        "admin:rewards_redemption_cancel": [voucher.pk],
    }  # fmt: skip
