"""What is drawn of a product: a motif that its category or its number names, else a basket."""

import re
from typing import Any

from core.pictures.addresses import cover_url, seed_of
from core.pictures.motifs import MOTIFS

# Words of categories' codes that are no motif by themselves.
_DRAWN_AS = {
    "fruit": "produce", "fruits": "produce", "vegetables": "produce", "vegetable": "produce",
    "salads": "produce", "veg": "produce", "milk": "cheese", "butter": "cheese", "dairy": "cheese",
    "yogurt": "cheese", "soy": "tofu", "bakery": "bread", "pastry": "cake", "cakes": "cake",
    "sweets": "cake", "beef": "pot", "poultry": "pot", "seafood": "pot", "soup": "pot",
    "rice": "pot", "noodles": "pot", "meat": "pot", "deli": "lunch", "kitchen": "lunch",
    "meals": "lunch", "dumplings": "lunch", "drinks": "soda", "juice": "soda", "cafe": "coffee",
    "sauces": "jam", "oils": "jam", "canned": "jam", "breakfast": "bread", "snacks": "basket",
    "household": "cloth", "care": "spa", "pets": "pet", "beer": "wine", "spirits": "wine",
    "books": "book", "toys": "gift", "gifts": "gift", "clothing": "apron", "bags": "tote",
    "shoes": "walk", "tools": "repair", "plants": "garden", "cards": "letter",
}  # fmt: skip


def get_product_cover(product: Any) -> str:
    """The address of a drawing, the same on every page."""
    slug = product.category.slug if product.category_id else ""
    for word in re.split(r"[^a-z]+", slug.lower()):
        motif = word if word in MOTIFS else _DRAWN_AS.get(word)
        if motif:
            break
    else:
        motif = "basket"
    return cover_url(motif, seed_of(f"{product.source_id}:{product.external_id}"))
