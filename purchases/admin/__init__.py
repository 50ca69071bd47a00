from purchases.admin import (
    act_names,
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
    "act_names",
    "catalogue",
    "deliveries",
    "imports",
    "panels",
    "places",
    "purchases",
    "shops",
    "tokens",
]
