"""A small club with everything to play with, for tests that let it live at random.

Choices come as plain numbers and are counted round whatever there is, so that the same numbers
lead to the same life. The wheel draws what the number says: whoever spins chooses a seed for it.
"""

import datetime as dt
import itertools

from core.errors import DomainError
from core.time import day_of
from members.models import Audience, Member, User, WorkItem
from members.services.audiences import ensure_everyone
from members.services.merging import merge_members, undo_merge
from members.services.work import process_due_work
from rewards.engine.draw import draw, make_pseudonym
from rewards.enums import AdjustmentReason, PrizeKind
from rewards.models import (
    Appeal,
    Challenge,
    CharitySettlement,
    Donation,
    Entitlement,
    Redemption,
    Reward,
    Slice,
    StandingDonation,
    Surprise,
    SurpriseGift,
)
from rewards.registry import CHALLENGES
from rewards.services.bulk import cancel_bulk
from rewards.services.bulk_running import run_bulk_act
from rewards.services.catalogue import GateTerms
from rewards.services.challenges import count_batch, give_stamps
from rewards.services.closing import close_days
from rewards.services.entitlements import end_past_entitlements
from rewards.services.giving import (
    close_periods,
    donate_points,
    donate_prize,
    end_share,
    mark_paid,
    read_period,
    round_down,
    set_share,
    undo_donation,
)
from rewards.services.grants import grant_points
from rewards.services.prizes import Prize
from rewards.services.redemption import (
    cancel_redemption,
    confirm_redemption,
    end_past_validity,
    let_go_of_overdue,
    redeem_reward,
    use_redemption,
)
from rewards.services.surprises import confirm_surprise, draft_surprise, open_gift
from rewards.services.wheel import (
    SliceTerms,
    change_draft,
    choose_seed,
    create_wheel,
    ensure_player,
    open_draft,
    prepare_days,
    publish_version,
    reveal_days,
    spin_wheel,
)
from rewards.services.wheel.publishing import return_ended_stock
from rewards.spin_keys import SpinKey, write_spin_key
from tests.rewards.amended import Orders
from tests.rewards.conftest import EVER, ZONE, at
from tests.rewards.givings import make_appeal, make_charity, make_match
from tests.rewards.stamps import Cafe, make_card, publish
from tests.rewards.wheels import find_seed

DAY = dt.date(2026, 3, 11)
NOTHING = Prize(PrizeKind.NOTHING)
GOODS = ("coffee", "tea", "bread")
LINES = "abc"
CARDS = {
    "items": {"count_by": "item", "target": 4},
    "purchases": {"target": 3, "minimum_amount": 500},
    "money": {"measure": "sum", "target": 3000},
    "kinds": {"measure": "distinct", "distinct_of": "product", "target": 2, "round_limit": 1},
}


