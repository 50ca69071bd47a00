"""What the counter shows: the member who stands there, goods, bills that wait."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet, Sum

from core.bulk import read_together
from core.words import shown_sql
from members.models import Member, User
from purchases.models import Purchase, Source
from rewards.enums import AccountKind, RedemptionState, RewardKind
from rewards.models import Bill, Payment, Redemption, Register
from rewards.selectors.balances import Balances, get_balances
from rewards.selectors.programme import ShownTier
from rewards.selectors.standing import get_progress

BIRTHDAY_NEAR = 7  # days before and after
EXPIRING = dt.timedelta(days=30)
VISITS_LOOKED_AT = 20
USUAL_FROM = 2  # visits on which something was bought before it is usual
USUAL_SHOWN = 4
GOODS_SHOWN = 8
REWARDS_SHOWN = 12
_SPENDABLE_CREDIT = (AccountKind.CREDIT_GRANTED, AccountKind.CREDIT_REFUNDED)
_NOT_SHOWN = (RewardKind.CREDIT, RewardKind.TIER, RewardKind.DOWNLOAD)

# --- Who stands there ---------------------------------------------------------------------------

# Goods of the last visits that came back more than once; the price and number of the last time.
_USUAL = """
    WITH visit AS (
        SELECT id, purchased_at FROM purchases_purchase
        WHERE member_id = %(member)s ORDER BY purchased_at DESC, id DESC LIMIT %(visits)s
    )
    SELECT l.product_id, coalesce(nullif({name}, ''), p.external_id),
           count(DISTINCT visit.id), (SELECT count(*) FROM visit),
           (array_agg(l.quantity ORDER BY visit.purchased_at DESC, l.id))[1],
           (array_agg(round((l.amount + l.discount_amount) / l.quantity)::bigint
                      ORDER BY visit.purchased_at DESC, l.id))[1]
    FROM visit JOIN purchases_line l ON l.purchase_id = visit.id
    JOIN purchases_product p ON p.id = l.product_id
    WHERE l.quantity > 0
    GROUP BY l.product_id, p.name, p.i18n, p.external_id
    HAVING count(DISTINCT visit.id) >= %(least)s
    ORDER BY count(DISTINCT visit.id) DESC, max(visit.purchased_at) DESC, l.product_id
    LIMIT %(shown)s
"""


@dataclass(frozen=True, slots=True)
class UsualGood:
    """Something that the member often buys, as they bought it last."""

    product_id: int
    name: str
    visit_count: int
    looked_at_count: int
    quantity: Decimal
    price_amount: int


def list_usual(member: Member) -> list[UsualGood]:
    """The usual order; one query."""
    values = {
        "member": member.pk,
        "visits": VISITS_LOOKED_AT,
        "least": USUAL_FROM,
        "shown": USUAL_SHOWN,
    }
    (rows,) = read_together([(_USUAL.format(name=shown_sql("p.name")), values)])
    return [UsualGood(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Birthday:
    """A birthday near: ``days`` until it, 0 today, negative where it has been."""

    days: int


def get_birthday(member: Member, today: dt.date) -> Birthday | None:
    """A birthday within a week; 29 February is kept on the 28th of other years."""
    if not member.birth_month or not member.birth_day:
        return None
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            day = dt.date(year, member.birth_month, member.birth_day)
        except ValueError:
            day = dt.date(year, 2, 28)
        days = (day - today).days
        if abs(days) <= BIRTHDAY_NEAR:
            return Birthday(days)
    return None


@dataclass(frozen=True, slots=True)
class MemberInView:
    """Everything of the club's own that a clerk sees of a member at once."""

    member: Member
    balances: Balances
    tier: ShownTier | None
    credit_amount: int
    expiring: tuple[dt.date, int] | None
    birthday: Birthday | None
    usual: Sequence[UsualGood]
    to_pay: Sequence[Redemption]
    vouchers: Sequence[Redemption]
    bills: Sequence[Bill]

    @property
    def can_spend(self) -> bool:
        return self.member.can_spend


def get_member_in_view(member: Member, *, now: dt.datetime) -> MemberInView:
    """Four queries, one more where the programme isn't known to the process yet."""
    balances = get_balances(member, now=now)
    progress = get_progress(balances)
    first = balances.expiries[0] if balances.expiries else None
    open_ones = Redemption.objects.of(member).open().exclude(reward__kind__in=_NOT_SHOWN)
    redemptions = list(open_ones.for_list().newest_first()[:REWARDS_SHOWN])
    reserved = RedemptionState.RESERVED
    return MemberInView(
        member=member,
        balances=balances,
        tier=progress.tier if progress else None,
        credit_amount=count_credit(balances),
        expiring=first if first and first[0] <= balances.today + EXPIRING else None,
        birthday=get_birthday(member, balances.today),
        usual=list_usual(member),
        to_pay=[each for each in redemptions if each.state == reserved and each.lapses_at > now],
        vouchers=[each for each in redemptions if each.state != reserved],
        bills=list(Bill.objects.open().filter(member=member).order_by("-opened_at")[:5]),
    )


