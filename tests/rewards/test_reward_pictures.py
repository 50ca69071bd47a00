"""What a reward looks like: a photograph, else a drawing that fits."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.models import AuditEntry
from core.photos import is_photo
from core.pictures.motifs import MOTIFS
from rewards.enums import RewardKind
from rewards.models import Reward
from rewards.services.catalogue import change_reward

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def upload(name="cup.jpg"):
    body = BytesIO()
    Image.new("RGB", (800, 600), (120, 40, 60)).save(body, "JPEG")
    return SimpleUploadedFile(name, body.getvalue())


def list_files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("motif", "slug", "kind", "drawn"),
    [("cake", "house-coffee", "voucher", "cake"), ("", "house-coffee", "voucher", "coffee"),
     ("", "credit-5", "credit", "card"), ("", "golden-month", "tier", "medal"),
     ("gone", "anything", "goods", "gift")],
)  # fmt: skip
def test_picture_is_the_chosen_one_else_one_that_fits(motif, slug, kind, drawn):
    assert Reward(motif=motif, slug=slug, kind=kind).drawn_motif == drawn


@pytest.mark.parametrize("kind", RewardKind)
def test_every_kind_has_a_picture_of_its_own(kind):
    assert Reward(slug="x", kind=kind).drawn_motif in MOTIFS.keys() - {"pattern"}


def test_same_reward_has_the_same_picture_everywhere():
    first, second = (Reward(slug="house-coffee", kind="voucher") for _ in range(2))
    assert first.cover_url == second.cover_url
    assert first.cover_url != Reward(slug="iced-coffee", kind="voucher").cover_url


def test_photo_is_kept_clean_and_the_former_one_goes(
    make_reward, now, media, django_capture_on_commit_callbacks
):
    reward = change_reward(make_reward(), photo=upload(), by=None, now=now)
    former = reward.photo.name
    assert is_photo(former)
    assert (reward.photo.width, reward.photo.height) == (800, 600)
    with django_capture_on_commit_callbacks(execute=True):
        reward = change_reward(reward, photo=upload("other.jpg"), by=None, now=now)
    (kept,) = list_files(media)
    assert kept.name in reward.photo.name != former
    with django_capture_on_commit_callbacks(execute=True):
        reward = change_reward(reward, photo="", by=None, now=now)
    assert list_files(media) == []
    assert AuditEntry.objects.order_by("-pk")[0].changes == {"fields": ["photo"]}


def test_photo_that_stays_is_not_lost(make_reward, now, media, django_capture_on_commit_callbacks):
    reward = change_reward(make_reward(), photo=upload(), by=None, now=now)
    with django_capture_on_commit_callbacks(execute=True):
        change_reward(reward, photo=reward.photo, motif="tea", by=None, now=now)
    assert len(list_files(media)) == 1


def test_pages_show_the_drawing_with_empty_alternative_text(client, make_reward):
    reward = make_reward()
    for address in ("/rewards/", reward.get_absolute_url()):
        page = client.get(address, follow=True).content.decode()
        assert f'<img src="{reward.cover_url}" width="400" height="300" alt=""' in page


def test_pages_show_the_photo(client, make_reward, now):
    reward = change_reward(make_reward(), photo=upload(), by=None, now=now)
    page = client.get(reward.get_absolute_url(), follow=True).content.decode()
    assert f'src="/media/{reward.photo.name.removesuffix(".webp")}/640.webp"' in page
    assert 'width="800" height="600" alt=""' in page
    assert reward.cover_url not in page
