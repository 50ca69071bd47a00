"""Points, rewards and payments over the API, beside purchases; the same services as everywhere."""

from purchases.api import api
from rewards.api import catalogue, payments, redemptions, viewing

for part in (catalogue, redemptions, payments, viewing):
    api.add_router("", part.router)

__all__ = ["api"]
