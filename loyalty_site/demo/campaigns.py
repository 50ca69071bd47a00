"""Campaigns of the demonstration: segments, six that are over, and one in each state before that.

What is over went through the services on the day of its date, but for the leaving itself: nothing
of the past is ever handed to a channel. Who had agreed by then is asked of the consents as they
stood; the answers are drawn, and clicks lean to those who bought soon after.
"""

import datetime as dt
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Max, OuterRef, QuerySet

from campaigns.enums import MailingPurpose
from campaigns.models import Campaign, Mailing, Message, Segment
from campaigns.ready_segments import READY
from campaigns.selectors.recipients import count_recipients
from campaigns.services.campaigns import (
    Terms,
    VariantTerms,
    count_campaign,
    draft_campaign,
    finish_campaigns,
    release_campaign,
    set_variants,
    start_campaign,
)
from campaigns.services.editions import save_content
from campaigns.services.segment_picks import pick_members
from campaigns.services.segments import build_segment, ensure_ready_segments
from core.time import add_months, day_of, get_zone, resolve_local
from loyalty_site.demo.data import DATA, LANGUAGE, read_stories, translate
from loyalty_site.demo.letters import keep_figures
from loyalty_site.demo.people import SOURCE
from loyalty_site.demo.readers import answer_mails, make_readers
from loyalty_site.demo.spending import list_told
from members.enums import AudienceKind, Channel
from members.models import Audience, Member, User
from members.roles import MARKETER
from members.selectors.club import get_club
from members.services.audiences import AudienceMove, ensure_audience, ensure_everyone, move_members
from purchases.models import Purchase

CHANNELS = (Channel.EMAIL, Channel.ON_SITE)
_AWAY = dt.timedelta(days=42)
_SPREAD = 1_500  # seconds from the first mail of a campaign to its last

# As the day itself would have judged them: a yes for mail, no no for these pages.
_LEAVE = """
    WITH judged AS (
        SELECT x.id, x.channel, b.user_id, b.email, c.is_given, s.id AS suppressed,
               ('x' || left(md5(x.mailing_id || ':' || x.member_id), 8))::bit(32)::bigint AS luck
        FROM campaigns_message x
        JOIN members_member b ON b.id = x.member_id
        LEFT JOIN campaigns_suppression s
          ON s.channel = x.channel AND s.address_key = x.address_key AND s.added_at < x.due_at
        LEFT JOIN LATERAL (
            SELECT is_given FROM members_consent c
            WHERE c.member_id = x.member_id AND c.purpose = %(purpose)s
              AND c.channel IN (x.channel, 'any') AND c.effective_at <= x.due_at
            ORDER BY c.effective_at DESC, c.id DESC LIMIT 1
        ) c ON TRUE
        WHERE x.mailing_id = %(mailing)s AND x.state = 'waiting'
    ), reasoned AS (
        SELECT *, CASE
            WHEN %(is_service)s AND suppressed IS NULL THEN ''
            WHEN %(is_service)s THEN 'suppressed'
            WHEN channel = 'on_site' AND is_given IS FALSE THEN 'no_consent'
            WHEN channel = 'on_site' THEN ''
            WHEN user_id IS NULL OR is_given IS NOT TRUE THEN 'no_consent'
            WHEN suppressed IS NOT NULL THEN 'suppressed' ELSE '' END AS why
        FROM judged
    )
    UPDATE campaigns_message x SET
        reason = r.why,
        state = CASE r.why WHEN '' THEN 'sent' ELSE 'not_sent' END,
        attempt_count = CASE r.why WHEN '' THEN 1 ELSE 0 END,
        cost = CASE WHEN r.why = '' AND r.channel = 'email' THEN 0.0010 END,
        sent_at = CASE WHEN r.why = '' THEN x.due_at
            + make_interval(secs =>
                CASE r.channel WHEN 'email' THEN r.luck %% %(spread)s ELSE 1 END) END
    FROM reasoned r WHERE r.id = x.id
"""


@cache
def read_campaigns() -> dict[str, Any]:
    return json.loads((DATA / "campaigns.json").read_text(encoding="utf-8"))


def list_campaign_names() -> list[str]:
    told = read_campaigns()
    return [each["name"][LANGUAGE] for each in (*told["finished"], *told["coming"])]


def list_audience_slugs() -> list[str]:
    return [each["slug"] for each in read_campaigns()["audiences"].values()]


