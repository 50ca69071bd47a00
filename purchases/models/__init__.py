from purchases.models.catalogue import Category, Product
from purchases.models.imports import ImportJob
from purchases.models.places import Channel, Source, Store
from purchases.models.purchase import Line, Purchase
from purchases.models.returns import Return, ReturnLine
from purchases.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "Category",
    "Channel",
    "ImportJob",
    "Line",
    "Product",
    "Purchase",
    "Return",
    "ReturnLine",
    "Source",
    "Store",
]
