from purchases.admin import catalogue, imports, panels, places, purchases, tokens

__all__ = ["catalogue", "imports", "panels", "places", "purchases", "tokens"]
