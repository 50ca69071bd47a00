import json
from dataclasses import dataclass

from core.bulk import read_together
from members import registry
from members.models import Member, Notice


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice with its words, in the active language."""

    notice: Notice
    text: str
    url: str


_NOTICES = """
    SELECT id, member_id, code, params::text, effective_at, recorded_at, read_at, key
    FROM members_notice WHERE member_id = %s AND (read_at IS NULL OR NOT %s::boolean)
    ORDER BY effective_at DESC, id DESC LIMIT %s
"""


def list_notices(member: Member, *, limit: int = 20, unread: bool = False) -> list[ShownNotice]:
    """The newest notices of a member whose code has a wording, in one prepared statement: home
    shows them on every visit.
    """
    (rows,) = read_together([(_NOTICES, [member.pk, unread, limit])])
    shown = []
    for pk, member_id, code, params, *rest in rows:
        wording = registry.notice_texts.get(code)
        if wording is None:
            continue
        notice = Notice(pk, member_id, code, json.loads(params), *rest)
        url = wording.build_url(notice.params) if wording.build_url else ""
        shown.append(ShownNotice(notice, str(wording.build_text(notice.params)), url))
    return shown
