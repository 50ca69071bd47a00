from purchases.admin import (
    catalogue,
    deliveries,
    imports,
    panels,
    places,
    purchases,
    shops,
    tokens,
)

__all__ = [
    "catalogue",
    "deliveries",
    "imports",
    "panels",
    "places",
    "purchases",
    "shops",
    "tokens",
]
