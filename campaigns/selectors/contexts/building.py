"""Contexts of a batch: the groups that its words need, each loaded in one go."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from campaigns.selectors.contexts import happenings, points, replies, surveys
from campaigns.selectors.contexts.rows import MessageRow
from campaigns.variables import list_needs
from core.time import day_of
from members import names
from members.models import AudienceMember, Club, Member
from members.selectors.club import get_club

Context = dict[str, Any]
_PERSON = (
    "number", "family_name", "given_name", "display_name", "gender", "locale", "joined_at",
    "birth_month", "status",
)  # fmt: skip


@transaction.atomic(savepoint=False)
def build_contexts(
    rows: Sequence[MessageRow],
    variables: frozenset[str],
    *,
    now: dt.datetime,
) -> dict[Any, Context]:
    """Plain data by message id, of the groups alone that ``variables`` need; the same number of
    queries for one message as for a thousand.

    What isn't known of somebody is None: words say what then (``campaigns.variables``).
    """
    needs = list_needs(variables)
    club = get_club()
    clubs = {locale: _build_club(club, locale) for locale in {row.locale for row in rows}}
    contexts: dict[Any, Context] = {
        row.id: {"message_id": row.id, "club": clubs[row.locale], "facts": dict(row.facts)}
        for row in rows
    }
    people = _load_people(rows, needs)
    if "member" in needs:
        # Words may also take the whole of it under another name.
        wanted = set(_MEMBER) if "member" in variables else _list_names(variables, "member")
        for locale, group in _group_by_language(rows):
            with override(locale):
                for row in group:
                    contexts[row.id]["member"] = _build_member(
                        people[row.member_id], locale, club.zone, wanted
                    )
    if needs & {"points", "tier"}:
        points.fill(contexts, rows, people, needs, now=now)
    if "audiences" in needs:
        _fill_audiences(contexts, rows, _list_names(variables, "audiences"))
    happenings.fill(contexts, rows, needs, _list_names(variables, "rewards"))
    if "survey" in needs:
        surveys.fill(contexts, rows)
    if "reply" in needs:
        replies.fill(contexts, rows)
    return contexts


def _group_by_language(rows: Sequence[MessageRow]) -> Iterator[tuple[str, list[MessageRow]]]:
    """Changing the language takes as long as filling in a name."""
    for locale in dict.fromkeys(row.locale for row in rows):
        yield locale, [row for row in rows if row.locale == locale]


def _load_people(rows: Sequence[MessageRow], needs: set[str]) -> dict[int, Member]:
    if not needs & {"member", "points", "tier"}:
        return {}
    ids = {row.member_id for row in rows}
    return {member.pk: member for member in Member.objects.filter(pk__in=ids).only(*_PERSON)}


def _list_names(variables: frozenset[str], group: str) -> set[str]:
    """The slugs that the words name themselves: ``rewards.coffee.name``."""
    return {path.split(".")[1] for path in variables if path.startswith(f"{group}.")}


def _build_club(club: Club, locale: str) -> Context:
    with override(locale):
        return {
            "name": club.name_i18n,
            "url": settings.SITE_URL,
            "phone": club.phone or None,
            "email": club.email or None,
            "address": ", ".join(club.address_i18n.split("\n")).replace("\r", "") or None,
        }


def _build_member(member: Member, locale: str, zone: str, wanted: set[str]) -> Context:
    return {name: write(member, locale, zone) for name, write in _MEMBER.items() if name in wanted}


# In the language that is active.
_MEMBER: dict[str, Callable[[Member, str, str], Any]] = {
    "greeting": lambda member, locale, _zone: names.get_greeting(member, locale),
    "name": lambda member, locale, _zone: names.get_greeting_name(member, locale) or None,
    "formal_name": lambda member, locale, _zone: (
        names.get_greeting_name(member, locale, formal=True) or None
    ),
    "full_name": lambda member, locale, _zone: names.get_full_name(member, locale) or None,
    "number": lambda member, _locale, _zone: names.format_number(member.number),
    "joined_on": lambda member, _locale, zone: day_of(member.joined_at, zone),
    "birth_month": lambda member, _locale, _zone: member.birth_month,
}


def _fill_audiences(
    contexts: dict[Any, Context], rows: Sequence[MessageRow], slugs: set[str]
) -> None:
    found = set(
        AudienceMember.objects.filter(
            audience__slug__in=slugs, member__in={row.member_id for row in rows}
        ).values_list("member_id", "audience__slug")
    )
    for row in rows:
        contexts[row.id]["audiences"] = {slug: (row.member_id, slug) in found for slug in slugs}
