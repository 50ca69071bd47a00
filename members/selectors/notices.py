from dataclasses import dataclass

from members import registry
from members.models import Member, Notice


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """A notice with its words, in the active language."""

    notice: Notice
    text: str
    url: str


def list_notices(member: Member, *, limit: int = 20, unread: bool = False) -> list[ShownNotice]:
    """The newest notices of a member whose code has a wording, in one query."""
    notices = Notice.objects.of_member(member)
    if unread:
        notices = notices.unread()
    shown = []
    for notice in notices[:limit]:
        wording = registry.notice_texts.get(notice.code)
        if wording is None:
            continue
        url = wording.build_url(notice.params) if wording.build_url else ""
        shown.append(ShownNotice(notice, str(wording.build_text(notice.params)), url))
    return shown