def count_credit(balances: Balances) -> int:
    """Store credit that can be spent, in minor units."""
    return sum(balances.book.balance(kind) for kind in _SPENDABLE_CREDIT) if balances.book else 0


# --- Goods --------------------------------------------------------------------------------------

# What was asked for last; hot goods are found from the newest line back, rare ones by their index.
_GOODS = """
    SELECT p.id, coalesce(nullif(p.shown, ''), p.external_id), {category}, last.price
    FROM (
        SELECT id, {name} AS shown, external_id, category_id FROM purchases_product
        WHERE {condition} ORDER BY shown, id LIMIT %(shown)s
    ) AS p
    LEFT JOIN purchases_category c ON c.id = p.category_id
    LEFT JOIN LATERAL (
        SELECT round((l.amount + l.discount_amount) / l.quantity)::bigint AS price
        FROM purchases_line l WHERE l.product_id = p.id AND l.quantity > 0
        ORDER BY l.id DESC LIMIT 1
    ) AS last ON true
    ORDER BY p.shown, p.id
"""


@dataclass(frozen=True, slots=True)
class Good:
    """A product, with the price at which one of it was sold last (None: never)."""

    product_id: int
    name: str
    category: str | None
    price_amount: int | None


def find_goods(text: str) -> list[Good]:
    """Goods by their own number (a bar code), else by part of their name; a query for each."""
    at_any = "source_id = ANY(ARRAY(SELECT id FROM purchases_source)) AND external_id = %(text)s"
    exact = _list_goods(at_any, text=text)
    if exact or len(text) < 2:
        return exact
    pattern = "%" + "".join(f"\\{c}" if c in "\\%_" else c for c in text) + "%"
    either = {"name ILIKE %(text)s", f"{shown_sql('name')} ILIKE %(text)s"}
    return _list_goods(" OR ".join(sorted(either)), text=pattern)


def list_goods(product_ids: Sequence[int]) -> dict[int, Good]:
    """Goods by id; one query, none for none."""
    if not product_ids:
        return {}
    found = _list_goods("id = ANY(%(ids)s)", ids=list(product_ids), shown=len(product_ids))
    return {good.product_id: good for good in found}


def _list_goods(condition: str, **values: Any) -> list[Good]:
    values = {"shown": GOODS_SHOWN} | values
    words = {"name": shown_sql("name"), "category": shown_sql("c.name")}
    (rows,) = read_together([(_GOODS.format(condition=condition, **words), values)])
    return [Good(*row) for row in rows]


# --- Bills and receipts ---------------------------------------------------------------------------


def list_bill_payments(bill: Bill) -> list[Payment]:
    """What points and credit pay of a bill; released ones too."""
    payments = Payment.objects.filter(member=bill.member_id, external_id=bill.number)
    return list(payments.order_by("pk"))


def list_waiting_bills(register: Register, *, now: dt.datetime) -> list[Bill]:
    """Bills of this register that wait for their money, newest first."""
    since = now - dt.timedelta(days=1)
    found = Bill.objects.open().filter(register=register, opened_at__gt=since)
    return list(found.for_list().order_by("-opened_at")[:5])


def list_last_receipts(register: Register, *, now: dt.datetime, limit: int = 5) -> list[Purchase]:
    """What this store's counter rang up last."""
    since = now - dt.timedelta(hours=12)
    found = Purchase.objects.filter(
        source__in=Source.objects.filter(code="counter"),
        store=register.store_id,
        purchased_at__gt=since,
    )
    return list(found.select_related("member").newest_first()[:limit])


def list_returnable(purchase: Purchase) -> list[Any]:
    """Lines of which something is left to come back, each with ``left_quantity``."""
    lines: Any = purchase.lines.select_related("product")
    found: list[Any] = []
    for line in lines.annotate(back=Sum("returned__quantity")).order_by("position"):
        line.left_quantity = line.quantity - (line.back or 0)
        if line.left_quantity > 0:
            found.append(line)
    return found


# --- Staff ----------------------------------------------------------------------------------------


def list_clerks() -> QuerySet[User]:
    """Who may serve at the counter and has a PIN, by name. One query."""
    permission = Permission.objects.filter(
        codename="use_counter", content_type__app_label="rewards"
    ).values("pk")
    may_serve = (
        Q(is_superuser=True)
        | Q(user_permissions__in=permission)
        | Q(groups__permissions__in=permission)
    )
    staff = User.objects.filter(may_serve, is_active=True, is_staff=True)
    return staff.filter(staff_pin__isnull=False).distinct().order_by("display_name", "pk")
