"""Members in audiences, and campaigns to them."""

import pytest

from campaigns.services.campaigns import Terms, draft_campaign
from campaigns.services.editions import save_content
from members.models import Member
from members.services.audiences import AudienceMove, ensure_audience, move_members
from members.services.enrolment import create_member
from tests.rewards.desk import staff

__all__ = ["crowd", "make_campaign", "staff"]


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
