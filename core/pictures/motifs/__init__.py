"""What can be drawn, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.pictures.motifs import drinks, food, house, outings, papers
from core.pictures.palettes import Palette
from core.pictures.paper import Dice

type Place = Literal["table", "flat", "air", "field"]


@dataclass(frozen=True)
class Motif:
    label: str | Promise
    place: Place  # what it stands on: a table, nothing (seen from above), the air, a field
    draw: Callable[[Palette, Dice], str]


MOTIFS: dict[str, Motif] = {
    "coffee": Motif(_("Coffee"), "table", drinks.draw_coffee),
    "tea": Motif(_("Tea"), "table", drinks.draw_tea),
    "soda": Motif(_("Cold drink"), "table", drinks.draw_soda),
    "wine": Motif(_("Wine"), "table", drinks.draw_wine),
    "mug": Motif(_("Mug"), "table", drinks.draw_mug),
    "cake": Motif(_("Cake"), "table", food.draw_cake),
    "bread": Motif(_("Bread"), "table", food.draw_bread),
    "lunch": Motif(_("Set lunch"), "flat", food.draw_lunch),
    "tofu": Motif(_("Tofu"), "table", food.draw_tofu),
    "cheese": Motif(_("Cheese"), "table", food.draw_cheese),
    "jam": Motif(_("Jam"), "table", food.draw_jam),
    "produce": Motif(_("Vegetables"), "flat", food.draw_produce),
    "basket": Motif(_("Basket"), "table", food.draw_basket),
    "knife": Motif(_("Kitchen knife"), "flat", house.draw_knife),
    "pot": Motif(_("Pot"), "table", house.draw_pot),
    "tote": Motif(_("Bag"), "table", house.draw_tote),
    "apron": Motif(_("Apron"), "air", house.draw_apron),
    "cloth": Motif(_("Cloths"), "air", house.draw_cloth),
    "flowers": Motif(_("Flowers"), "table", house.draw_flowers),
    "garden": Motif(_("Garden"), "table", house.draw_garden),
    "repair": Motif(_("Repair"), "table", house.draw_repair),
    "workshop": Motif(_("Workshop"), "table", house.draw_workshop),
    "table": Motif(_("Dinner"), "air", house.draw_table),
    "pet": Motif(_("Pet"), "table", house.draw_pet),
    "visit": Motif(_("House visit"), "field", house.draw_visit),
    "spa": Motif(_("Spa"), "table", house.draw_spa),
    "walk": Motif(_("Walk"), "field", outings.draw_walk),
    "tree": Motif(_("Tree planting"), "field", outings.draw_tree),
    "bicycle": Motif(_("Bicycle"), "field", outings.draw_bicycle),
    "travel": Motif(_("Journey"), "field", outings.draw_travel),
    "museum": Motif(_("Museum"), "table", outings.draw_museum),
    "concert": Motif(_("Concert"), "table", outings.draw_concert),
    "film": Motif(_("Film"), "table", outings.draw_film),
    "music": Motif(_("Music"), "flat", outings.draw_music),
    "sport": Motif(_("Sport"), "flat", outings.draw_sport),
    "calendar": Motif(_("Calendar"), "table", papers.draw_calendar),
    "book": Motif(_("Book"), "table", papers.draw_book),
    "card": Motif(_("Gift card"), "flat", papers.draw_card),
    "ticket": Motif(_("Ticket"), "flat", papers.draw_ticket),
    "download": Motif(_("Download"), "flat", papers.draw_download),
    "letter": Motif(_("Letter"), "flat", papers.draw_letter),
    "medal": Motif(_("Medal"), "air", papers.draw_medal),
    "gift": Motif(_("Gift"), "table", papers.draw_gift),
    "charity": Motif(_("Good cause"), "air", papers.draw_charity),
    "wheel": Motif(_("Wheel of fortune"), "air", papers.draw_wheel),
    "coins": Motif(_("Points"), "table", papers.draw_coins),
    "pattern": Motif(_("Pattern"), "flat", papers.draw_pattern),
}


def list_motifs() -> list[tuple[str, str | Promise]]:
    """As a field's choices."""
    return [(name, motif.label) for name, motif in MOTIFS.items()]
