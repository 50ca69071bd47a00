"""A campaign while it is a draft: what it is for, whom it is meant for, what it tests."""

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from campaigns.enums import CampaignState, MailingKind, MailingPurpose, Reach, WinnerRule
from campaigns.models import (
    PLAIN_VARIANT,
    Campaign,
    CampaignAudience,
    CampaignVariant,
    Content,
    Mailing,
)
from campaigns.reach import addresses
from campaigns.services.editions import get_draft
from core.errors import DomainError
from core.services.audit import record_audit
from core.words import rename
from members.models import Audience, User

MOST_VARIANTS = 5
# A campaign is not worth reading days later; a marketer may set another.
STALE_AFTER_HOURS = 72


class InvalidCampaign(DomainError):
    code = "invalid_campaign"
    message = _("A campaign has a name, a purpose and a channel.")


class InvalidTest(DomainError):
    code = "invalid_test"
    message = _(
        "A test compares two to five variants; each has a share of at least one, and the control "
        "group is half of the audience at most."
    )


class CampaignNotDraft(DomainError):
    code = "campaign_not_draft"
    status = 409
    message = _("This campaign was released already: take it back to change it.")


@dataclass(frozen=True, slots=True)
class Terms:
    """All of a campaign but its words. Percentages count the whole audience; ``names`` are its name
    in other languages (``name_ja``, ...), None where it keeps them.
    """

    name: str
    purpose: str
    channels: Sequence[str]
    reach: str = Reach.FIRST
    audiences: Sequence[Audience] = ()
    excluded: Sequence[Audience] = ()
    starts_at: dt.datetime | None = None
    stale_after_hours: int | None = STALE_AFTER_HOURS
    holdout_percent: int = 0
    test_percent: int = 100
    winner_rule: str = WinnerRule.HAND
    decide_after_hours: int = 24
    attribution_days: int = 7
    budget_amount: int = 0
    is_festive: bool = False
    names: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class VariantTerms:
    code: str
    name: str = ""
    weight: int = 1
    hour: int | None = None
    names: Mapping[str, str] | None = None


# Those terms that are columns of the campaign itself.
_OWN = (
    "starts_at", "holdout_percent", "test_percent", "winner_rule", "decide_after_hours",
    "attribution_days", "budget_amount",
)  # fmt: skip


@transaction.atomic
def draft_campaign(terms: Terms, *, by: User | None, now: dt.datetime) -> Campaign:
    """A campaign with one variant and no words yet. Raises InvalidCampaign, InvalidTest."""
    _check(terms)
    mailing = Mailing(kind=MailingKind.CAMPAIGN, created_at=now, created_by=by)
    _set_mailing(mailing, terms)
    mailing.is_once_per_address = True
    mailing.save()
    campaign = Campaign(mailing=mailing, seed=secrets.token_hex(16))
    _set_own(campaign, terms)
    campaign.save()
    _set_audiences(campaign, terms)
    CampaignVariant.objects.create(campaign=campaign, code=PLAIN_VARIANT)
    record_audit("campaign.drafted", campaign, by=by, now=now, changes=list_facts(campaign))
    return campaign


@transaction.atomic
def change_campaign(
    campaign: Campaign, terms: Terms, *, by: User | None, now: dt.datetime
) -> Campaign:
    """Change a draft. Raises InvalidCampaign, InvalidTest, CampaignNotDraft."""
    _check(terms)
    campaign = open_campaign(campaign, CampaignState.DRAFT)
    _set_mailing(campaign.mailing, terms)
    campaign.mailing.save()
    _set_own(campaign, terms)
    campaign.save()
    _set_audiences(campaign, terms)
    record_audit("campaign.changed", campaign, by=by, now=now, changes=list_facts(campaign))
    return campaign


@transaction.atomic
def set_variants(
    campaign: Campaign, variants: Iterable[VariantTerms], *, by: User | None, now: dt.datetime
) -> list[CampaignVariant]:
    """What is tested against what; A is always there. The words of a variant that goes stay with
    the draft, unused. Raises InvalidTest, CampaignNotDraft.
    """
    campaign = open_campaign(campaign, CampaignState.DRAFT)
    wanted = {each.code: each for each in variants}
    if PLAIN_VARIANT not in wanted or len(wanted) > MOST_VARIANTS:
        raise InvalidTest
    for each in wanted.values():
        if each.weight < 1 or not ("A" <= each.code <= "Z") or len(each.code) != 1:
            raise InvalidTest
        if each.hour is not None and not 0 <= each.hour <= 23:
            raise InvalidTest
    CampaignVariant.objects.filter(campaign=campaign).exclude(code__in=wanted).delete()
    known = {row.code: row for row in campaign.variants.all()}
    for each in wanted.values():
        row = known.get(each.code) or CampaignVariant(campaign=campaign, code=each.code)
        rename(row, "name", each.name, each.names)
        row.weight, row.hour = each.weight, each.hour
        row.save()
    shares = {code: each.weight for code, each in sorted(wanted.items())}
    record_audit("campaign.changed", campaign, by=by, now=now, changes={"variants": shares})
    return list(campaign.variants.order_by("code"))


