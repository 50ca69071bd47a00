"""A campaign that goes out: planned at its time, tested, decided, stopped, finished."""

import datetime as dt
import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from campaigns.enums import (
    CampaignState,
    MailingState,
    MessageReason,
    MessageState,
    WinnerRule,
)
from campaigns.models import Campaign, CampaignVariant, Edition, Message
from campaigns.selectors.policy import get_policy
from campaigns.selectors.recipients import Share, list_recipients, list_sample
from campaigns.selectors.reports import compare, list_funnels_by_variant, list_groups
from campaigns.services.campaigns.drafting import CampaignNotDraft, open_campaign
from campaigns.services.campaigns.releasing import find_growth, hold_outgrown
from campaigns.services.planning import HoldoutShare, VariantShare, plan_messages
from campaigns.services.sending import cancel_mailing, pause_mailing, resume_mailing
from core.errors import DomainError
from core.services.audit import record_audit
from members.models import User

logger = logging.getLogger(__name__)

_GOING = (CampaignState.TESTING, CampaignState.RUNNING)


class NoTestRunning(DomainError):
    code = "no_test_running"
    status = 409
    message = _("No test of this campaign is running.")


class CampaignOutgrown(DomainError):
    code = "campaign_outgrown"
    status = 409
    message = _(
        "Far more members are in its audiences than when it was released: somebody who may "
        "release as many has to choose."
    )


class UnknownVariant(DomainError):
    code = "unknown_variant"
    message = _("This campaign has no such variant.")


def start_due_campaigns(*, now: dt.datetime) -> int:
    """Plan every campaign whose time has come, each in a transaction of its own; returns how
    many. One that can't be planned waits for the next look and holds up no other.
    """
    started = 0
    for pk in Campaign.objects.due(now).order_by("starts_at", "pk").values_list("pk", flat=True):
        try:
            started += start_campaign(pk, now=now)
        except Exception:
            logger.exception("Campaign %s could not be started", pk)
    return started


@transaction.atomic
def start_campaign(campaign_id: int, *, now: dt.datetime) -> bool:
    """Write the messages of a campaign down and let them leave: those of its test where one comes
    first, else all. False where another worker has it, or it is not due.
    """
    campaign = (
        Campaign.objects.due(now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("mailing")
        .filter(pk=campaign_id)
        .first()
    )
    if campaign is None:
        return False
    if hold_outgrown(campaign, now=now):
        return False
    is_test = campaign.test_percent < 100
    campaign.started_at = now
    if is_test:
        campaign.state = CampaignState.TESTING
        campaign.decide_at = now + dt.timedelta(hours=campaign.decide_after_hours)
    else:
        campaign.state = CampaignState.RUNNING
    campaign.save(update_fields=["state", "started_at", "decide_at"])
    campaign.mailing.state = MailingState.RUNNING
    campaign.mailing.save(update_fields=["state"])
    people = list_sample(campaign) if is_test else list_recipients(campaign)
    _plan(campaign, people, list(campaign.variants.order_by("code")), now)
    record_audit("campaign.started", campaign, by=None, now=now)
    return True


@transaction.atomic
def decide_test(campaign: Campaign, variant: str, *, by: User | None, now: dt.datetime) -> Campaign:
    """The rest of the audience gets this variant. ``by`` is None where the campaign's rule picked
    it. Raises NoTestRunning, UnknownVariant, CampaignOutgrown.
    """
    try:
        campaign = open_campaign(campaign, CampaignState.TESTING)
    except CampaignNotDraft as error:
        raise NoTestRunning from error
    chosen = list(campaign.variants.filter(code=variant))
    if not chosen:
        raise UnknownVariant
    if find_growth(campaign, by=by or campaign.submitted_by)[1]:
        raise CampaignOutgrown
    campaign.winner, campaign.state = variant, CampaignState.RUNNING
    campaign.save(update_fields=["winner", "state"])
    # Who was in the test has a message already: a repeat is silent.
    _plan(campaign, list_recipients(campaign), chosen, now)
    record_audit("campaign.decided", campaign, by=by, now=now, changes={"winner": variant})
    return campaign


def decide_due_tests(*, now: dt.datetime) -> int:
    """Pick the winners of tests whose time is over; returns how many."""
    decided = 0
    for campaign in Campaign.objects.to_decide(now).select_related("mailing"):
        try:
            decide_test(campaign, pick_winner(campaign), by=None, now=now)
        except (NoTestRunning, CampaignOutgrown):
            continue  # somebody chose by hand meanwhile, or has to
        except Exception:
            logger.exception("The test of campaign %s could not be decided", campaign.pk)
            continue
        decided += 1
    return decided


def pick_winner(campaign: Campaign) -> str:
    """The variant that the campaign's rule prefers, by people alone; the first among equals.

    Clicks are counted per message that was sent, revenue per member who was meant.
    """
    scores: dict[str, float]
    if campaign.winner_rule == WinnerRule.REVENUE:
        scores = {group.key: group.mean for group in list_groups(campaign, by_variant=True)}
        scores.pop("", None)
    else:
        funnels = list_funnels_by_variant(campaign.mailing)
        scores = {each.key: each.share("clicked") or 0.0 for each in funnels}
    codes = campaign.variants.order_by("code").values_list("code", flat=True)
    return max(codes, key=lambda code: scores.get(code, 0.0))


def is_winner_clear(campaign: Campaign) -> bool:
    """Whether the best variant's revenue differs from each other's beyond chance."""
    groups = [group for group in list_groups(campaign, by_variant=True) if group.key]
    if len(groups) < 2:
        return False
    best = max(groups, key=lambda group: group.mean)
    return all(compare(best, other).is_clear for other in groups if other is not best)


@transaction.atomic
def pause_campaign(campaign: Campaign, *, by: User, now: dt.datetime) -> Campaign:
    """Nothing of it leaves until it is resumed. Raises CampaignNotDraft."""
    campaign = open_campaign(campaign, *_GOING)
    pause_mailing(campaign.mailing, by=by, now=now)
    campaign.state = CampaignState.PAUSED
    campaign.save(update_fields=["state"])
    record_audit("campaign.paused", campaign, by=by, now=now)
    return campaign


@transaction.atomic
def resume_campaign(campaign: Campaign, *, by: User, now: dt.datetime) -> Campaign:
    """Go on where it was; nobody is written to twice. Raises CampaignNotDraft."""
    campaign = open_campaign(campaign, CampaignState.PAUSED)
    resume_mailing(campaign.mailing, by=by, now=now)
    is_test = campaign.decide_at is not None and not campaign.winner
    campaign.state = CampaignState.TESTING if is_test else CampaignState.RUNNING
    campaign.save(update_fields=["state"])
    record_audit("campaign.resumed", campaign, by=by, now=now)
    return campaign


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: User, now: dt.datetime) -> Campaign:
    """Nothing more of it leaves, ever; what left stays. Raises CampaignNotDraft."""
    states = (CampaignState.SCHEDULED, *_GOING, CampaignState.PAUSED)
    campaign = open_campaign(campaign, *states)
    cancel_mailing(campaign.mailing, by=by, now=now)
    campaign.state, campaign.finished_at = CampaignState.CANCELLED, now
    campaign.save(update_fields=["state", "finished_at"])
    record_audit("campaign.cancelled", campaign, by=by, now=now)
    return campaign


