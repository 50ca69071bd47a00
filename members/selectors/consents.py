"""What members agreed to: one member's page, or a million recipients, in one query each."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from members.enums import Channel
from members.models import Consent, ErasureRequest, Member
from members.models.member import MemberQuerySet
from members.purposes import PROFILING, PURPOSES

Answers = dict[tuple[str, str], Consent]


def may_contact(
    members: QuerySet[Member] | Iterable[int], purpose: str, channel: str
) -> MemberQuerySet:
    """Those of ``members`` (a queryset or ids) who may be written to for this purpose by this
    channel: active with a login, agreed to it, didn't take it back, are not about to be erased.

    Whoever never answered didn't agree. Quiet hours, caps and addresses are the sender's.
    """
    wanted: Any = (
        members.order_by().values("pk") if isinstance(members, QuerySet) else list(members)
    )
    found = Member.objects.filter(pk__in=wanted)
    leaving = ErasureRequest.objects.waiting().filter(member=OuterRef("pk"))
    given = Consent.objects.standing(purpose, channel).filter(member=OuterRef("pk"))
    return found.able_to_be_messaged().filter(Exists(given), ~Exists(leaving))


def list_withdrawn(member_ids: Collection[int], purpose: str, channel: str) -> set[int]:
    """Those who said no to it, and not yes since; whoever never answered isn't among them."""
    newest = (
        Consent.objects.about(purpose, channel)
        .filter(member__in=member_ids)
        .order_by("member", "-effective_at", "-id")
        .distinct("member")
    )
    return {row.member_id for row in newest if not row.is_given}


def has_agreed(member: Member, purpose: str, channel: str = Channel.ANY) -> bool:
    """Whether the member agreed to this, and didn't take it back."""
    return Consent.objects.standing(purpose, channel).filter(member=member).exists()


def wants_recommendations(member: Member) -> bool:
    """Whether what they bought and looked at may choose what they are shown."""
    return has_agreed(member, PROFILING)


def get_answers(member: Member) -> Answers:
    """The newest answer about each (purpose, channel), given or withdrawn; one indexed query.

    An answer for any channel speaks for each of the purpose's channels until a newer one.
    """
    newest = (
        Consent.objects.filter(member=member)
        .order_by("purpose", "channel", "-effective_at", "-id")
        .distinct("purpose", "channel")
        .select_related("wording")
    )
    return pick_standing(list(newest))


def pick_standing(rows: Sequence[Consent]) -> Answers:
    """Of each (purpose, channel) the newest row. The same rule in SQL:
    ``ConsentQuerySet.standing``.
    """
    found: Answers = {}
    for purpose in PURPOSES:
        for channel in {*purpose.channels, Channel.ANY}:
            about = [
                row
                for row in rows
                if row.purpose == purpose.code and row.channel in (channel, Channel.ANY)
            ]
            if about:
                newest = max(about, key=lambda row: (row.effective_at, row.pk))
                found[purpose.code, channel] = newest
    return found


def list_history(member: Member, *, limit: int = 100) -> list[Consent]:
    """Every answer, newest first, with the words that were seen."""
    return list(Consent.objects.of_member(member).select_related("wording")[:limit])
