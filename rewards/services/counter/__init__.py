"""The counter: what a clerk does for the member who stands there. Every act happens once."""

from rewards.services.counter.bills import cancel_bill, cancel_lapsed_bills, pay_bill
from rewards.services.counter.enrolling import enrol_at_counter
from rewards.services.counter.finding import Found, find_at_counter
from rewards.services.counter.receipts import claim_at_counter
from rewards.services.counter.selling import RungUp, quote_earning, ring_up
from rewards.services.counter.vouchers import pay_voucher, redeem_at_counter, use_voucher

__all__ = [
    "Found",
    "RungUp",
    "cancel_bill",
    "cancel_lapsed_bills",
    "claim_at_counter",
    "enrol_at_counter",
    "find_at_counter",
    "pay_bill",
    "pay_voucher",
    "quote_earning",
    "redeem_at_counter",
    "ring_up",
    "use_voucher",
]