@transaction.atomic
def copy_campaign(campaign: Campaign, *, name: str, by: User | None, now: dt.datetime) -> Campaign:
    """A new draft with the same terms, variants and words, for whoever says it again."""
    terms = replace(read_terms(campaign), name=name, starts_at=None)
    copy = draft_campaign(terms, by=by, now=now)
    set_variants(
        copy,
        [
            VariantTerms(v.code, v.name, v.weight, v.hour, v.i18n)
            for v in campaign.variants.order_by("code")
        ],
        by=by,
        now=now,
    )
    _copy_words(campaign.mailing, copy.mailing)
    return copy


def _copy_words(source: Mailing, target: Mailing) -> None:
    newest = source.editions.order_by("-number").first()
    draft = get_draft(target)
    Content.objects.bulk_create(
        Content(
            edition=draft,
            channel=words.channel,
            variant=words.variant,
            subject=words.subject,
            preheader=words.preheader,
            body=words.body,
            extras=words.extras,
            i18n=words.i18n,
        )
        for words in (newest.contents.order_by("pk") if newest else ())
    )


def read_terms(campaign: Campaign) -> Terms:
    """The terms of a campaign as they are."""
    mailing = campaign.mailing
    rows = list(campaign.audience_rows.select_related("audience"))
    return Terms(
        name=mailing.name,
        purpose=mailing.purpose,
        channels=mailing.channels,
        reach=mailing.reach,
        audiences=[row.audience for row in rows if not row.is_excluded],
        excluded=[row.audience for row in rows if row.is_excluded],
        stale_after_hours=mailing.stale_after_hours,
        is_festive=mailing.is_festive,
        **{own: getattr(campaign, own) for own in _OWN},
    )


def open_campaign(campaign: Campaign, *states: str) -> Campaign:
    """The campaign under its lock, in one of these states. Raises CampaignNotDraft."""
    campaign = (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("mailing")
        .get(pk=campaign.pk)
    )
    if campaign.state not in states:
        raise CampaignNotDraft
    return campaign


def list_facts(campaign: Campaign) -> dict[str, Any]:
    """The terms as coded facts, for the audit trail."""
    rows = campaign.audience_rows.all()
    return {
        "purpose": campaign.mailing.purpose,
        "channels": list(campaign.mailing.channels),
        "audiences": sorted(row.audience_id for row in rows if not row.is_excluded),
        "excluded": sorted(row.audience_id for row in rows if row.is_excluded),
        "starts_at": campaign.starts_at.isoformat() if campaign.starts_at else None,
        "holdout": campaign.holdout_percent,
        "test": campaign.test_percent,
    }


def _check(terms: Terms) -> None:
    if not terms.name.strip() or terms.purpose not in MailingPurpose.values:
        raise InvalidCampaign
    if not terms.channels or not set(terms.channels) <= set(addresses.codes()):
        raise InvalidCampaign
    if not 1 <= terms.test_percent <= 100 or not 0 <= terms.holdout_percent <= 50:
        raise InvalidTest


def _set_mailing(mailing: Mailing, terms: Terms) -> None:
    rename(mailing, "name", terms.name.strip(), terms.names)
    mailing.purpose = terms.purpose
    mailing.channels, mailing.reach = list(dict.fromkeys(terms.channels)), terms.reach
    mailing.stale_after_hours, mailing.is_festive = terms.stale_after_hours, terms.is_festive


def _set_own(campaign: Campaign, terms: Terms) -> None:
    for name in _OWN:
        setattr(campaign, name, getattr(terms, name))


def _set_audiences(campaign: Campaign, terms: Terms) -> None:
    """Left out wins where an audience stands in both."""
    wanted = {audience.pk: False for audience in terms.audiences}
    wanted |= {audience.pk: True for audience in terms.excluded}
    CampaignAudience.objects.filter(campaign=campaign).delete()
    CampaignAudience.objects.bulk_create(
        CampaignAudience(campaign=campaign, audience_id=pk, is_excluded=is_excluded)
        for pk, is_excluded in sorted(wanted.items())
    )
