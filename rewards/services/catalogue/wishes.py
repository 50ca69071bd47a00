"""What members would like to have. A wish moves nothing, so the audit trail leaves it out."""

import datetime as dt

from django.db import transaction

from members.models import Member
from rewards.models import Reward, Wish


@transaction.atomic
def add_wish(member: Member, reward: Reward, *, now: dt.datetime) -> Wish:
    """Put a reward on the member's list; a second time changes nothing."""
    return Wish.objects.get_or_create(member=member, reward=reward, defaults={"created_at": now})[0]


@transaction.atomic
def remove_wish(member: Member, reward: Reward) -> None:
    Wish.objects.filter(member=member, reward=reward).delete()
