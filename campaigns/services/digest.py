"""The Monday digest: one mail to each manager, in their language, once a week.

Managers are staff and no members: they have no consent to give, no quiet hours and no page of
notices, so the digest is a plain mail and no row of the outbox.
"""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from campaigns.models import DigestChoice, DigestMail
from campaigns.selectors.digest import Digest, build_digest, list_digest_readers
from campaigns.writing.letters import draw_letter, spell
from core.money import format_money
from core.percent import format_percent
from core.services.audit import record_audit
from core.time import get_zone
from members.models import User
from members.selectors.club import get_club
from rewards.selectors.figures import Course, Number

logger = logging.getLogger(__name__)

HOUR = 8  # of Monday, where the club is


@dataclass(frozen=True, slots=True)
class DigestLine:
    """A figure of the week and what it was a week before; "" where nobody knows."""

    title: Any
    value: str
    before: str


@transaction.atomic
def choose_digest(*, is_wanted: bool, locale: str, by: User, now: dt.datetime) -> DigestChoice:
    """Whether one's own digest comes, and in which language; "" is the club's."""
    known = {code for code, _name in settings.LANGUAGES}
    values = {"is_wanted": is_wanted, "locale": locale if locale in known else ""}
    choice, _made = DigestChoice.objects.update_or_create(user=by, defaults=values)
    record_audit("digest.chosen", by, by=by, now=now, changes=values)
    return choice


def send_due_digests(*, now: dt.datetime) -> int:
    """On Mondays from eight on, to whoever hasn't had this week's; returns how many left.

    The row is committed before the mail leaves, so that nobody gets two. A mail that is refused
    takes its row back and is tried at the next look; one whose process died in between is lost.
    """
    local = now.astimezone(get_zone(get_club().zone))
    if local.weekday() != 0 or local.hour < HOUR:
        return 0
    monday_on = local.date()
    readers = list_digest_readers()
    had = set(DigestMail.objects.filter(week_on=monday_on).values_list("user_id", flat=True))
    readers = [(user, locale) for user, locale in readers if user.pk not in had]
    if not readers:
        return 0
    digest = build_digest(monday_on)
    sent = 0
    for user, locale in readers:
        row, made = DigestMail.objects.get_or_create(
            user=user, week_on=monday_on, defaults={"recorded_at": now}
        )
        if not made:
            continue
        try:
            send_digest(digest, user, locale)
        except OSError:
            logger.exception("The digest of login %s could not be sent", user.pk)
            row.delete()
            continue
        sent += 1
    return sent


def send_digest(digest: Digest, user: User, locale: str) -> None:
    """Raises OSError (smtplib's are such) where the server doesn't take it."""
    club = get_club()
    with (
        translation.override(locale or club.locale),
        timezone.override(get_zone(club.zone)),
    ):
        context = build_digest_context(digest)
        subject = _("The week %(week)s") % {"week": context["week"]}
        title = _("%(club)s: %(subject)s") % {"club": club.name_i18n, "subject": subject}
        words = render_to_string("campaigns/letters/digest.txt", _spell(context))
        why = _("You get this letter as a manager.")
        html, text = draw_letter(words, title=title, why=why)
        mail = EmailMultiAlternatives(title, text, None, [user.email or ""])
        mail.attach_alternative(html, "text/html")
        mail.send()


def build_digest_context(digest: Digest) -> dict[str, Any]:
    """Its words in the active language, for the letter and its preview."""
    club = get_club()
    week = (digest.week_on, digest.sunday_on)
    return {
        "digest": digest,
        "club": club,
        "lang": translation.get_language(),
        "week": " – ".join(date_format(day, "DATE_FORMAT") for day in week),
        "lines": _list_lines(digest),
        "campaigns": [_describe(campaign, club.currency) for campaign in digest.campaigns],
        "starting": [
            (each.mailing.name_i18n, each.starts_at, _link(each.get_absolute_url()))
            for each in digest.starting
        ],
        "approvals_url": _link(reverse("admin:rewards_approval_changelist")),
        "unknown_url": _link(reverse("admin:campaigns_message_changelist") + "?to_decide=1"),
        "index_url": _link(reverse("admin:index")),
        "choice_url": _link(reverse("admin:campaigns_campaign_digest")),
    }


def _spell(context: dict[str, Any]) -> dict[str, Any]:
    """Names that staff gave, for Markdown."""
    campaigns = [each | {"spelt": spell(each["name"])} for each in context["campaigns"]]
    starting = [(spell(name), at, url) for name, at, url in context["starting"]]
    return context | {"campaigns": campaigns, "starting_spelt": starting}


def _link(path: str) -> str:
    return settings.SITE_URL + path


def _list_lines(digest: Digest) -> list[DigestLine]:
    figures = digest.figures
    rows: tuple[tuple[Any, Course, Callable[[Number], str]], ...] = (
        (_("Active members"), figures.active, _write_count),
        (_("Repurchase rate"), figures.repurchase, _write_share),
        (_("Points issued"), figures.issued, _write_count),
        (_("Points spent"), figures.spent, _write_count),
        (_("Liability"), figures.liability, _write_count),
        (_("Work waiting"), figures.waiting, _write_count),
    )
    lines = []
    for title, course, write in rows:
        weeks = course.weeks[-2:] if len(course.weeks) > 1 else (None, course.value)
        before = write(weeks[0]) if weeks[0] is not None else ""
        lines.append(DigestLine(title, write(weeks[1]), before))
    return lines


def _write_count(value: Number) -> str:
    return "–" if value is None else number_format(round(value), force_grouping=True)


def _write_share(value: Number) -> str:
    return "–" if value is None else format_percent(100 * value, 1)


def _describe(campaign, currency: str) -> dict[str, Any]:
    figures = getattr(campaign, "figures", None)
    told = {"name": campaign.mailing.name_i18n, "url": _link(campaign.get_absolute_url())}
    if figures is None:
        return told | {"is_counted": False}
    lift = ""
    if figures.lift_amount is not None:
        lift = _("%(lift)s per member (%(low)s to %(high)s)") % {
            "lift": format_money(figures.lift_amount, currency),
            "low": format_money(figures.lift_low, currency),
            "high": format_money(figures.lift_high, currency),
        }
    return told | {
        "is_counted": True,
        "sent": number_format(figures.sent_count, force_grouping=True),
        "clicked": number_format(figures.clicked_count, force_grouping=True),
        "revenue": format_money(figures.revenue_amount, currency),
        "lift": lift,
    }
