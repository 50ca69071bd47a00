"""What the engine must know of members before a past span, read group by group, never locked."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import F, Sum

from core.time import day_of, start_of
from members.models import AudienceMember, Member
from purchases.models import Line, Purchase
from rewards.engine.book import Book
from rewards.engine.limits import Usage, cap_period
from rewards.engine.terms import Rule, Terms
from rewards.enums import FirstTime
from rewards.models import Award, Reversal, Standing, TierChange

_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def load_books(
    group: Sequence[int], terms: Terms, start: dt.datetime, rules: Iterable[Rule]
) -> dict[int, Book]:
    """What evaluation asks of a member, as it stood when the span began."""
    tiers = dict(Standing.objects.filter(member__in=group).values_list("member_id", "tier_id"))
    first_tier = terms.programmes[0].levels[0].tier_id if terms.programmes else 0
    earlier = Purchase.objects.filter(member__in=group, purchased_at__lt=start)
    bought_before = set(earlier.values_list("member_id", flat=True).distinct())
    books = {
        pk: Book(
            member_id=pk,
            joined_on=day_of(joined_at, terms.zone),
            tier_id=tiers.get(pk, first_tier),
            birth_month=birth_month,
            has_purchased=pk in bought_before,
        )
        for pk, joined_at, birth_month in Member.objects.filter(pk__in=group).values_list(
            "pk", "joined_at", "birth_month"
        )
    }
    changes = TierChange.objects.filter(member__in=group).order_by("effective_at", "id")
    for member_id, at, from_id, to_id in changes.values_list(
        "member_id", "effective_at", "from_tier_id", "to_tier_id"
    ):
        history = books[member_id].tier_history
        if not history:
            history.append((_EVER, from_id))
        history.append((at, to_id))
    audience_ids = {pk for rule in rules for pk in rule.audience_ids}
    tier_audiences = {level.audience_id for each in terms.programmes for level in each.levels}
    rows = AudienceMember.objects.filter(
        member__in=group, audience__in=audience_ids - tier_audiences
    )
    for member_id, audience_id in rows.values_list("member_id", "audience_id"):
        books[member_id].audience_ids |= {audience_id}
    return books


def load_usage(
    group: Sequence[int],
    pairs: Iterable[tuple[list[Rule], Usage]],
    start: dt.datetime,
    zone: str,
) -> None:
    """What limited rules had given these members, and what they had bought, before the span."""
    pairs = list(pairs)
    rules = {rule.id: rule for own, _usage in pairs for rule in own}.values()
    limited = [rule for rule in rules if rule.cap_points is not None or rule.first_time]
    if not limited:
        return
    day = day_of(start, zone)
    since = min(
        dt.date.min if rule.first_time else cap_period(rule.cap_period, day)[0] for rule in limited
    )
    awards = Award.objects.filter(
        member__in=group,
        rule__in={rule.rule_id for rule in limited},
        effective_at__lt=start,
        purchase_version=F("purchase__version"),  # a shop has amended the others since
    )
    if since > dt.date(2, 1, 1):
        awards = awards.filter(effective_at__gte=start_of(since, zone))
    rows = list(awards.values_list("pk", "rule_id", "member_id", "effective_at", "awarded_points"))
    back = dict(
        Reversal.objects.filter(award__in=[row[0] for row in rows])
        .values_list("award")
        .annotate(Sum("reversed_points"))
    )
    lasting = {rule.rule_id for rule in limited if rule.first_time or rule.cap_period == "lifetime"}
    bought = _list_bought(group, limited, start)
    for _rules, usage in pairs:
        usage.bought |= bought
        for pk, rule_id, member_id, at, points in rows:
            net = points - (0 if rule_id in lasting else back.get(pk, 0))
            usage.awards.setdefault((rule_id, member_id), []).append((day_of(at, zone), net))


def _list_bought(group, limited: Iterable[Rule], start) -> set[tuple[int, str, int]]:
    products = {
        pk for rule in limited if rule.first_time == FirstTime.PRODUCT for pk in rule.product_ids
    }
    categories = {
        pk for rule in limited if rule.first_time == FirstTime.CATEGORY for pk in rule.category_ids
    }
    lines = Line.objects.present().filter(
        purchase__member__in=group, purchase__purchased_at__lt=start
    )
    found: set[tuple[int, str, int]] = set()
    if products:
        goods = lines.filter(product__in=products).values_list("purchase__member", "product")
        found |= {(member, FirstTime.PRODUCT, item) for member, item in goods.distinct()}
    if categories:
        inside = lines.filter(category__lineage__overlap=sorted(categories))
        pairs = inside.values_list("purchase__member", "category__lineage").distinct()
        found |= {
            (member, FirstTime.CATEGORY, item)
            for member, lineage in pairs
            for item in lineage
            if item in categories
        }
    return found
