"""What staff answer a member, by the reply in a message's facts: plain words, never a template."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from campaigns.selectors.contexts.rows import MessageRow
from surveys.enums import FollowUpEntryKind
from surveys.models import FollowUpEntry

FACT = "reply"


def fill(contexts: dict[Any, dict[str, Any]], rows: Sequence[MessageRow]) -> None:
    """One query, however many messages there are."""
    ids = {pk for row in rows if isinstance(pk := row.facts.get(FACT), int)}
    replies = FollowUpEntry.objects.filter(kind=FollowUpEntryKind.REPLY)
    found = replies.select_related("follow_up").in_bulk(ids) if ids else {}
    url = settings.SITE_URL + reverse("contact_mine")
    for row in rows:
        entry = found.get(row.facts.get(FACT)) if row.facts.get(FACT) in ids else None
        # Facts never show somebody else's answer.
        if entry is None or entry.follow_up.member_id != row.member_id:
            contexts[row.id]["reply"] = None
            continue
        contexts[row.id]["reply"] = {
            "text": entry.text,
            "paragraphs": [each.strip() for each in entry.text.split("\n") if each.strip()],
            "about": entry.follow_up.subject or None,
            "url": url,
        }
