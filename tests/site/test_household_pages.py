import pytest

from members.models import HouseholdInvitation
from members.selectors.households import get_household, list_point_sharers
from members.services.household_invitations import (
    build_invitation_token,
)
from members.services.households import (
    open_household,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei(cast):
    return cast.clients["mei"]


@pytest.fixture
def ken(cast):
    return cast.clients["ken"]


def test_two_people_pool_their_points(cast, mei, ken, now):
    mei.post("/household/opening/")
    mei.post("/household/pooling/", {"pools_points": "1"})
    number = cast.members["ken"].number
    response = mei.post("/household/invitations/", {"way": "number", "number": number}, follow=True)
    assert "The invitation is on its way." in response.content.decode()
    assert "You are invited to a household." in ken.get("/home/").content.decode()
    html = ken.get("/household/").content.decode()
    assert "Mei Chen invites you to their household." in html
    token = build_invitation_token(HouseholdInvitation.objects.get())
    path = f"/household/invitations/{token}/"
    assert "You keep your own membership" in ken.get(path).content.decode()
    ken.post(f"{path}answer/", {"answer": "yes", "pools_points": "on"})
    assert list_point_sharers(cast.members["mei"]) == [cast.members["ken"]]
    assert mei.get("/household/").content.decode().count("pools points") == 2
    ken.post("/household/pooling/")
    assert list_point_sharers(cast.members["mei"]) == []
    ken.post("/household/leaving/")
    assert get_household(cast.members["ken"], now=now) is None


def test_number_of_nobody_gets_the_same_answer(cast, mei):
    from members.numbers import compute_check_digits

    mei.post("/household/opening/")
    unknown = f"1000000000{compute_check_digits('1000000000')}"
    response = mei.post(
        "/household/invitations/", {"way": "number", "number": unknown}, follow=True
    )
    html = response.content.decode()
    assert "The invitation is on its way." in html
    assert "A member, by number" in html
    response = mei.post("/household/invitations/", {"way": "number", "number": "12"})
    assert response.status_code == 422
    assert "its check digits are wrong" in response.content.decode()
    assert mei.post("/household/invitations/", {"way": "email"}).status_code == 422


def test_link_is_shown_taken_back_and_then_gone(cast, mei, ken):
    mei.post("/household/opening/")
    mei.post("/household/invitations/", {"way": "link"})
    invitation = HouseholdInvitation.objects.get()
    path = f"/household/invitations/{build_invitation_token(invitation)}/"
    assert path in mei.get("/household/").content.decode()
    mei.post(f"/household/invitations/{invitation.pk}/cancellation/")
    assert "no longer open" in ken.get(path).content.decode()
    assert ken.post(f"{path}answer/", {"answer": "yes"}).status_code == 410
    assert ken.get("/household/invitations/forged/").status_code == 404


def test_head_removes_and_nobody_else_does(cast, mei, ken, now):
    household = open_household(cast.members["mei"], by=None, now=now)
    mei.post("/household/invitations/", {"way": "link"})
    token = build_invitation_token(HouseholdInvitation.objects.get())
    ken.post(f"/household/invitations/{token}/answer/", {"answer": "yes"})
    own = get_household(cast.members["mei"], now=now).own
    assert ken.post(f"/household/people/{own.pk}/removal/").status_code == 403
    place = get_household(cast.members["ken"], now=now).own
    mei.post(f"/household/people/{place.pk}/removal/")
    assert [each.member for each in household.places.active()] == [cast.members["mei"]]


def test_no_is_taken_for_an_answer(cast, mei, ken, now):
    mei.post("/household/opening/")
    mei.post("/household/invitations/", {"way": "number", "number": cast.members["ken"].number})
    token = build_invitation_token(HouseholdInvitation.objects.get())
    ken.post(f"/household/invitations/{token}/answer/", {"answer": "no"})
    assert get_household(cast.members["ken"], now=now) is None
    assert "invites you" not in ken.get("/household/").content.decode()
