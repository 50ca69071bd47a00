"""The ready test: the words as they are, against the same words said to anybody."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.enums import CampaignState
from campaigns.models import PLAIN_VARIANT, Campaign, Content
from campaigns.services.campaigns.drafting import (
    InvalidTest,
    VariantTerms,
    open_campaign,
    set_variants,
)
from campaigns.services.editions import get_draft, list_missing_channels, save_content
from campaigns.writing.plain import is_personal, make_plain
from core.errors import DomainError
from core.words import key_of, list_translations
from members.models import User

PLAIN = "B"
_FIELDS = ("subject", "preheader", "body")


class NothingPersonal(DomainError):
    code = "nothing_personal"
    message = gettext_lazy(
        "Nothing in the words of A is the member's own: put a name or points into them first."
    )


class WordsFirst(DomainError):
    code = "words_first"
    message = gettext_lazy("Write the words of A first: B is made from them.")


@transaction.atomic
def make_plain_test(campaign: Campaign, *, by: User | None, now: dt.datetime) -> Campaign:
    """Two equal variants on all channels: A as it is, B its words without what is the member's own.

    Raises CampaignNotDraft, InvalidTest where variants exist already, WordsFirst, NothingPersonal,
    CannotBePlain.
    """
    campaign = open_campaign(campaign, CampaignState.DRAFT)
    if campaign.variants.exclude(code=PLAIN_VARIANT).exists():
        raise InvalidTest(_("This campaign compares variants already: take those away first."))
    if list_missing_channels(campaign.mailing):
        raise WordsFirst
    draft = get_draft(campaign.mailing)
    own = {
        content.channel: content
        for content in draft.contents.filter(variant=PLAIN_VARIANT)
        if content.channel in campaign.mailing.channels
    }
    if not any(is_personal(content.subject + content.body) for content in own.values()):
        raise NothingPersonal
    set_variants(
        campaign,
        [
            VariantTerms(PLAIN_VARIANT, str(_("Personalised"))),
            VariantTerms(PLAIN, str(_("Plain, the same for everybody"))),
        ],
        by=by,
        now=now,
    )
    for channel, content in own.items():
        words = _make_plain(content) | {"extras": content.extras}
        save_content(campaign.mailing, channel=channel, variant=PLAIN, words=words, by=by, now=now)
    return campaign


def _make_plain(content: Content) -> dict:
    words = {}
    for field in _FIELDS:
        words[field] = make_plain(getattr(content, field), settings.LANGUAGE_CODE)
        for code in list_translations():
            key = key_of(field, code)
            if text := getattr(content, key):
                words[key] = make_plain(text, code)
    return words
