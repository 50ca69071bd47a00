import datetime as dt

import pytest

from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
QUERIES_OF_LIST = 6
QUERIES_OF_PURCHASE = 14


def own_client(cast):
    return cast.clients["mei"]


@pytest.mark.parametrize("more", [0, 2])
def test_list_asks_a_constant_number_of_queries(
    more, cast, counter, settings, make_client, assert_statements
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for number in range(more):
        counter.buy("mei", "5", on=TODAY - dt.timedelta(days=number))
    client = make_client(cast.users["mei"])
    with assert_statements(QUERIES_OF_LIST):
        html = client.get("/purchases/").content.decode()
    assert html.count("entry-title") == 2 + more


def test_purchase_shows_lines_points_and_what_came_back(cast, counter):
    ticket = counter.buy("mei", "10.00", "5.50", on=TODAY - dt.timedelta(days=3))
    counter.give_back(ticket, {1: "10.00"}, on=TODAY - dt.timedelta(days=1))
    purchase = cast.members["mei"].purchases.get(external_id=ticket)
    html = own_client(cast).get(f"/purchases/{purchase.pk}/").content.decode()
    assert "$15.50" in html
    assert "$10.00 returned" in html
    assert "Returned on March 9, 2026: $10.00" in html
    assert "$15.50 × 1 point per $1 =\u00a015, available at once" in html
    assert "−10 of “base”" in html
    home = own_client(cast).get("/home/").content.decode()
    assert "+5 points" in home


@pytest.mark.parametrize("lines", [1, 3])
def test_purchase_asks_a_constant_number_of_queries(
    lines, cast, counter, settings, make_client, assert_statements
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    ticket = counter.buy("mei", *["10.00"] * lines, on=TODAY - dt.timedelta(days=3))
    counter.give_back(ticket, {1: "10.00"}, on=TODAY - dt.timedelta(days=1))
    purchase = cast.members["mei"].purchases.get(external_id=ticket)
    client = make_client(cast.users["mei"])
    with assert_statements(QUERIES_OF_PURCHASE):
        client.get(f"/purchases/{purchase.pk}/")
