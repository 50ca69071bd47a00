import pytest

from core.bulk import RowWriter
from members.enums import AudienceKind
from members.models import Audience, AudienceMember
from members.services.audiences import AudienceMove, ensure_audience, move_members

pytestmark = pytest.mark.django_db


def test_moves_are_set_based_and_repeatable(make_member, now, django_assert_num_queries):
    gold = ensure_audience("tier-gold", kind=AudienceKind.TIER, name="Gold")
    silver = ensure_audience("tier-silver", kind=AudienceKind.TIER, name="Silver")
    members = [make_member() for _ in range(3)]
    move_members(None, [AudienceMove(silver.pk, m.pk) for m in members], now=now)
    up = [AudienceMove(silver.pk, members[0].pk, False), AudienceMove(gold.pk, members[0].pk)]
    move_members(None, up, now=now)
    move_members(None, up, now=now)
    assert silver.rows.count() == 2
    assert list(gold.rows.values_list("member_id", flat=True)) == [members[0].pk]
    assert set(Audience.objects.holding(members[0]).values_list("slug", flat=True)) == {
        "everyone",
        "tier-gold",
    }


def test_with_a_writer_nothing_happens_before_its_flush(make_member, now):
    audience = ensure_audience("list-a", kind=AudienceKind.LIST, name="A")
    writer = RowWriter()
    move_members(writer, [AudienceMove(audience.pk, make_member().pk)], now=now)
    assert audience.rows.count() == 0
    writer.flush()
    assert audience.rows.count() == 1


def test_leaving_and_entering_at_once_stays(make_member, now):
    audience = ensure_audience("list-a", kind=AudienceKind.LIST, name="A")
    member = make_member()
    move_members(None, [AudienceMove(audience.pk, member.pk)], now=now)
    move_members(
        None,
        [AudienceMove(audience.pk, member.pk), AudienceMove(audience.pk, member.pk, False)],
        now=now,
    )
    assert AudienceMember.objects.filter(audience=audience).count() == 1
