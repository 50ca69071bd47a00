"""The mailing of a step that writes: what it is told beside its words."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.enums import MailingKind, MailingPurpose, Reach
from campaigns.models import AutomationVersion, Mailing
from campaigns.reach import addresses
from campaigns.services.automations.terms import InvalidAutomation
from campaigns.services.editions import move_draft
from core.words import rename
from members.enums import Channel
from members.models import User


@dataclass(frozen=True, slots=True)
class MailingTerms:
    """What a message step is told beside its words. ``names`` are its name in other languages
    (``name_ja``, ...), None where it keeps them.
    """

    name: str
    purpose: str = MailingPurpose.SERVICE
    channels: Sequence[str] = (Channel.EMAIL,)
    stale_after_hours: int | None = 48
    is_festive: bool = False
    names: Mapping[str, str] | None = None


def set_mailing(mailing: Mailing, terms: MailingTerms) -> None:
    """Raises InvalidAutomation."""
    if not terms.name.strip() or terms.purpose not in MailingPurpose.values:
        raise InvalidAutomation
    if not terms.channels or not set(terms.channels) <= set(addresses.codes()):
        raise InvalidAutomation
    rename(mailing, "name", terms.name.strip(), terms.names)
    mailing.purpose = terms.purpose
    mailing.channels, mailing.reach = list(dict.fromkeys(terms.channels)), Reach.FIRST
    mailing.stale_after_hours, mailing.is_festive = terms.stale_after_hours, terms.is_festive
    # What somebody waits for goes before what many are told.
    mailing.priority = 20 if terms.purpose == MailingPurpose.SERVICE else 40
    mailing.save()


def is_elsewhere(mailing: Mailing, draft: AutomationVersion) -> bool:
    """Whether another version than the draft writes by it."""
    return mailing.steps.exclude(version=draft).exists()


def is_told(mailing: Mailing, terms: MailingTerms) -> bool:
    """Whether a mailing is sent as these terms say already; its name is for staff alone."""
    return (
        mailing.purpose == terms.purpose
        and mailing.channels == list(dict.fromkeys(terms.channels))
        and mailing.stale_after_hours == terms.stale_after_hours
        and mailing.is_festive == terms.is_festive
    )


def part_mailing(
    old: Mailing, terms: MailingTerms, *, by: User | None, now: dt.datetime
) -> Mailing:
    """A mailing of its own for the draft, with the words that were being written for the old."""
    new = Mailing(
        kind=MailingKind.STEP, name=old.name, i18n=old.i18n, created_at=now, created_by=by
    )
    set_mailing(new, terms)
    move_draft(old, new)
    return new
