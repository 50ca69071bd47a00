"""Two builders, and a pick beside a build: each test fails when the lock that it names is gone."""

import threading

import pytest
from django.db import connection, transaction

from campaigns.models import Segment, SegmentBuild, SegmentMove
from campaigns.services.segment_picks import pick_members
from campaigns.services.segments import SegmentBusy, build_segment, make_segment
from members.models import AudienceMember
from members.services.enrolment import create_member
from tests.campaigns.segment_club import fact
from tests.races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def segment(club, now):
    for number in range(3):
        create_member(now=now, source="test", given_name=f"M{number}")
    made = make_segment(
        name="All", definition={"all": [fact("members.source", "is", "test")]}, by=None, now=now
    )
    build_segment(made, by=None, now=now)
    for number in range(3, 9):
        create_member(now=now, source="test", given_name=f"M{number}")
    return made


def test_eight_builders_at_once_write_each_row_and_move_once(segment, now):
    """Lock: the segment's row, passed over by who finds it held."""

    def build():
        try:
            return build_segment(segment, by=None, now=now).added_count
        except SegmentBusy:
            return None

    results = together(*[build] * 8)
    assert sum(result or 0 for result in results) == 6
    assert AudienceMember.objects.filter(audience=segment.audience_id).count() == 9
    assert SegmentMove.objects.filter(segment=segment).count() == 6
    segment.refresh_from_db()
    assert segment.member_count == 9


def test_a_build_while_another_runs_is_refused(segment, now):
    """Lock: the segment's row."""
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
                held.set()
                done.wait(10)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        with pytest.raises(SegmentBusy):
            build_segment(segment, by=None, now=now)
    finally:
        done.set()
        other.join()
    assert SegmentBuild.objects.filter(segment=segment).count() == 1
    assert build_segment(segment, by=None, now=now).added_count == 6


def test_a_pick_beside_builds_is_never_lost(segment, now):
    """Lock: the segment's row, for which a pick waits until the build is over."""
    build_segment(segment, by=None, now=now)
    out = AudienceMember.objects.filter(audience=segment.audience_id).order_by("pk").first().member

    def build():
        try:
            build_segment(segment, by=None, now=now)
        except SegmentBusy:
            return

    together(build, lambda: pick_members(segment, [out], is_in=False, by=None, now=now), build)
    rows = AudienceMember.objects.filter(audience=segment.audience_id)
    assert not rows.filter(member=out).exists()
    segment.refresh_from_db()
    assert segment.member_count == rows.count() == 8
