"""A campaign leaves the hands of who wrote it: checked, counted, approved where it is large."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns import limits
from campaigns.channels.base import adapters
from campaigns.enums import CampaignState
from campaigns.models import Campaign
from campaigns.selectors.recipients import count_recipients, estimate_channels
from campaigns.services.campaigns.drafting import (
    InvalidTest,
    list_facts,
    open_campaign,
)
from campaigns.services.editions import freeze_edition, list_missing_channels
from core.errors import DomainError
from core.money import get_exponent
from core.services.audit import keeps_refusals, record_audit
from members.models import User
from members.selectors.club import get_club
from rewards.enums import Measure
from rewards.models import Approval
from rewards.registry import ActKind, ActWords
from rewards.selectors.wording import format_count
from rewards.services.approvals import OverApproverLimit, ask_approval, withdraw
from rewards.services.control import (
    Excess,
    find_approver_excess,
    find_excess,
    get_limits,
    lock_act,
    record_act,
)

REACH, COST = "campaign", "campaign_cost"
GROWTH_PERCENT = 25  # more than was released, which still is the same campaign
# What is written when a campaign is released, waits or goes back.
_RELEASE = (
    "state", "approval", "starts_at", "estimate_count", "submitted_by", "submitted_at",
)  # fmt: skip


class NobodyToTell(DomainError):
    code = "nobody_to_tell"
    message = gettext_lazy("Nobody is in the audiences of this campaign, or all are left out.")


class WordsMissing(DomainError):
    code = "words_missing"
    message = gettext_lazy("Each channel needs its words before the campaign can be released.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a campaign would do now. ``cost`` is in the club's currency, without other costs;
    ``channels`` counts who would be written to by each.
    """

    count: int
    channels: Mapping[str, int]
    cost: Decimal
    excess: Sequence[Excess] = ()


def estimate_campaign(campaign: Campaign, *, by: User | None, now: dt.datetime) -> Estimate:
    """Whom it reaches and what it costs, and which limits of this person it is above."""
    channels = estimate_channels(campaign)
    estimate = Estimate(
        count=count_recipients(campaign),
        channels={each.channel: each.count for each in channels},
        cost=sum((_price(each.channel) * each.count for each in channels), Decimal(0)),
    )
    if by is None:
        return estimate
    return replace(estimate, excess=_find_excess(campaign, estimate, by=by, now=now))


def _price(channel: str) -> Decimal:
    """What one message of the usual length takes."""
    adapter = adapters.get(channel)
    return (adapter.estimate_cost(None, "") if adapter else None) or Decimal(0)


@keeps_refusals
@transaction.atomic
def release_campaign(campaign: Campaign, *, by: User, now: dt.datetime) -> Campaign:
    """Freeze its words and let it start at its time, or wait for a second person above one's
    limits of size and of cost.

    Raises CampaignNotDraft, NobodyToTell, WordsMissing, InvalidTest, and what ``freeze_edition``
    finds wrong with the words.
    """
    lock_act(None, by=by)
    campaign = open_campaign(campaign, CampaignState.DRAFT)
    if campaign.test_percent < 100 and campaign.variants.count() < 2:
        raise InvalidTest
    if list_missing_channels(campaign.mailing):
        raise WordsMissing
    estimate = estimate_campaign(campaign, by=by, now=now)
    if not estimate.count:
        raise NobodyToTell
    freeze_edition(campaign.mailing, by=by, now=now)
    campaign.estimate_count = estimate.count
    campaign.submitted_by, campaign.submitted_at = by, now
    cost = _in_minor(estimate.cost) + campaign.budget_amount
    if estimate.excess:
        _ask(campaign, estimate.excess, cost=cost, by=by, now=now)
        return campaign
    record_act(REACH, estimate.count, member=None, by=by, now=now, payload_id=campaign.pk)
    record_act(COST, cost, member=None, by=by, now=now, payload_id=campaign.pk)
    _schedule(campaign, by, now)
    return campaign


@keeps_refusals
@transaction.atomic
def take_back_campaign(campaign: Campaign, *, by: User, now: dt.datetime) -> Campaign:
    """Make a released campaign that has not started a draft again.

    Raises CampaignNotDraft, and NotYourDecision where it waits for an approval that somebody
    else asked for.
    """
    if campaign.state == CampaignState.APPROVAL and campaign.approval is not None:
        withdraw(campaign.approval, by=by, now=now)
        campaign.refresh_from_db()
        return campaign
    campaign = open_campaign(campaign, CampaignState.SCHEDULED)
    _reopen(campaign, by, now)
    return campaign


def _ask(
    campaign: Campaign, excess: Sequence[Excess], *, cost: int, by: User, now: dt.datetime
) -> None:
    # Not by the campaign's number: one that was refused may be released again.
    campaign.approval = ask_approval(
        REACH, None, campaign.estimate_count or 0, member=None, excess=excess,
        terms={"campaign": campaign.pk, "cost": cost}, by=by, now=now,
    )  # fmt: skip
    campaign.state = CampaignState.APPROVAL
    campaign.save(update_fields=_RELEASE)


