from purchases.models.catalogue import Category, Product
from purchases.models.claims import ReceiptClaim
from purchases.models.deliveries import ShopPrivacyRequest, WebhookBody, WebhookDelivery
from purchases.models.imports import ImportJob
from purchases.models.places import Channel, Source, Store
from purchases.models.purchase import Line, Purchase
from purchases.models.returns import Return, ReturnLine
from purchases.models.shops import ShopConnection, ShopOrder, ShopRefund
from purchases.models.tokens import ApiToken
from purchases.models.versions import PurchaseVersion

__all__ = [
    "ApiToken",
    "Category",
    "Channel",
    "ImportJob",
    "Line",
    "Product",
    "Purchase",
    "PurchaseVersion",
    "ReceiptClaim",
    "Return",
    "ReturnLine",
    "ShopConnection",
    "ShopOrder",
    "ShopPrivacyRequest",
    "ShopRefund",
    "Source",
    "Store",
    "WebhookBody",
    "WebhookDelivery",
]
