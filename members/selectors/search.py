"""Finding members as staff type: a number, an e-mail address, a phone, a piece of a name."""

import contextlib
import unicodedata

from django.db import connection

from members.contacts import InvalidPhone, clean_phone
from members.models import Member
from members.numbers import clean_number, is_valid_number
from members.selectors.club import get_club

LIMIT = 50

# The sorted index first, in order; the words only where that left room. The search text is a
# literal, so that the planner folds it (the functions are IMMUTABLE) and sees how rare it is.
# MATERIALIZED makes it plan for all matches, hence for the index: for a mere fifty it would
# gamble on reading the table, and lose where namesakes lie together at its end.
_EXACT = """
    SELECT DISTINCT coalesce(merged_into_id, id) FROM members_member WHERE {field} = %(value)s
    ORDER BY 1 LIMIT %(limit)s
"""
_BY_NAME = """
    WITH worded AS MATERIALIZED (
        SELECT id FROM members_member
        WHERE name_words @@ members_search_query(%(text)s)
          AND NOT name_sort ^@ members_fold(%(text)s)
    )
    SELECT id FROM (
        (SELECT id FROM members_member
         WHERE name_sort ^@ members_fold(%(text)s)
         ORDER BY name_sort, id LIMIT %(limit)s)
        UNION ALL
        SELECT id FROM worded
    ) AS found LIMIT %(limit)s
"""


def list_member_ids(text: str, *, limit: int = LIMIT) -> list[int]:
    """Ids of the first members that ``text`` finds, best first.

    Exact on number, e-mail and phone, where a merged record leads to its survivor; else by the
    beginning of the sorted name (family first, by reading), then by the beginning of any part
    of the name in any order, and by any two neighbouring characters of a Chinese or Japanese
    name. Kana, width, case and accents don't matter. One query; an empty text finds nobody.
    """
    text = unicodedata.normalize("NFKC", text).replace("\x00", "").strip()[:100]
    if not text:
        return []
    with connection.cursor() as cursor:
        for field, value in _list_exact_keys(text):
            cursor.execute(
                _EXACT.format(field=field),
                {"value": value, "limit": limit},
            )
            if found := [row[0] for row in cursor.fetchall()]:
                return found
        if not any(char.isalnum() for char in text):
            return []
        cursor.execute(_BY_NAME, {"text": text, "limit": limit})
        return [row[0] for row in cursor.fetchall()]


def search_members(text: str, *, limit: int = LIMIT) -> list[Member]:
    """The members of ``list_member_ids``, in its order, ready for a list (two queries)."""
    ids = list_member_ids(text, limit=limit)
    found = Member.objects.for_list().in_bulk(ids)
    return [found[member_id] for member_id in ids if member_id in found]


def _list_exact_keys(text: str) -> list[tuple[str, str]]:
    if "@" in text:
        return [("email", text.lower())]
    if not any(char.isdigit() for char in text):
        return []
    keys = []
    number = clean_number(text)
    if is_valid_number(number):
        keys.append(("number", number))
    if sum(char.isdigit() for char in text) >= 5:
        with contextlib.suppress(InvalidPhone):
            keys.append(("phone", clean_phone(text, get_club().country)))
    return keys