@transaction.atomic
def finish_campaigns(*, now: dt.datetime) -> int:
    """Close running campaigns of which nothing is left to leave; returns how many. What nobody
    knows about may be sent again, until staff said what becomes of it.
    """
    open_states = [MessageState.WAITING, MessageState.SENDING, MessageState.UNKNOWN]
    left = Message.objects.filter(mailing=OuterRef("pk"), state__in=open_states).exclude(
        reason=MessageReason.LEFT
    )
    done = list(
        Campaign.objects.in_state(CampaignState.RUNNING)
        .filter(~Exists(left))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("mailing")
    )
    for campaign in done:
        campaign.state, campaign.finished_at = CampaignState.FINISHED, now
        campaign.save(update_fields=["state", "finished_at"])
        campaign.mailing.state = MailingState.FINISHED
        campaign.mailing.save(update_fields=["state"])
        record_audit("campaign.finished", campaign, by=None, now=now)
    return len(done)


def _plan(campaign, people, variants: Sequence[CampaignVariant], now: dt.datetime) -> None:
    edition = Edition.objects.frozen().filter(mailing=campaign.mailing).latest("number")
    policy = get_policy()
    if policy.holdout_percent and campaign.mailing.is_marketing:
        # Those who hear no campaign at all, before anybody is drawn for this one.
        share = Share(policy.holdout_seed)
        never = people.annotate(permanent=share).filter(permanent__lt=policy.holdout_percent * 100)
        _plan_part(campaign, edition, never, variants, 100, policy.holdout_seed, now)
    _plan_part(campaign, edition, people, variants, campaign.holdout_percent, campaign.seed, now)


def _plan_part(campaign, edition, people, variants, holdout_percent, seed, now) -> None:
    plan_messages(
        campaign.mailing,
        edition,
        recipients=people,
        occurrence="",
        due_at=campaign.starts_at or now,
        variants=[VariantShare(each.code, each.weight, each.hour) for each in variants],
        holdout=HoldoutShare(seed, holdout_percent) if holdout_percent else None,
        seed=campaign.seed,
        now=now,
    )
