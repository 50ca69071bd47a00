"""What is drawn of a product: a motif that its category or its number names, else a basket."""

import re
from typing import Any

from core.pictures.addresses import cover_url, seed_of
from core.pictures.motifs import MOTIFS

# Words of categories' codes that are no motif by themselves.
_DRAWN_AS = {
    "fruit": "produce", "fruits": "produce", "vegetables": "produce", "vegetable": "produce",
    "salads": "produce", "veg": "produce", "milk": "cheese", "butter": "cheese", "dairy": "cheese",
    "yogurt": "cheese", "soy": "tofu", "bakery": "bread", "pastry": "cake", "pastries": "cake",
    "cakes": "cake", "sweets": "cake", "beef": "pot", "poultry": "pot", "seafood": "pot",
    "soup": "pot", "rice": "pot", "noodles": "pot", "meat": "pot", "deli": "lunch",
    "kitchen": "lunch", "meals": "lunch", "dumplings": "lunch", "drinks": "soda", "juice": "soda",
    "water": "soda", "latte": "coffee", "sauces": "jam", "oils": "jam", "canned": "jam",
    "breakfast": "bread", "snacks": "basket", "fish": "pot", "ham": "pot", "soda": "soda",
    "loaf": "bread", "household": "cloth", "care": "spa", "pets": "pet", "beer": "wine",
    "spirits": "wine", "books": "book", "toys": "gift", "gifts": "gift", "clothing": "apron",
    "bags": "tote", "shoes": "walk", "tools": "repair", "plants": "garden", "cards": "letter",
}  # fmt: skip


def _split(text: str) -> list[str]:
    return re.split(r"[^a-z]+", text.lower())


def get_product_cover(product: Any) -> str:
    """The address of a drawing, the same on every page."""
    slug = product.category.slug if product.category_id else ""
    # What it is called says more than where it stands; of that, the last says the most.
    words = [*_split(product.name), *reversed(_split(slug))]
    drawn = (word if word in MOTIFS else _DRAWN_AS.get(word) for word in words)
    motif = next((motif for motif in drawn if motif), "basket")
    return cover_url(motif, seed_of(f"{product.source_id}:{product.external_id}"))
