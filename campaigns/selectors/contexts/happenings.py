"""What a message is about: a reward, a voucher, a purchase, goods; by the ids in its facts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import override

from campaigns.selectors.contexts.rows import MessageRow
from core.money import format_money
from core.photos import name_rendition
from core.time import day_of
from members.selectors.club import get_club
from purchases.models import Line, Product, Purchase
from rewards.models import Entitlement, Redemption, Reward

Rows = Sequence[MessageRow]
Contexts = dict[Any, dict[str, Any]]
_MOST_GOODS = 12


def fill(contexts: Contexts, rows: Rows, needs: set[str], slugs: set[str]) -> None:
    if needs & {"reward", "rewards"}:
        _fill_rewards(contexts, rows, needs, slugs)
    if "voucher" in needs:
        _fill_vouchers(contexts, rows)
    if needs & {"purchase", "product"}:
        _fill_purchases(contexts, rows, needs)


def _collect(rows: Rows, name: str) -> set[int]:
    return {pk for row in rows if (pk := _read_id(row.facts.get(name))) is not None}


def _read_id(value: Any) -> int | None:
    """Facts are JSON: an id is a number there, and nothing else is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# --- Rewards ------------------------------------------------------------------------------------


def _fill_rewards(contexts: Contexts, rows: Rows, needs: set[str], slugs: set[str]) -> None:
    by_slug = {each.slug: each for each in Reward.objects.published().filter(slug__in=slugs)}
    ids = _collect(rows, "reward") if "reward" in needs else set()
    by_id = Reward.objects.in_bulk(ids) if ids else {}
    # The same for everybody of a language.
    shown = {
        locale: {slug: _build_reward(by_slug.get(slug), locale) for slug in slugs}
        for locale in {row.locale for row in rows}
    }
    for row in rows:
        context = contexts[row.id]
        context["rewards"] = shown[row.locale]
        if "reward" in needs:
            pk = _read_id(row.facts.get("reward"))
            context["reward"] = _build_reward(by_id.get(pk) if pk else None, row.locale)


def show_rewards(slugs: set[str], locale: str) -> dict[str, Any]:
    """Rewards by their codes, as words ask for them; None for one that isn't on show."""
    found = {each.slug: each for each in Reward.objects.published().filter(slug__in=slugs)}
    return {slug: _build_reward(found.get(slug), locale) for slug in slugs}


def _build_reward(reward: Reward | None, locale: str) -> dict[str, Any] | None:
    if reward is None:
        return None
    with override(locale):
        return {
            "name": reward.name_i18n,
            "summary": reward.summary_i18n,
            "points": reward.price_points,
            "url": settings.SITE_URL + reward.get_absolute_url(),
            "image": _show_photo(reward.photo),
        }


def _show_photo(photo: Any) -> str | None:
    """As JPEG: not every mail program knows the formats of our pages."""
    if not photo:
        return None
    url = photo.storage.url(name_rendition(photo.name, 1280, "jpeg"))
    return settings.SITE_URL + url if url.startswith("/") else url


def _fill_vouchers(contexts: Contexts, rows: Rows) -> None:
    """A redemption brings its code; a right to a reward (a gift) is taken on these pages."""
    redeemed = _by_id(Redemption.objects.for_list().filter(pk__in=_collect(rows, "redemption")))
    given = _by_id(Entitlement.objects.for_list().filter(pk__in=_collect(rows, "entitlement")))
    for row in rows:
        redemption = redeemed.get(_read_id(row.facts.get("redemption")))
        entitlement = given.get(_read_id(row.facts.get("entitlement")))
        found = redemption or entitlement
        # Facts never open somebody else's code.
        if found is None or found.member_id != row.member_id:
            contexts[row.id]["voucher"] = None
            continue
        with override(row.locale):
            contexts[row.id]["voucher"] = {
                "name": found.reward.name_i18n,
                "code": redemption.shown_code if redemption else None,
                "until": found.expires_on,
                "url": settings.SITE_URL + (redemption or found.reward).get_absolute_url(),
            }


def _by_id(rows: Iterable[Any]) -> dict[int | None, Any]:
    return {row.pk: row for row in rows}


# --- Purchases and goods ------------------------------------------------------------------------


def _fill_purchases(contexts: Contexts, rows: Rows, needs: set[str]) -> None:
    club = get_club()
    ids = _collect(rows, "purchase")
    bought = _by_id(Purchase.objects.filter(pk__in=ids).select_related("store") if ids else ())
    named = {
        pk
        for row in rows
        for pk in _list_ids(row.facts)
    } if "product" in needs else set()  # fmt: skip
    lines: Mapping[int, list[int]] = _list_goods(ids) if "product" in needs and ids else {}
    goods = Product.objects.in_bulk(named | {pk for each in lines.values() for pk in each})
    for row in rows:
        purchase = bought.get(_read_id(row.facts.get("purchase")))
        if purchase is not None and purchase.member_id != row.member_id:
            purchase = None
        context = contexts[row.id]
        with override(row.locale):
            context["purchase"] = purchase and {
                "number": purchase.external_id,
                "amount": format_money(purchase.total_amount, purchase.currency),
                "on": day_of(purchase.purchased_at, club.zone),
            }
            context["store"] = (
                {"name": purchase.store.name_i18n} if purchase and purchase.store else None
            )
            wanted = _list_ids(row.facts) or (lines.get(purchase.pk, []) if purchase else [])
            shown = [_build_product(goods[pk]) for pk in wanted[:_MOST_GOODS] if pk in goods]
        context["products"] = shown or None
        context["product"] = shown[0] if shown else None


def _list_ids(facts: Mapping[str, Any]) -> list[int]:
    given = facts.get("products")
    many = given if isinstance(given, list) else [facts.get("product")]
    return [pk for each in many if (pk := _read_id(each)) is not None]


def _list_goods(purchases: set[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    lines = Line.objects.present().filter(purchase__in=purchases, product__isnull=False)
    for purchase, product in lines.order_by("purchase", "position").values_list(
        "purchase_id", "product_id"
    ):
        if product not in found[purchase]:
            found[purchase].append(product)
    return found


def _build_product(product: Product) -> dict[str, Any]:
    return {"name": product.shown_name, "brand": product.brand or None}