def find_growth(campaign: Campaign, *, by: User | None) -> tuple[int, list[Excess]]:
    """How many it reaches by now and, where that is far more than was released, the limit of this
    person that it is above. Audiences go on living while a campaign waits.
    """
    count = count_recipients(campaign)
    released = campaign.estimate_count or 0
    if by is None or count * 100 <= released * (100 + GROWTH_PERCENT):
        return count, []
    limit = get_limits(REACH, by).per_act
    return count, [Excess("per_act", limit, 0)] if limit is not None and count > limit else []


def hold_outgrown(campaign: Campaign, *, now: dt.datetime) -> bool:
    """Have a second person look again where a campaign that is about to start has outgrown what
    who released it may release; whether that is so. The campaign is locked by its caller.
    """
    by = campaign.submitted_by
    count, excess = find_growth(campaign, by=by)
    if by is None or not excess:
        return False
    changes = {"members": [campaign.estimate_count, count]}
    campaign.estimate_count = count
    cost = _in_minor(estimate_campaign(campaign, by=None, now=now).cost) + campaign.budget_amount
    _ask(campaign, excess, cost=cost, by=by, now=now)
    record_audit("campaign.outgrown", campaign, by=None, now=now, changes=changes)
    return True


def _schedule(campaign: Campaign, by: User | None, now: dt.datetime) -> None:
    campaign.state = CampaignState.SCHEDULED
    campaign.starts_at = max(campaign.starts_at or now, now)
    campaign.save(update_fields=_RELEASE)
    changes = {**list_facts(campaign), "members": campaign.estimate_count}
    record_audit("campaign.released", campaign, by=by, now=now, changes=changes)


def _reopen(campaign: Campaign, by: User | None, now: dt.datetime) -> None:
    campaign.state = CampaignState.DRAFT
    campaign.approval = None
    campaign.submitted_at = campaign.submitted_by = None
    campaign.save(update_fields=_RELEASE)
    record_audit("campaign.taken_back", campaign, by=by, now=now)


def _find_excess(
    campaign: Campaign, estimate: Estimate, *, by: User, now: dt.datetime
) -> list[Excess]:
    cost = _in_minor(estimate.cost) + campaign.budget_amount
    costly = find_excess(COST, cost, member=None, by=by, now=now)
    return [
        *find_excess(REACH, estimate.count, member=None, by=by, now=now),
        *(replace(each, kind=COST) for each in costly),
    ]


def _in_minor(cost: Decimal) -> int:
    return int(cost.scaleb(get_exponent(get_club().currency)).to_integral_value(ROUND_UP))


# --- A second person -----------------------------------------------------------------------------


def _execute(approval_id: int, by: User, now: dt.datetime) -> None:
    """One campaign asks once: its cost is approved with its size. Raises OverApproverLimit."""
    campaign = _open_waiting(approval_id)
    approval = Approval.objects.select_related("asked_by").get(pk=approval_id)
    cost = approval.terms.get("cost", 0)
    if excess := find_approver_excess(COST, cost, by=by, now=now):
        facts = {"act": COST, "amount": cost, "above": [each.as_facts() for each in excess]}
        raise OverApproverLimit(subject=approval, by=by, changes=facts)
    record_act(
        COST, cost, member=None, by=approval.asked_by, approved_by=by, now=now,
        payload_id=campaign.pk,
    )  # fmt: skip
    _schedule(campaign, by, now)


def _drop(approval_id: int, state: str, by: User | None, now: dt.datetime) -> None:
    _reopen(_open_waiting(approval_id), by, now)


def _open_waiting(approval_id: int) -> Campaign:
    waiting = Campaign.objects.select_for_update(of=("self",)).select_related("mailing")
    return waiting.get(approval=approval_id, state=CampaignState.APPROVAL)


def _describe(approval_ids: Sequence[int]) -> dict[int, ActWords]:
    asked = dict(Approval.objects.filter(pk__in=approval_ids).values_list("pk", "terms__campaign"))
    campaigns = Campaign.objects.for_list().in_bulk(asked.values())
    return {
        pk: _put_into_words(campaigns[number])
        for pk, number in asked.items()
        if number in campaigns
    }


def _put_into_words(campaign: Campaign) -> ActWords:
    count = campaign.estimate_count or 0
    members = ngettext("%(count)s member", "%(count)s members", count)
    return ActWords(
        title=_("“%(name)s” to %(members)s")
        % {"name": campaign.mailing.name_i18n, "members": members % {"count": format_count(count)}},
        url=campaign.get_absolute_url(),
    )


KINDS = (
    ActKind(
        REACH,
        gettext_lazy("campaign, by its size"),
        Measure.MEMBERS,
        limits.REACH,
        execute=_execute,
        drop=_drop,
        describe=_describe,
    ),
    # Approved with the other: one campaign asks once.
    ActKind(COST, gettext_lazy("campaign, by its cost"), Measure.MONEY, limits.COST),
)
