"""Whom a campaign is meant for, and by which channels they could be reached."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from campaigns.enums import Reach
from campaigns.models import Campaign
from campaigns.reach import addresses, get_address_sql
from members.models import AudienceMember, Member


class Share(Func):
    """Where in 0 to 9,999 a member falls for a seed: the same whenever it is asked.

    The first 32 bits of MD5 over ``seed:member``; the same in the outbox's own SQL
    (``campaigns.services.planning``).
    """

    template = "(('x' || left(md5(%(expressions)s), 8))::bit(32)::bigint %%%% 10000)"
    output_field = IntegerField()

    def __init__(self, seed: str, member: str = "pk"):
        text = Concat(Value(f"{seed}:"), Cast(F(member), output_field=_Text()))
        super().__init__(text)


class _Text(IntegerField):
    def db_type(self, connection):
        return "text"


@dataclass(frozen=True, slots=True)
class ChannelEstimate:
    """``count`` members have an address there, and are tried on this channel first."""

    channel: str
    count: int


def list_recipients(campaign: Campaign) -> QuerySet[Member]:
    """Active members of its audiences who are in none of those it leaves out."""
    rows = list(campaign.audience_rows.values_list("audience_id", "is_excluded"))
    wanted = [pk for pk, is_excluded in rows if not is_excluded]
    left_out = [pk for pk, is_excluded in rows if is_excluded]
    members = Member.objects.active().filter(
        pk__in=AudienceMember.objects.filter(audience__in=wanted).values("member")
    )
    if left_out:
        members = members.exclude(
            pk__in=AudienceMember.objects.filter(audience__in=left_out).values("member")
        )
    return members


def list_sample(campaign: Campaign) -> QuerySet[Member]:
    """Those who are written to first, where a test comes before the rest."""
    share = Share(f"{campaign.seed}:test")
    return (
        list_recipients(campaign)
        .annotate(test_share=share)
        .filter(test_share__lt=campaign.test_percent * 100)
    )


def count_recipients(campaign: Campaign) -> int:
    return list_recipients(campaign).count()


def estimate_channels(campaign: Campaign) -> list[ChannelEstimate]:
    """How many would be written to by each channel, in the campaign's own order. A member counts
    for the first that reaches them, or for each.
    """
    channels = [channel for channel in campaign.mailing.channels if channel in addresses]
    counts = _count_by_channel(campaign, channels)
    return [ChannelEstimate(*each) for each in zip(channels, counts, strict=True)]


def _count_by_channel(campaign: Campaign, channels: Sequence[str]) -> Sequence[int]:
    if not channels:
        return ()
    reached = [f"({get_address_sql(channel)}) IS NOT NULL" for channel in channels]
    first = campaign.mailing.reach == Reach.FIRST
    parts = []
    for place, condition in enumerate(reached):
        before = [f"NOT ({each})" for each in reached[:place]] if first else []
        parts.append(f"count(*) FILTER (WHERE {' AND '.join([condition, *before])})")
    wanted, params = list_recipients(campaign).values("pk").query.sql_with_params()
    # The expressions are the channels' own (campaigns.reach), the rest is the ORM's.
    sql = f"SELECT {', '.join(parts)} FROM members_member m WHERE m.id IN ({wanted})"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()
