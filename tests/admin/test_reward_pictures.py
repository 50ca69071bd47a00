"""The picture of a reward in the back office: chosen, brought, refused, taken away."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.photos import is_photo
from rewards.services.catalogue import create_reward
from tests.admin.test_catalogue import FORM, NO_ROWS
from tests.rewards.test_reward_pictures import media, upload  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(clock, programme):
    """The pages read the clock."""


@pytest.fixture
def edit(owner, now):
    reward = create_reward(kind="goods", name="Tea cup", price_points=200, by=None, now=now)
    address = reverse("admin:rewards_reward_edit", args=[reward.pk])

    def send(**data):
        rows = {f"gates-{name}": value for name, value in NO_ROWS.items()}
        response = owner.post(address, FORM | {"slug": reward.slug} | rows | data)
        reward.refresh_from_db()
        return reward, response

    send.page = lambda: owner.get(address).content.decode()
    return send


def test_form_shows_the_cover(edit):
    reward, _response = edit(motif="tea")
    assert f'<img src="{reward.cover_url}" width="200" height="150" alt="">' in edit.page()
    assert "/tea/" in reward.cover_url


def test_photo_is_brought_and_taken_away(edit):
    reward, response = edit(photo=upload())
    assert response.status_code == 302
    assert is_photo(reward.photo.name)
    reward, _response = edit()
    assert is_photo(reward.photo.name)
    reward, _response = edit(**{"photo-clear": "on"})
    assert not reward.photo


def test_drawing_with_script_is_refused_in_the_form(edit):
    file = SimpleUploadedFile("logo.jpg", b"<svg onload='alert(1)'/>")
    reward, response = edit(photo=file)
    assert response.status_code == 200
    assert "SVG drawings can hold programs" in response.content.decode()
    assert not reward.photo
