"""Stamp cards at the counter: the receipt shows the new stamp, and what a return took back."""

import datetime as dt

import pytest

from rewards.models import StampBook
from tests.admin.counters import url
from tests.rewards.stamps import make_card, work

pytestmark = pytest.mark.django_db


def test_receipt_shows_the_stamp_of_the_sale_and_that_it_went_back(
    till, mei, now, django_capture_on_commit_callbacks
):
    make_card(begins=now - dt.timedelta(hours=1), target=5)
    data = {"do": "ring_up", "key": "k" * 16, "price": "4.00", "quantity": "1", "product": "",
            "member": mei.pk}  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        answer = till.client.post(url("sale"), data)
    html = till.client.get(answer.url).content.decode()
    assert "1 of 5" in html
    assert "stamp-ink is-" in html
    purchase = mei.purchases.latest("pk")
    form = till.get("return", purchase.pk).context["form"]
    data = {"key": str(form["key"].value()), "line_1": "1", "kind": "money"}
    with django_capture_on_commit_callbacks(execute=True):
        till.post("return", purchase.pk, step="confirm", **data)
    work(now)
    assert StampBook.objects.get(member=mei).total == 0
    assert "1 of 5" not in till.client.get(answer.url).content.decode()
