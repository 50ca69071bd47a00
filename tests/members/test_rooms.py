"""Links to the rooms of the site: there while something is in them, for whom they are for."""

import pytest
from django.contrib.auth.models import AnonymousUser

from members import registry
from members.models import User
from members.registry import Room
from members.selectors import rooms

pytestmark = pytest.mark.django_db


@pytest.fixture
def _two_rooms():
    known = list(registry.rooms)
    for room in known:
        registry.rooms.remove(room.code)
    row = "SELECT WHERE %(now)s > timestamptz '2000-01-01'"
    registry.register_room(Room("late", "Late", "landing", "wheel", row, order=2))
    registry.register_room(Room("early", "Early", "landing", "gift", row, True, order=1))
    registry.register_room(Room("empty", "Empty", "landing", "gift", "SELECT WHERE false", True))
    yield
    for code in ("late", "early", "empty"):
        registry.rooms.remove(code)
    for room in known:
        registry.register_room(room)


@pytest.mark.usefixtures("_two_rooms")
def test_rooms_with_something_in_them_are_listed_in_their_order(now):
    rooms.kept.forget()
    user = User.objects.create(email="mei@example.com")
    assert [room.code for room in rooms.list_rooms(user, now=now)] == ["early", "late"]
    assert [room.code for room in rooms.list_rooms(AnonymousUser(), now=now)] == ["early"]


@pytest.mark.usefixtures("_two_rooms")
def test_the_answer_is_kept(now, assert_statements):
    rooms.kept.forget()
    with assert_statements(2):  # a transaction is begun by the test itself
        rooms.list_rooms(AnonymousUser(), now=now)
    with assert_statements(0):
        assert [each.code for each in rooms.list_rooms(AnonymousUser(), now=now)] == ["early"]