def list_segment_codes() -> list[str]:
    return [each.code for each in READY]


def run_campaigns(*, seed: int, now: dt.datetime) -> None:
    """All of it, in the order of time; what has nobody to go to is left out."""
    marketer = User.objects.get(groups__name=MARKETER, email="marketer@example.com")
    build_segments(marketer, now=now)
    make_readers(seed=seed, now=now)
    finished = sorted(
        ((find_moment(each["when"], now=now), each) for each in read_campaigns()["finished"]),
        key=lambda pair: pair[0],
    )
    for moment, told in finished:
        if campaign := _finish(told, marketer, moment):
            answer_mails(campaign, told["rates"], seed=seed, now=now)
            count_campaign(campaign, now=now)
    for told in read_campaigns()["coming"]:
        _leave_open(told, marketer, now=now)


def build_segments(marketer: User, *, now: dt.datetime) -> list[Segment]:
    """The ready ones, built; into one of them somebody was put by hand, and one kept out."""
    segments = ensure_ready_segments(by=marketer, now=now - dt.timedelta(days=120))
    for segment in segments:
        build_segment(segment, by=None, now=now)
    told = read_campaigns()["picks"]
    picked = next(each for each in segments if each.code == told["segment"])
    stories = list_told([kind for kind, _code in read_stories()])
    others = Member.objects.active().filter(source=SOURCE).exclude(pk__in=stories).order_by("pk")
    rows = picked.audience.rows.values("member")
    for is_in, people in ((True, others.exclude(pk__in=rows)), (False, others.filter(pk__in=rows))):
        note = told["in" if is_in else "out"]
        chosen = list(people[: 2 if is_in else 1])
        pick_members(picked, chosen, is_in=is_in, note=note, by=marketer, now=now)
    build_segment(picked, by=marketer, now=now)
    return segments


# --- When ----------------------------------------------------------------------------------------


def find_moment(when: dict[str, int], *, now: dt.datetime) -> dt.datetime:
    """So many days ago, or the last such day of a month that is so long ago, at its hour."""
    zone = get_club().zone
    today = day_of(now, zone)
    if "days_ago" in when:
        day = today - dt.timedelta(days=when["days_ago"])
    else:
        newest = today - dt.timedelta(days=when["at_least_days_ago"])
        day = newest.replace(day=when["day"])
        if day > newest:
            day = add_months(day, -1)
    return resolve_local(dt.datetime.combine(day, dt.time(when["hour"])), zone)[0]


def _find_next(weekday: int, hour: int, now: dt.datetime) -> dt.datetime:
    """The next such day that isn't today."""
    zone = get_club().zone
    today = day_of(now, zone)
    day = today + dt.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return resolve_local(dt.datetime.combine(day, dt.time(hour)), zone)[0]


# --- To whom -------------------------------------------------------------------------------------


def _find_audience(told: dict[str, Any], moment: dt.datetime) -> Audience:
    if "segment" in told:
        return Segment.objects.get(code=told["segment"]).audience
    if "audience" not in told:
        return ensure_everyone()
    words = read_campaigns()["audiences"][told["audience"]]
    audience = ensure_audience(
        words["slug"], kind=AudienceKind.LIST, name=words["name"][LANGUAGE],
        i18n=translate("name", words["name"]),
    )  # fmt: skip
    people = _CHOICES[told["audience"]](moment).order_by("pk").values_list("pk", flat=True)
    move_members(None, [AudienceMove(audience.pk, pk) for pk in people], now=moment)
    return audience


def _list_born_in_month(moment: dt.datetime) -> QuerySet[Member]:
    month = moment.astimezone(get_zone(get_club().zone)).month
    return _list_of(moment).filter(birth_month=month)


def _list_away(moment: dt.datetime) -> QuerySet[Member]:
    """Who had bought before, and not in the weeks before that day."""
    before = Purchase.objects.filter(member=OuterRef("pk"), purchased_at__lt=moment)
    last = before.values("member").annotate(last=Max("purchased_at")).values("last")
    return _list_of(moment).annotate(last_bought=last).filter(last_bought__lt=moment - _AWAY)


def _list_of(moment: dt.datetime) -> QuerySet[Member]:
    return Member.objects.active().filter(source=SOURCE, joined_at__lt=moment)


_CHOICES = {"birthday": _list_born_in_month, "away": _list_away}


# --- What is over --------------------------------------------------------------------------------


