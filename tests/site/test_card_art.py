"""The ground of the membership card: the tier's colour and pattern, the same on every page."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from core.colour import get_contrast
from core.pictures.patterns import PATTERNS
from members import registry
from members.registry import CardLine
from rewards.cards import BY_RANK, CARD_CONTRAST, CARD_INK, get_card_art, get_card_shade
from rewards.enums import CardPattern
from rewards.models import Tier
from tests.members.conftest import registered  # noqa: F401 (fixture)

COMPONENT = Path(settings.BASE_DIR) / "static" / "css" / "components" / "card.css"


def read_art(client, path):
    return re.findall(r'class="card-art" src="([^"]+)"', client.get(path).content.decode())


def test_ink_of_the_sheet_is_the_one_that_shades_are_made_for():
    rule = re.search(r"\.card:has\(\.card-art\) \{([^}]+)\}", COMPONENT.read_text())[1]
    assert re.search(r"--card-ink: (#[0-9a-f]{6});", rule)[1] == CARD_INK


def test_soft_ink_of_the_sheet_is_read_on_every_shade():
    rule = re.search(r"\.card:has\(\.card-art\) \{([^}]+)\}", COMPONENT.read_text())[1]
    soft = re.search(r"--card-soft: (#[0-9a-f]{6});", rule)[1]
    for color in ("#8c2f55", "#ffd400", "#ffffff", "#000000"):
        assert get_contrast(CARD_INK, get_card_shade(color)) >= CARD_CONTRAST
        assert get_contrast(soft, get_card_shade(color)) >= 4.5


def test_every_choice_is_drawn():
    assert set(CardPattern.values) == set(PATTERNS)


def test_pattern_follows_the_rank_until_the_owner_chooses():
    ranks = [get_card_art(rank, "#6c2642", "") for rank in range(len(BY_RANK) + 1)]
    assert len(set(ranks)) == len(BY_RANK)
    assert ranks[0] == ranks[-1]
    assert "/hemp/" in get_card_art(0, "#6c2642", "hemp")


@pytest.mark.django_db
def test_chosen_pattern_is_worn_on_home_card_and_landing(cast, rules):
    mei, visitor = cast.clients["mei"], cast.clients["anonymous"]
    before = read_art(mei, "/card/")
    assert before == read_art(mei, "/home/")
    Tier.objects.update(pattern="hemp")
    after = read_art(mei, "/card/")
    assert after == read_art(mei, "/home/") != before
    assert "/pattern/hemp/" in after[0]
    assert after[0] in visitor.get("/").content.decode()


@pytest.mark.django_db
def test_any_floor_says_a_line_on_both_pages(cast, registered):  # noqa: F811
    registry.register_card_line("test.line", lambda *args: CardLine("Founding member"))
    registered(registry.card_lines, "test.line")
    registry.register_card_line("test.none", lambda *args: None)
    registered(registry.card_lines, "test.none")
    for path in ("/home/", "/card/"):
        assert "Founding member" in cast.clients["mei"].get(path).content.decode()


@pytest.mark.django_db
def test_card_alone_asks_for_no_panel(cast, rules, registered):  # noqa: F811
    def build(*args):
        raise AssertionError

    registry.register_panel(
        registry.Panel("test.panel", registry.MEMBER_HOME, "members/_notice.html", build)
    )
    registered(registry.panels, "test.panel")
    assert cast.clients["mei"].get("/card/").status_code == 200
