"""What letters of the past told of points: those of their day, not of the day of the seeding."""

from collections import defaultdict
from itertools import groupby
from typing import Any

from django.db import connection

from campaigns.models import Content, Mailing, Message
from campaigns.selectors.contexts import (
    MessageRow,
    build_contexts,
    needs_figures,
    take_figures,
)
from campaigns.writing.compile import compile_content
from core.money import format_money
from members.enums import Channel
from members.selectors.club import get_club
from rewards.selectors.payments import count_worth, get_rate

# What each lot held then, the one that ends first before the others.
_LOTS = """
    SELECT x.id, l.expires_on, sum(CASE WHEN v.target = 'available' THEN v.amount ELSE 0 END
                                 - CASE WHEN v.source = 'available' THEN v.amount ELSE 0 END)
    FROM campaigns_message x
    JOIN rewards_lot l ON l.member_id = x.member_id AND l.unit = 'points'
    JOIN rewards_lotmove v ON v.lot_id = l.id
    JOIN rewards_transfer t ON t.id = v.transfer_id AND t.effective_at <= x.sent_at
    WHERE x.id = ANY (%s) GROUP BY x.id, l.id ORDER BY l.expires_on, l.id
"""


def keep_figures(mailing: Mailing) -> None:
    """Of its messages on these pages, as sending would have kept them."""
    messages = list(
        Message.objects.filter(
            mailing=mailing, channel=Channel.ON_SITE, sent_at__isnull=False, figures__isnull=True
        )
        .select_related("member")
        .order_by("edition_id", "variant", "member__locale", "pk")
    )
    lots = _list_lots([each.pk for each in messages])
    for (edition_id, variant, locale), group in groupby(
        messages, key=lambda each: (each.edition_id, each.variant, each.member.locale)
    ):
        content = Content.objects.select_related("edition__mailing").get(
            edition=edition_id, channel=Channel.ON_SITE, variant=variant
        )
        words = compile_content(content, locale or get_club().locale)
        if needs_figures(words.variables):
            _keep(list(group), words, lots)


def _list_lots(ids: list[int]) -> dict[int, list[tuple[Any, int]]]:
    lots: dict[int, list[tuple[Any, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_LOTS, [ids])
        for pk, expires_on, count in cursor.fetchall():
            lots[pk].append((expires_on, int(count)))
    return lots


def _keep(messages: list[Message], words: Any, lots: dict[int, list[tuple[Any, int]]]) -> None:
    rows = [MessageRow.of(each, words.locale) for each in messages]
    moment = max(each.sent_at for each in messages)
    contexts = build_contexts(rows, words.variables, now=moment)
    rate, currency = get_rate(moment), get_club().currency
    for message in messages:
        context = contexts[message.pk]
        if "points" in context:
            held = [(day, count) for day, count in lots[message.pk] if count > 0]
            balance = sum(count for _day, count in held)
            first = next((day for day, _count in held if day is not None), None)
            worth = count_worth(balance, rate) if rate else 0
            context["points"] = {
                "balance": balance,
                "pending": 0,
                "value": format_money(worth, currency) if worth else None,
                "expiring": sum(count for day, count in held if first and day == first),
                "expiring_on": first,
            }
        message.figures = take_figures(context, words.variables, words.locale)
    Message.objects.bulk_update(messages, ["figures"])
