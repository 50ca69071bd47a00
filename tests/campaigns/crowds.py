"""Members in audiences, and campaigns to them."""

from hashlib import md5
from itertools import count

import pytest

from campaigns.models import Campaign
from campaigns.selectors.recipients import list_recipients
from campaigns.services.campaigns import Terms, draft_campaign
from campaigns.services.editions import save_content
from members.models import Member
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from tests.rewards.desk import staff

__all__ = ["crowd", "make_campaign", "staff"]


def share(seed, member_id):
    """Where in 0 to 9,999 a member falls: what the club's own SQL must find, too."""
    return int(md5(f"{seed}:{member_id}".encode()).hexdigest()[:8], 16) % 10_000


def find_seed(fits):
    """The first seed that divides members as a test needs it, whatever their ids are: no test goes
    by chance.
    """
    return next(seed for seed in map("seed-{}".format, count()) if fits(seed))


def divide(campaign, *, tested=None, held=None, second=None):
    """Let exactly so many of its members be in the test, in the control group, in variant B (of
    two alike, among those who are tested).
    """
    ids = list(list_recipients(campaign).values_list("pk", flat=True))

    def fits(seed):
        sample = ids
        if tested is not None:
            limit = campaign.test_percent * 100
            sample = [pk for pk in ids if share(f"{seed}:test", pk) < limit]
        in_b = sum(share(f"{seed}:variant", pk) >= 5_000 for pk in sample)
        out = sum(share(seed, pk) < campaign.holdout_percent * 100 for pk in ids)
        return tested in (None, len(sample)) and second in (None, in_b) and held in (None, out)

    campaign.seed = find_seed(fits)
    Campaign.objects.filter(pk=campaign.pk).update(seed=campaign.seed)
    return campaign


@pytest.fixture
def crowd(club, now):
    """``crowd(3, "friends")`` adds three members with an address each to a list."""

    def add(count, slug="friends", **fields):
        audience = ensure_audience(slug, kind="list", name=slug.title())
        start = Member.objects.count()
        members = [
            create_member(
                now=now, source="test", given_name=f"Name{start + place}",
                **({"email": f"reader{start + place}@example.com"} | fields),
            )
            for place in range(count)
        ]  # fmt: skip
        move_members(None, [AudienceMove(audience.pk, each.pk) for each in members], now=now)
        return members

    return add


@pytest.fixture
def make_campaign(club, staff, now):
    """A draft to "friends" by e-mail, with words."""

    def make(*, by=None, words=True, audiences=("friends",), excluded=(), **terms):
        by = by or staff("owner")

        def find(slug):
            return ensure_audience(slug, kind="list", name=slug.title())

        values = {"name": "Autumn", "purpose": "offers", "channels": ["email"]} | terms
        campaign = draft_campaign(
            Terms(
                audiences=[find(slug) for slug in audiences],
                excluded=[find(slug) for slug in excluded],
                **values,
            ),
            by=by,
            now=now,
        )
        for channel in values["channels"] if words else ():
            save_content(
                campaign.mailing,
                channel=channel,
                words={"subject": "Autumn is here", "body": "Hello {{ member.name }}."},
                by=by,
                now=now,
            )
        return campaign

    return make