class PlayClub:
    """Members, shelves, wheels, cards and charities; each method is one thing that may happen."""

    def __init__(self, tills, connection, make_reward, owner):
        self.now, self.owner = at(DAY, 14), owner
        self.begin()
        self.cafes = [Cafe(till.source, counts_at_once=False) for till in tills]
        self.orders = Orders(connection)
        self.people = [(self.cafes[0], "mei"), (self.cafes[0], "lin"), (self.cafes[1], "ann")]
        self._make_rewards(make_reward)
        self._make_wheels()
        self._make_cards()
        charities = [make_charity("one"), make_charity("two", hundred_amount=37)]
        self.appeals = [make_appeal(each, f"for-{each.slug}") for each in charities]
        make_match(self.appeals[0], budget_points=60, rate_percent=50, gift_cap_points=20)
        self._make_members()

    def begin(self):
        """Forgets what happened, for a life from the start."""
        self.keys, self.tickets, self.merges = itertools.count(), [], []
        self.batches, self.last_spin = [], None

    def _make_rewards(self, make_reward):
        self.tote = make_reward("Tote", price_points=20, stock_left=12, cost_amount=300,
                                valid_days=9)  # fmt: skip
        self.tea = make_reward("Tea", price_points=10, price_amount=100, hold_minutes=60,
                               cost_amount=100)  # fmt: skip
        self.rewards = [self.tote, self.tea]
        self.stock = self.count_stock()

    def _make_wheels(self):
        before = self.now - dt.timedelta(days=1)
        prepare_days(now=before)
        self.wheels = []
        for slug in ("daily", "gold"):
            wheel = create_wheel(slug=slug, name=slug.title(), by=None, now=before)
            slices = [
                SliceTerms("Ten", 1, Prize(PrizeKind.POINTS, points=10, days=4)),
                SliceTerms("Credit", 1, Prize(PrizeKind.CREDIT, amount=300)),
                SliceTerms("Tote", 1, Prize(PrizeKind.REWARD, reward_id=self.tote.pk, days=6),
                           stock_count=2, substitute=Prize(PrizeKind.POINTS, points=3)),
                SliceTerms("Again", 1, Prize(PrizeKind.SPINS, spin_count=2, wheel_id=wheel.pk)),
                SliceTerms("Nothing", 1),
                SliceTerms("Tea", 1, Prize(PrizeKind.REWARD, reward_id=self.tea.pk)),
                SliceTerms("Forty", 1, Prize(PrizeKind.POINTS, points=40), stock_count=1,
                           substitute=NOTHING),
            ]  # fmt: skip
            change_draft(
                wheel.versions.get(), slices=slices, gates=[GateTerms(ensure_everyone(), EVER)],
                rules_text="Spin.", is_law_confirmed=True, has_price=True, price_points=5,
                by=None, now=before,
            )  # fmt: skip
            publish_version(wheel.versions.get(), by=None, now=before)
            self.wheels.append(wheel)

    def _make_cards(self):
        prizes = {
            "items": {"prize_kind": "reward", "prize_reward": self.tote, "prize_days": 8},
            "purchases": {"prize_kind": "points", "prize_points": 50},
            "money": {"prize_kind": "spins", "prize_spin_count": 2,
                      "prize_wheel": self.wheels[0], "prize_days": 5},
            "kinds": {"prize_kind": "credit", "prize_amount": 250},
        }  # fmt: skip
        for slug, terms in CARDS.items():
            make_card(slug, **{"prize_points": 0} | terms | prizes[slug])

    def _make_members(self):
        for cafe, name in self.people:
            cafe.sell(name, 2, on=DAY, price=3000, now=self.now)
        self.orders.tell(self.orders.build("0", {"a": 60}, on=DAY, customer="bo"), now=self.now)
        self.pks = []
        for member in Member.objects.order_by("pk"):
            member.user = User.objects.create(email=f"play{member.pk}@example.com")
            member.save(update_fields=["user"])
            self.pks.append(member.pk)

    # --- What there is ---

    @property
    def today(self) -> dt.date:
        return day_of(self.now, ZONE)

    def member(self, number):
        """Mostly one who is there; now and then one who was merged away."""
        there = Member.objects.filter(pk__in=self.pks).order_by("pk")
        active = there if number % 11 == 10 else there.filter(status="active")
        return pick(active.select_related("user"), number)

    def key(self, number):
        """Now and then one that was used before."""
        count = next(self.keys)
        return f"k{number % (count + 1) if number % 7 == 6 else count}"

    def do(self, name, *numbers) -> str:
        """One thing happens, or is refused, a second after the last; returns the refusal's code."""
        self.now += dt.timedelta(seconds=1)
        try:
            getattr(self, name)(*numbers)
        except DomainError as refusal:
            return refusal.code
        except NothingThereError:
            return "nothing_there"
        return ""

    # --- Till ---

    def buy(self, who, quantity, goods, back):
        cafe, name = self.people[who % len(self.people)]
        on = self.today - dt.timedelta(days=back)
        product = GOODS[goods % len(GOODS)]
        hour = 14 if not back else 10 + quantity
        other = [("bread", 1, 700)] if goods > 5 else []
        lines = [(product, quantity, 450 * quantity), *other]
        ticket = cafe.ticket(name, on=on, hour=hour, lines=lines)
        cafe.take_in(ticket, now=self.now)
        self.tickets.append([cafe, ticket.external_id, quantity])

    def give_back(self, number, quantity):
        entry = pick(self.tickets, number)
        cafe, ticket, left = entry
        if not left:
            return
        count = min(quantity, left)
        is_whole = number % 3 == 0 and left == count
        slip = cafe.slip(ticket, None if is_whole else count, on=self.today, hour=14)
        try:
            cafe.take_in(slip, now=self.now)
        except AssertionError:  # the rest of a bill that came back in part
            return
        entry[2] = left - count

    def amend(self, number, amounts, customer):
        lines = {line: amount for line, amount in zip(LINES, amounts, strict=False) if amount}
        if not lines:
            return
        said = self.orders.build(
            str(number % 3), lines, on=self.today, customer=["bo", "bo", "bo2"][customer % 3],
            products=dict(zip(LINES, GOODS, strict=True)),
        )  # fmt: skip
        self.orders.tell(said, now=self.now)

    def refund(self, number, dollars):
        name = str(number % 3)
        refund = self.orders.build_refund(
            f"r{next(self.keys)}", name, {LINES[number % 2]: dollars}, on=self.today
        )
        self.orders.tell_refund(refund)

    # --- Stamps ---

    def count(self, number):
        """Some batch, whether it was counted before or not; or all that waits."""
        waiting = WorkItem.objects.of_consumer(CHALLENGES).values_list("batch_id", flat=True)
        self.batches = sorted({*self.batches, *waiting})
        if number % 3 == 0:
            process_due_work(now=self.now)
            assert not WorkItem.objects.exclude(last_error="").exists()
        else:
            count_batch(pick(self.batches, number // 3), self.now)

    def stamp(self, who, number, count, back):
        card = pick(Challenge.objects.order_by("pk"), number)
        give_stamps(
            self.member(who), card, count or 1, reason=AdjustmentReason.GOODWILL,
            happened_at=self.now - dt.timedelta(days=back), key=f"{who}-{self.key(number)}",
            by=self.owner, now=self.now,
        )  # fmt: skip

    def publish_card(self, number, full_at):
        card = pick(Challenge.objects.order_by("pk"), number)
        last = card.versions.order_by("-number").first()
        terms = CARDS[card.slug] | {"target": full_at * (700 if card.slug == "money" else 1)}
        prize = {
            "prize_kind": last.prize_kind, "prize_reward": last.prize_reward,
            "prize_points": last.prize_points, "prize_amount": last.prize_amount,
            "prize_spin_count": last.prize_spin_count, "prize_wheel": last.prize_wheel,
        }  # fmt: skip
        publish(card, begins=self.now, **terms | prize)

    # --- Wheel ---

    def spin(self, who, which, wanted, pays):
        member, wheel = self.member(who), pick(self.wheels, which)
        player = ensure_player(member, wheel, now=self.now)
        self._wish(member, wheel, player, wanted)
        key = write_spin_key(SpinKey(member.pk, wheel.pk, player.spin_count + 1))
        made = spin_wheel(member, wheel, key, with_points=pays, by=member.user, now=self.now)
        assert made.slice.position == wanted % 7 + 1
        self.last_spin = (member.pk, wheel, key, made.pk)

    def _wish(self, member, wheel, player, wanted):
        """Chooses a seed under which the next spin draws the wanted slice."""
        version = wheel.versions.in_force(self.now).get()
        weights = [each.weight for each in version.slices.order_by("position")]
        for number in itertools.count():
            seed = f"wish-{player.pk}-{player.spin_count}-{number}-{self.today}-{version.pk}"
            pseudonym = make_pseudonym(seed)
            spun = draw(
                find_seed(self.today), version.pk, pseudonym, player.spin_count + 1, weights
            )
            if spun == wanted % 7:
                choose_seed(member, wheel, seed, by=member.user, now=self.now)
                return

    def spin_again(self):
        """The same press once more: the same spin."""
        if self.last_spin is not None:
            pk, wheel, key, made = self.last_spin
            member = Member.objects.select_related("user").get(pk=pk)
            assert spin_wheel(member, wheel, key, by=member.user, now=self.now).pk == made

    def publish_wheel(self, which):
        wheel = pick(self.wheels, which)
        draft = open_draft(wheel, by=None, now=self.now)
        change_draft(draft, is_law_confirmed=True, by=None, now=self.now)
        publish_version(draft, by=None, now=self.now)

    # --- Prizes and rewards ---

    def take(self, number):
        right = pick(Entitlement.objects.open().order_by("pk"), number)
        member = Member.objects.select_related("user").get(pk=right.member_id)
        redeem_reward(
            member, right.reward, key=self.key(number), by=member.user, entitlement=right,
            now=self.now,
        )  # fmt: skip

    def redeem(self, who, number, reserves):
        member, reward = self.member(who), pick(self.rewards, number)
        redeem_reward(
            member, Reward.objects.get(pk=reward.pk), key=self.key(number), by=member.user,
            reserve_only=reserves, is_paid=not reserves, now=self.now,
        )  # fmt: skip

    def finish(self, number, how):
        open_states = ["reserved", "fulfilled"]
        made = pick(Redemption.objects.filter(state__in=open_states).order_by("-pk"), number)
        if how == 0:
            cancel_redemption(made, by=made.member.user, now=self.now)
        elif how == 1:
            cancel_redemption(made, by=self.owner, by_club=True, now=self.now)
        elif how == 2:
            confirm_redemption(made, by=self.owner, now=self.now)
        else:
            use_redemption(made, by=self.owner, now=self.now)

    def surprise(self, number):
        prize = [
            Prize(PrizeKind.POINTS, points=15, days=3),
            Prize(PrizeKind.REWARD, reward_id=self.tote.pk, days=5),
            Prize(PrizeKind.SPINS, spin_count=1, wheel_id=self.wheels[0].pk, days=2),
            Prize(PrizeKind.CREDIT, amount=200),
        ][number % 4]
        draft = draft_surprise(
            Audience.objects.get(slug="everyone"), title="For you", message="Enjoy.",
            prize=prize, pick="all", budget=10_000, by=self.owner, now=self.now,
        )  # fmt: skip
        surprise = confirm_surprise(draft, by=self.owner, now=self.now)
        if number % 3:
            run_bulk_act(surprise.pk, now=self.now)

    def finish_surprise(self, number):
        surprise = pick(Surprise.objects.order_by("pk"), number)
        if number % 2:
            cancel_bulk(surprise.act, by=self.owner, now=self.now)
        else:
            run_bulk_act(surprise.pk, now=self.now)
        gift = SurpriseGift.objects.wrapped().first()
        if gift is not None:
            open_gift(gift, by=gift.member.user, now=self.now)

    def grant(self, who, points, days):
        grant_points(
            self.member(who), points, expires_on=self.today + dt.timedelta(days=days), note="",
            key=f"g{next(self.keys)}", by=None, now=self.now,
        )  # fmt: skip

    # --- Giving ---

    def appeal(self, number) -> Appeal:
        return self.appeals[number % len(self.appeals)]

    def donate(self, who, number, points):
        member = self.member(who)
        donate_points(
            member, self.appeal(number), points, key=self.key(number), by=member.user, now=self.now
        )

    def round_off(self, who, number):
        member = self.member(who)
        round_down(member, self.appeal(number), key=self.key(number), by=member.user, now=self.now)

    def pass_on(self, number):
        right = pick(Entitlement.objects.open().order_by("pk"), number)
        donate_prize(right, self.appeal(number), by=right.member.user, now=self.now)

    def share(self, who, number, percent):
        member = self.member(who)
        if percent:
            set_share(member, self.appeal(number), percent, by=member.user, now=self.now)
        else:
            shares = StandingDonation.objects.filter(ended_at=None).order_by("pk")
            end_share(pick(shares, number), by=None, now=self.now)

    def undo(self, number):
        gifts = Donation.objects.filter(undone_at=None).order_by("-pk")
        undo_donation(pick(gifts, number), by=None, now=self.now)

    def settle(self):
        last_month = self.today.replace(day=1) - dt.timedelta(days=1)
        close_periods(read_period(f"{last_month:%Y-%m}"), by=None, now=self.now)
        for each in CharitySettlement.objects.filter(paid_on=None)[:1]:
            mark_paid(each, paid_on=self.today, payout_reference="R", by=None, now=self.now)

    # --- Records ---

    def merge(self, one, other):
        source, target = self.member(one), self.member(other)
        if source.pk != target.pk and source.user and target.user:
            User.objects.filter(pk=source.user_id).update(is_active=False)
        source, target = (Member.objects.get(pk=each.pk) for each in (source, target))
        merge = merge_members(source, target, by=self.owner, reason="one", now=self.now)
        self.merges.append(merge)

    def unmerge(self, number):
        undo_merge(pick(self.merges, -1 if number % 2 else number), by=self.owner, now=self.now)

    # --- Time ---

    def wait(self, days, minutes):
        self.now += dt.timedelta(days=days, minutes=minutes)
        prepare_days(now=self.now - dt.timedelta(days=1))

    def sweep(self, number):
        if number % 2:
            close_days(now=self.now)
        let_go_of_overdue(now=self.now)
        end_past_validity(now=self.now)
        end_past_entitlements(now=self.now)
        reveal_days(now=self.now)
        return_ended_stock(now=self.now)

    # --- Whether all is still there ---

    def count_stock(self) -> dict[int, int]:
        """Of each reward: on the shelf, set aside, and with members."""
        return {reward.pk: self._count_one(reward.pk) for reward in self.rewards}

    def _count_one(self, pk):
        left = Reward.objects.values_list("stock_left", flat=True).get(pk=pk)
        if left is None:
            return 0
        slices = Slice.objects.filter(prize_reward=pk, is_set_aside=True, returned_count=None)
        surprises = Surprise.objects.filter(prize_reward=pk)
        rights = Entitlement.objects.filter(reward=pk, is_set_aside=True, closed_at=None)
        taken = Redemption.objects.filter(reward=pk, is_from_stock=True).exclude(state="cancelled")
        return (
            left
            + sum(each.left_count for each in slices)
            + sum(surprises.values_list("stock_held", flat=True))
            + rights.count()
            + taken.exclude(state="expired", confirmed_at=None).count()
        )


class NothingThereError(Exception):
    """There is none of it yet."""


def pick(rows, number):
    rows = list(rows)
    if not rows:
        raise NothingThereError
    return rows[number % len(rows)]
