"""Who reads the club's mails: members with a login who agreed, and what they did with each."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Exists, F, OuterRef
from django.utils import translation

from campaigns.enums import EventActor, EventKind, MailingPurpose, MessageState
from campaigns.models import Campaign, Link, Message
from campaigns.services.responses import EventRow, record_events
from campaigns.services.unsubscribing import let_go
from core.bulk import RowWriter
from loyalty_site.demo.data import read_stories
from loyalty_site.demo.people import SOURCE
from loyalty_site.demo.spending import list_told
from members.enums import Channel, ConsentSource
from members.models import Consent, Member, User
from members.purposes import BIRTHDAY, NEWS, OFFERS
from members.services.consents import Answer, record_answers
from purchases.models import Purchase

SHARE = 0.7  # of the members with an address but without a login, who get one
# How many of those who have a login agreed to each, by mail.
_AGREED = ((NEWS, 0.86), (OFFERS, 0.78), (BIRTHDAY, 0.82))
_ADULT = 19
_HOUR = 3600
_MAIL_BOUNCES, _COMPLAINS, _LETS_GO = 0.012, 0.004, 0.012
# Hours until a message on these pages is opened: most on the same day, some when they come by.
_READ_AFTER = (0.4, 1, 1.3, 2, 3, 5, 8, 9.5, 22, 26, 31, 47, 54, 71, 96, 150)
_COLUMNS = (
    "member_id", "purpose", "channel", "is_given", "wording_id", "source", "effective_at",
    "recorded_at", "recorded_by_id",
)  # fmt: skip


def make_readers(*, seed: int, now: dt.datetime) -> None:
    """More logins, and consents of those who never answered, each soon after joining."""
    chance = random.Random(f"{seed}:readers")  # noqa: S311 - repeatable on purpose
    _make_logins(chance, now)
    adults = (
        Member.objects.able_to_be_messaged()
        .filter(source=SOURCE, birth_year__lte=now.year - _ADULT, consents=None)
        .select_related("user")
        .order_by("joined_at", "pk")
    )
    wordings: dict[str, dict[str, int]] = {}
    rows = []
    for member in adults:
        moment = min(member.joined_at + dt.timedelta(hours=1 + chance.random() * 90), now)
        if member.locale not in wordings:
            wordings[member.locale] = _answer_first(member, moment)
            continue
        for purpose, share in _AGREED:
            if chance.random() < share:
                wording = wordings[member.locale][purpose]
                rows.append((member.pk, purpose, Channel.EMAIL, True, wording,
                             ConsentSource.PROFILE, moment, moment, member.user_id))  # fmt: skip
    writer = RowWriter()
    writer.add("members_consent", _COLUMNS, rows)
    writer.flush()


def _answer_first(member: Member, moment: dt.datetime) -> dict[str, int]:
    """The first of a language agrees to all, in words that the others then see."""
    answers = [Answer(purpose, Channel.EMAIL, True) for purpose, _share in _AGREED]
    with translation.override(member.locale):
        record_answers(
            member, answers, source=ConsentSource.PROFILE, by=member.user, now=moment
        )  # fmt: skip
    return dict(Consent.objects.filter(member=member).values_list("purpose", "wording_id"))


def _make_logins(chance: random.Random, now: dt.datetime) -> None:
    taken = User.objects.filter(email=OuterRef("email"))
    people = list(
        Member.objects.active().unclaimed()
        .filter(~Exists(taken), source=SOURCE, email__isnull=False)
        .order_by("pk")
    )  # fmt: skip
    chosen = sorted(chance.sample(people, int(len(people) * SHARE)), key=lambda each: each.pk)
    users = []
    for member in chosen:
        user = User(
            email=member.email,
            display_name=member.get_full_name(),
            created_at=min(member.joined_at + dt.timedelta(minutes=50), now),
        )
        user.set_unusable_password()
        users.append(user)
    User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    for member, user in zip(chosen, users, strict=True):
        member.user = user
    Member.objects.bulk_update(chosen, ["user"])


# --- What became of the mails --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mail:
    id: int
    member_id: int
    channel: str
    sent_at: dt.datetime
    has_bought: bool


def answer_mails(
    campaign: Campaign, rates: dict[str, float], *, seed: int, now: dt.datetime
) -> None:
    """Delivered, opened, clicked, bounced, let go: drawn by ``rates``, none of it after ``now``."""
    chance = random.Random(f"{seed}:answers:{campaign.seed}")  # noqa: S311 - repeatable on purpose
    mails = _list_mails(campaign)
    told = list_told([kind for kind, _code in read_stories()])
    numbers = list(
        Link.objects.filter(edition__mailing=campaign.pk, number__gt=0)
        .order_by("number")
        .values_list("number", flat=True)
    )
    rows: list[EventRow] = []
    leaving: list[int] = []
    for mail in mails:
        if mail.channel != Channel.EMAIL:
            continue
        luck = chance.random()
        if luck < _MAIL_BOUNCES and mail.member_id not in told:
            rows.append(_event(mail, EventKind.BOUNCED, EventActor.UNKNOWN, 4))
            continue
        rows.append(_event(mail, EventKind.DELIVERED, EventActor.UNKNOWN, 2 + luck * 6))
        rows += _draw_answers(mail, rates, numbers, chance)
        if mail.member_id in told or campaign.mailing.purpose == MailingPurpose.SERVICE:
            continue
        if luck > 1 - _COMPLAINS:
            rows.append(_event(mail, EventKind.COMPLAINED, EventActor.HUMAN, 5 * _HOUR))
        elif luck > 1 - _COMPLAINS - _LETS_GO:
            leaving.append(mail.id)
    rows = [row for row in rows if row.effective_at is not None and row.effective_at <= now]
    after = min(campaign.finished_at + dt.timedelta(hours=6), now)  # type: ignore[operator]  # it is over
    told_at_once = (EventKind.BOUNCED, EventKind.COMPLAINED)
    record_events([row for row in rows if row.kind in told_at_once], now=after)
    seen = [row for row in rows if row.kind not in told_at_once]
    record_events(seen, now=max((row.effective_at or now for row in seen), default=now))
    for message in Message.objects.filter(pk__in=leaving).order_by("pk"):
        let_go(message, now=after)
    _read_on_site(mails, chance, now)


def _list_mails(campaign: Campaign) -> list[_Mail]:
    until = OuterRef("sent_at") + dt.timedelta(days=campaign.attribution_days)
    bought = Purchase.objects.filter(
        member=OuterRef("member"), purchased_at__gte=OuterRef("sent_at"), purchased_at__lt=until
    )
    rows = Message.objects.filter(mailing=campaign.pk, state=MessageState.SENT)
    rows = rows.annotate(has_bought=Exists(bought)).order_by("member_id", "id")
    return [
        _Mail(*row) for row in rows.values_list("id", "member_id", "channel", "sent_at",
                                                "has_bought")
    ]  # fmt: skip


def _draw_answers(
    mail: _Mail, rates: dict[str, float], numbers: Sequence[int], chance: random.Random
) -> list[EventRow]:
    rows: list[EventRow] = []
    if chance.random() < 0.22:  # a mail service that fetches every picture
        evidence = {"agent": "prefetch", "why": "agent"}
        rows.append(_event(mail, EventKind.OPENED, EventActor.MACHINE, 12, evidence=evidence))
    if numbers and chance.random() < 0.035:  # a scanner that follows every link at once
        for place, number in enumerate(numbers):
            evidence = {"agent": "bot", "why": "burst", "link": number}
            rows.append(_event(mail, EventKind.CLICKED, EventActor.MACHINE, 41 + place / 4, number,
                               evidence))  # fmt: skip
    lean = 1.35 if mail.has_bought else 0.8
    if chance.random() >= rates["open"] * lean:
        return rows
    later = 70 + chance.random() ** 3 * 2 * 24 * _HOUR
    rows.append(_event(mail, EventKind.OPENED, EventActor.HUMAN, later))
    if numbers and chance.random() < rates["click"] / rates["open"] * lean:
        number = chance.choice(numbers)
        evidence = {"agent": "browser", "link": number}
        rows.append(_event(mail, EventKind.CLICKED, EventActor.HUMAN, later + 9 + chance.random()
                           * 80, number, evidence))  # fmt: skip
    return rows


def _event(
    mail: _Mail, kind: str, actor: str, seconds: float, number: int | None = None,
    evidence: dict | None = None,
) -> EventRow:  # fmt: skip
    """``seconds`` after it was sent."""
    return EventRow(
        mail.id, kind, actor, number, mail.sent_at + dt.timedelta(seconds=seconds),
        evidence={**(evidence or {}), "seconds": round(seconds, 1)},
    )  # fmt: skip


def _read_on_site(mails: Sequence[_Mail], chance: random.Random, now: dt.datetime) -> None:
    """Most of what is older was read; what came this week waits to be."""
    week = now - dt.timedelta(days=7)
    older = [each for each in mails if each.channel == Channel.ON_SITE and each.sent_at < week]
    read = [each.id for each in older if chance.random() < 0.7]
    for place, hours in enumerate(_READ_AFTER):
        Message.objects.filter(
            pk__in=read[place :: len(_READ_AFTER)], member__user__isnull=False
        ).update(read_at=F("sent_at") + dt.timedelta(hours=hours))
