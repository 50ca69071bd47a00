import pytest

from members import registry
from members.models import Notice
from members.registry import NoticeText
from members.selectors.notices import list_notices
from members.services.notices import NoticeRow, add_notices, read_notices

pytestmark = pytest.mark.django_db


def test_repeat_is_silent_and_other_member_is_not(make_member, now):
    first, second = make_member(), make_member()
    rows = [NoticeRow(member.pk, "test", now, "k1", {"n": 1}) for member in (first, second)]
    add_notices(rows, now=now)
    add_notices(rows, now=now)
    assert Notice.objects.count() == 2


def test_words_are_made_when_shown(make_member, now, registered):
    member = make_member()
    registry.register_notice_text(
        NoticeText("test.hello", lambda params: f"Hello {params['n']}", lambda params: "/x/")
    )
    registered(registry.notice_texts, "test.hello")
    add_notices(
        [
            NoticeRow(member.pk, "test.hello", now, "a", {"n": 7}),
            NoticeRow(member.pk, "test.unknown", now, "b"),
        ],
        now=now,
    )
    shown = list_notices(member)
    assert [(notice.text, notice.url) for notice in shown] == [("Hello 7", "/x/")]
    assert read_notices(member, now=now) == 2
    assert read_notices(member, now=now) == 0
    assert list_notices(member, unread=True) == []