def _finish(told: dict[str, Any], marketer: User, moment: dt.datetime) -> Campaign | None:
    """Planned, gone out and closed on the day of its date."""
    written_at = moment - dt.timedelta(days=2, hours=3)
    campaign = _draft(told, marketer, moment, written_at)
    if campaign is None:
        return None
    campaign = release_campaign(campaign, by=marketer, now=moment - dt.timedelta(hours=20))
    Campaign.objects.filter(pk=campaign.pk).update(starts_at=moment)
    start_campaign(campaign.pk, now=moment)
    # Audiences are those of today: who wasn't a member yet was not written to, unless what it says
    # lies on the club's pages for whoever joins meanwhile.
    later = Message.objects.filter(mailing=campaign.pk, member__joined_at__gt=moment)
    if told.get("for_newcomers"):
        for message in later.filter(channel=Channel.ON_SITE).select_related("member"):
            message.due_at = message.member.joined_at + dt.timedelta(hours=1)
            message.save(update_fields=["due_at"])
        later = later.exclude(channel=Channel.ON_SITE)
    later.delete()
    let_leave(campaign.mailing, spread=_SPREAD)
    finish_campaigns(now=moment + dt.timedelta(seconds=_SPREAD + 60))
    return Campaign.objects.select_related("mailing").get(pk=campaign.pk)


def let_leave(mailing: Mailing, *, spread: int) -> None:
    """Whatever of it waits counts as gone out, or not, at its time; nothing is handed over.
    ``spread`` is the seconds from the first mail to the last.
    """
    values = {
        "mailing": mailing.pk,
        "purpose": mailing.purpose,
        "is_service": mailing.purpose == MailingPurpose.SERVICE,
        "spread": spread,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, values)
    keep_figures(mailing)


def _draft(
    told: dict[str, Any], marketer: User, moment: dt.datetime, written_at: dt.datetime
) -> Campaign | None:
    audience = _find_audience(told, moment)
    terms = Terms(
        name=told["name"][LANGUAGE],
        names=translate("name", told["name"]),
        purpose=told["purpose"],
        channels=CHANNELS,
        reach="every",
        audiences=[audience],
        starts_at=moment,
        holdout_percent=told.get("holdout_percent", 0),
        attribution_days=told["attribution_days"],
        budget_amount=told["budget_amount"],
    )
    campaign = draft_campaign(terms, by=marketer, now=written_at)
    # Chance that can be told again, as far as members' ids are the same.
    campaign.seed = told.get("seed", f"demo-{told['code']}")
    campaign.save(update_fields=["seed"])
    if not count_recipients(campaign):
        _throw_away(campaign)
        return None
    if told.get("is_festive"):
        campaign.mailing.is_festive = True
        campaign.mailing.save(update_fields=["is_festive"])
    if "variants" in told:
        variants = [
            VariantTerms(
                each["code"], each["name"][LANGUAGE], names=translate("name", each["name"])
            )
            for each in told["variants"]
        ]
        set_variants(campaign, variants, by=marketer, now=written_at)
    for variant, words in told["words"].items():
        for channel in CHANNELS:
            save_content(
                campaign.mailing, channel=channel, words=dict(_list_words(words, channel)),
                variant=variant, by=marketer, now=written_at,
            )  # fmt: skip
    return campaign


def _throw_away(campaign: Campaign) -> None:
    mailing = campaign.mailing
    campaign.delete()
    mailing.delete()


def _list_words(words: dict[str, dict[str, str]], channel: str) -> Iterator[tuple[str, Any]]:
    """Fields of a content; the preview line is of mail alone."""
    i18n: dict[str, str] = {}
    for field, texts in words.items():
        if field == "preheader" and channel != Channel.EMAIL:
            continue
        yield field, texts[LANGUAGE]
        i18n |= translate(field, texts)
    yield "i18n", i18n


# --- What is to come -----------------------------------------------------------------------------


def _leave_open(told: dict[str, Any], marketer: User, *, now: dt.datetime) -> None:
    """A draft, one that waits for its hour, or one that waits for a second person."""
    moment = _find_next(0, 17, now)
    written_at = now - dt.timedelta(days=1, hours=2)
    campaign = _draft(told, marketer, moment, written_at)
    if campaign is not None and told["state"] != "draft":
        release_campaign(campaign, by=marketer, now=now - dt.timedelta(hours=3))
