"""Every page of the site that a visitor or a member may open, found by the access matrix, and the
states of them that have an address.
"""

import datetime as dt

from django.urls import reverse

from members.services.notices import NoticeRow, add_notices
from rewards.models import RewardCategory, RewardSession, Tier
from rewards.services.catalogue import add_wish
from rewards.services.grants import grant_points
from rewards.services.redemption import Parcel, redeem_reward
from tests.site.matrix import SITE

PARCEL = Parcel("Mei", "US", "1 Main St")
# Another's making (the browser of the API), and what the worker alone asks for.
NOT_OURS = ("api:openapi-view",)
STATES = {
    "anonymous": (
        "/nowhere/", "/rewards/cup/", "/rewards/?q=xyzzy", "/accounts/login/?next=/home/",
        "/ja/story/", "/zh-hans/rules/", "/zh-hant/contact/",
    ),
    "mei": (
        "/statement/?unit=all", "/statement/?kind=expired", "/rewards/?wished=on",
        "/rewards/?q=xyzzy", "/rewards/house/", "/rewards/gold/", "/rewards/bowl/",
        "/rewards/tasting/", "/rewards/gone/", "/profile/addresses/new/?country=JP",
        "/profile/addresses/new/?country=CN", "/accounts/phone/change/",
    ),
}  # fmt: skip


def list_addresses(who, arguments):
    """What answers who with a page, by the access matrix; then the states."""
    found = [
        reverse(name, args=arguments.get(name, []))
        for name, (method, answers) in SITE.items()
        if method == "get" and answers[who] == 200 and name not in NOT_OURS
        and not name.startswith("/")
    ]  # fmt: skip
    return [*found, *STATES.get(who, ())]


def list_pages(who, cast, arguments):
    """(address, HTML) of those that are pages, and not pictures, files or answers to programs."""
    client = cast.clients[who]
    client.raise_request_exception = False
    pages = []
    for address in list_addresses(who, arguments):
        response = client.get(address)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            pages.append((address, response.content.decode()))
    return pages


def furnish(mei, make_reward, now):
    """Points, a shelf with a reward in each state, and a redemption of each kind."""
    grant_points(mei, 500, expires_on=None, note="", key="start", by=None, now=now)
    gold, day = Tier.objects.get(slug="gold").audience, dt.timedelta(days=1)
    tea = RewardCategory.objects.create(slug="tea", name="Tea")
    cup = make_reward("Tea cup", slug="cup", price_points=20, category=tea, summary="By hand",
                      stock_left=3, limit_count=2, fine_print="Small.")  # fmt: skip
    make_reward("A house by the sea", slug="house", price_points=900_000)
    make_reward("Gone", slug="gone", kind="goods", stock_left=0)
    make_reward("For gold", slug="gold", gates=[{"audience": gold}, {"opens_at": now + day}])
    bowl = make_reward("星野の抹茶碗と季節の和菓子", slug="bowl", kind="goods", category=tea)
    tasting = make_reward("Tasting", slug="tasting", kind="experience", price_amount=500)
    for days in (1, 2):
        RewardSession.objects.create(
            reward=tasting, starts_at=now + days * day, ends_at=now + (days + 1) * day,
            seat_count=4, seats_left=2 * (days - 1), place="Cellar",
        )  # fmt: skip
    add_wish(mei, tasting, now=now)
    add_notices([NoticeRow(mei.pk, "tier_up", now, "f", {"tier_id": 1})], now=now)
    voucher = redeem_reward(mei, cup, key="face-1", by=mei.user, now=now)
    parcel = redeem_reward(mei, bowl, key="face-2", by=mei.user, now=now, parcel=PARCEL)
    return [each.get_absolute_url() for each in (voucher, parcel)]
