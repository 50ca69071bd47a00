"""The counter: pages for clerks on a tablet, and what a manager sets up for it."""

from django.urls import path

from rewards.admin.counter import (
    bills,
    finding,
    people,
    rates,
    receipts,
    registers,
    sales,
    switching,
    vouchers,
)

__all__ = ["list_paths", "rates", "registers"]

ROOT = "counter/"
_PAGES = (
    ("", finding.start, "counter"),
    ("find/", finding.find, "counter_find"),
    ("scan/", finding.scan, "counter_scan"),
    ("members/new/", people.enrol, "counter_enrol"),
    ("members/<int:pk>/", people.show_member, "counter_member"),
    ("members/<int:pk>/claim-code/", people.issue_code, "counter_claim_code"),
    ("members/<int:pk>/rewards/", vouchers.list_rewards, "counter_rewards"),
    ("members/<int:pk>/rewards/<int:reward>/", vouchers.redeem, "counter_redeem"),
    ("sale/", sales.sell, "counter_sale"),
    ("bills/<int:pk>/", bills.show_bill, "counter_bill"),
    ("bills/<int:pk>/payment/", bills.pay, "counter_bill_payment"),
    ("bills/<int:pk>/cancelling/", bills.cancel, "counter_bill_cancelling"),
    ("receipts/<int:pk>/", receipts.show_receipt, "counter_receipt"),
    ("receipts/<int:pk>/claim/", receipts.claim, "counter_claim"),
    ("receipts/<int:pk>/return/", receipts.take_back, "counter_return"),
    ("vouchers/<int:pk>/", vouchers.show_voucher, "counter_voucher"),
    ("vouchers/<int:pk>/use/", vouchers.use, "counter_voucher_use"),
    ("vouchers/<int:pk>/payment/", vouchers.pay, "counter_voucher_payment"),
    ("switch/", switching.switch, "counter_switch"),
    ("lock/", switching.lock, "counter_lock"),
    ("pin/", switching.set_own_pin, "counter_pin"),
    ("register/", switching.choose_register, "counter_register"),
    ("poster/", people.show_poster, "counter_poster"),
)


def list_paths(site):
    """The counter's addresses below the back office, for staff alone."""
    return [
        path(f"{ROOT}{route}", site.admin_view(view), name=name) for route, view, name in _PAGES
    ]
