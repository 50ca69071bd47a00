"""Each constraint of the ledger and the programme from both sides."""

import datetime as dt

import pytest
from django.db import connection

from core.services.audit import record_audit
from members.services.audiences import ensure_audience
from members.services.enrolment import create_member
from purchases.models import Purchase, PurchaseVersion, Return
from rewards.models import (
    Account,
    Award,
    EarningRule,
    EarningRuleVersion,
    Lot,
    LotMove,
    ProgrammeVersion,
    Reversal,
    Standing,
    Tier,
    TierChange,
    TierLevel,
    Transfer,
)
from tests.constraints import guards

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 10)
NEXT = DAY + dt.timedelta(days=1)


@pytest.fixture
def make(shop, rules, now):
    """Makes a row of a model beside the rows it needs: ``make(Lot, pending=-1)``."""
    source, channel = shop.source, shop.source.default_channel
    member, mate = (create_member(now=now, source="test") for _ in range(2))
    purchase, second = (
        Purchase.objects.create(
            source=source, external_id=name, content_hash=b"", member=member, channel=channel,
            purchased_at=now, recorded_at=now, currency="USD", total_amount=500, line_count=1,
        )
        for name in ("P1", "P2")
    )  # fmt: skip
    back, again = (
        Return.objects.create(
            source=source, external_id=name, content_hash=b"", purchase=purchase, returned_at=now,
            recorded_at=now, total_amount=500,
        )
        for name in ("R1", "R2")
    )  # fmt: skip
    coming = ProgrammeVersion.objects.create(number=9, starts_on=DAY, published_at=now)
    tiers = {tier.slug: tier for tier in Tier.objects.all()}
    rule = EarningRule.objects.create(code="test", name="Test")
    times = {"effective_at": now, "recorded_at": now}
    award = {
        "member": member, "purchase": purchase, "rule": rule, "rule_version": rules[0],
        "unit": "points", "awarded_points": 0, "basis_amount": 0, **times,
    }  # fmt: skip
    given = Award.objects.create(**award | {"purchase": second, "awarded_points": 5})
    accounts = [
        Account.objects.create(member=mate, kind=kind, unit=unit, balance=0)
        for kind, unit in [("pending", "points"), ("available", "points"), ("status", "status")]
    ]
    issued = Account.objects.get_or_create(member=None, kind="issued", unit="points")[0]
    lot = {"member": member, "unit": "points", "opened_at": now, "original": 1}
    transfer = {
        "unit": "points", "debit_account": issued, "credit_account": accounts[0], "amount": 1,
        "reason": "earn", "member": mate, "key": "test", **times,
    }  # fmt: skip
    cause = Transfer.objects.create(**transfer | {"key": "cause"})
    known = {
        "mate": mate, "second": second, "again": again, "now": now, "cause": cause,
        "base": rules[0].rule, "available": accounts[1], "credits": accounts[2],
        "silver": tiers["silver"], "later": now + dt.timedelta(hours=1),
        "decision": record_audit("test", mate, by=None, now=now),
        "audience": ensure_audience("test", kind="list", name="Test"),
        "mine": accounts[0], "earlier": now - dt.timedelta(hours=1),
        "amended": PurchaseVersion.objects.create(
            purchase=second, number=2, recorded_at=now, total_amount=0, zone="UTC",
            return_window_days=0,
        ),
    }  # fmt: skip
    rows = {
        EarningRuleVersion: {
            "rule": rule, "number": 1, "starts_at": now, "ends_at": now, "kind": "amount",
            "points": 1, "per_amount": 100, "published_at": now,
        },
        Award: award,
        Reversal: {"award": given, "purchase_return": back, "reversed_points": 0, **times},
        Account: {"member": member, "kind": "pending", "unit": "points", "balance": 0},
        Transfer: transfer,
        Lot: lot,
        LotMove: {"lot": Lot.objects.create(**lot), "transfer": cause, "kind": "opened",
                  "amount": 1},
        Tier: {"slug": "test", "name": "Test", "rank": 9, "audience": known["audience"]},
        ProgrammeVersion: {"number": 10, "starts_on": NEXT, "published_at": now},
        TierLevel: {"programme": coming, "tier": tiers["green"], "threshold": 0},
        Standing: {"member": mate, "tier": tiers["green"]},
        TierChange: {
            "member": member, "from_tier": tiers["green"], "to_tier": tiers["silver"],
            "reason": "upgrade", "status_credits": 0, **times,
        },
    }  # fmt: skip

    def make(model, **changes):
        changes = {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        return model.objects.create(**rows[model] | changes)

    return make


PROGRAMME = {"member": None, "kind": "test", "balance": None}


@pytest.mark.parametrize(
    ("constraint", "model", "good", "bad"),
    [
        # Rules
        ("rule_version_ends_after_start", EarningRuleVersion, {}, {"ends_at": "earlier"}),
        ("rule_version_amount_has_rate", EarningRuleVersion, {}, {"points": 0}),
        ("rule_version_amount_has_rate", EarningRuleVersion, {}, {"per_amount": 0}),
        (
            "rule_version_fixed_has_points",
            EarningRuleVersion,
            {"kind": "fixed", "points": 1},
            {"kind": "fixed", "points": 0},
        ),
        (
            "rule_version_multiplier_not_below_one",
            EarningRuleVersion,
            {"kind": "multiplier", "multiplier_milli": 1000},
            {"kind": "multiplier", "multiplier_milli": 999},
        ),
        (
            "rule_version_multiplier_not_below_one",
            EarningRuleVersion,
            {"kind": "multiplier"},
            {"kind": "multiplier", "unit": "status"},
        ),
        # Awards and reversals
        ("award_not_below_zero", Award, {"awarded_points": 0}, {"awarded_points": -1}),
        ("award_not_below_zero", Award, {}, {"cap_trimmed_points": -1}),
        ("award_not_below_zero", Award, {}, {"budget_trimmed_points": -1}),
        (
            "reversal_adds_up",
            Reversal,
            {
                "reversed_points": 15, "pending_points": 1, "own_lot_points": 2,
                "lapsed_points": 3, "other_lots_points": 4, "owed_points": 5,
            },
            {"reversed_points": 1},
        ),
        ("reversal_has_one_cause", Reversal,
         {"purchase_return": None, "purchase_version": "amended"},
         {"purchase_return": None}),
        ("reversal_has_one_cause", Reversal, {}, {"purchase_version": "amended"}),
        # Accounts and transfers
        ("account_balance_not_below_zero", Account, {"balance": 0}, {"balance": -1}),
        ("account_balance_not_below_zero", Account, {}, {"balance": None}),
        ("account_balance_not_below_zero", Account, PROGRAMME, PROGRAMME | {"balance": 0}),
        ("transfer_amount_above_zero", Transfer, {"amount": 1}, {"amount": 0}),
        ("transfer_between_two_accounts", Transfer, {}, {"debit_account": "mine"}),
        ("transfer_debit_within_unit", Transfer, {}, {"debit_account": "credits"}),
        ("transfer_credit_within_unit", Transfer, {}, {"credit_account": "credits"}),
        # Lots
        ("lot_amounts_not_below_zero", Lot, {"available": 0}, {"available": -1}),
        ("lot_amounts_not_below_zero", Lot, {"held": 0}, {"held": -1}),
        ("lot_amounts_not_below_zero", Lot, {"original": 1}, {"original": 0}),
        ("lot_amounts_not_below_zero", Lot, {}, {"pending": -1, "release_on": DAY}),
        ("lot_pending_has_release_day", Lot, {"pending": 1, "release_on": DAY}, {"pending": 1}),
        (
            "lot_status_has_counting_day",
            Lot,
            {"unit": "status", "counts_on": DAY},
            {"unit": "status"},
        ),
        ("lot_move_has_cause", LotMove, {"transfer": None, "decision": "decision"},
         {"transfer": None}),
        ("lot_move_moves_something", LotMove, {"amount": 1}, {"amount": 0}),
        (
            "lot_move_moves_something",
            LotMove,
            {"kind": "redated", "amount": 0},
            {"kind": "redated", "amount": -1},
        ),
        # Programme and standing
        ("tier_color_is_hex", Tier, {"color": "#0a1b2c"}, {"color": "#0A1B2C"}),
        ("tier_pattern_is_drawn", Tier, {"pattern": "waves"}, {"pattern": "spots"}),
        ("tier_multiplier_not_below_one", TierLevel, {"multiplier_milli": 1000},
         {"multiplier_milli": 999}),
        ("programme_fiscal_month_exists", ProgrammeVersion, {"fiscal_start_month": 12},
         {"fiscal_start_month": 13}),
        ("programme_fiscal_month_exists", ProgrammeVersion, {"fiscal_start_month": 1},
         {"fiscal_start_month": 0}),
        ("programme_months_at_least_one", ProgrammeVersion, {"expiry_months": 1},
         {"expiry_months": 0}),
        ("programme_months_at_least_one", ProgrammeVersion, {"tier_months": 1},
         {"tier_months": 0}),
        (
            "standing_grace_is_a_span",
            Standing,
            {"grace_since_on": DAY, "grace_until_on": DAY},
            {"grace_since_on": NEXT, "grace_until_on": DAY},
        ),
        ("standing_grace_is_a_span", Standing, {}, {"grace_until_on": DAY}),
        ("standing_grace_is_a_span", Standing, {}, {"grace_since_on": DAY}),
        ("tier_change_changes_tier", TierChange, {}, {"from_tier": "silver"}),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(make, constraint, model, good, bad):
    guards(constraint, lambda **changes: make(model, **changes), good, bad)


@pytest.mark.parametrize(
    ("constraint", "model", "beside", "good"),
    [
        ("rule_version_number_once", EarningRuleVersion, {}, {"number": 2}),
        ("rule_version_one_open", EarningRuleVersion, {"ends_at": None}, {"ends_at": "later"}),
        ("award_once_per_version_and_rule", Award, {}, {"purchase_version": 2}),
        ("reversal_once_per_award_and_return", Reversal, {}, {"purchase_return": "again"}),
        ("reversal_by_one_amendment", Reversal,
         {"purchase_return": None, "purchase_version": "amended"},
         {"purchase_return": "again", "purchase_version": None}),
        ("account_once_per_member_and_kind", Account, {}, {"kind": "held"}),
        ("account_once_per_programme_kind", Account, PROGRAMME, {"kind": "other"}),
        ("tier_level_once", TierLevel, {}, {"tier": "silver"}),
    ],
)  # fmt: skip
def test_what_exists_once_is_refused_twice(make, constraint, model, beside, good):
    again = {"number": 3} if constraint == "rule_version_one_open" else {}
    different = beside | again | good

    def create(**changes):
        return make(model, **changes)

    guards(constraint, create, different, beside | again, beside=beside)


def test_the_keys_within_a_unit_rest_on_the_account(make):
    """``account_has_one_unit`` can't be broken (the id alone is unique); it is their target."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conindid::regclass::text FROM pg_constraint WHERE conname = ANY(%s)",
            [["transfer_debit_within_unit", "transfer_credit_within_unit"]],
        )
        assert cursor.fetchall() == [("account_has_one_unit",)] * 2
