import csv
import datetime as dt
import io

import pytest

from rewards.models import Transfer
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
QUERIES_OF_STATEMENT = 7


def read(client, path="/statement/", **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_entry_reads_as_a_sentence_with_its_day(cast, shop, own, make_client, now):
    shop.buy("ana", "18.40", on=TODAY)
    ana = own_member(shop, own, "ana")
    html = read(make_client(ana.user))
    assert "$18.40 × 1 point per $1 =\u00a018, available on March 24" in html


def own_member(shop, own, name):
    """The login belongs to the record of this shop's till."""
    from members.services.logins import create_login
    from members.services.profiles import attach_login

    member = shop.member(name)
    user = create_login(email=f"{name}@example.org", by=None, now=shop.now)
    attach_login(member, user, by=None, now=shop.now)
    member.refresh_from_db()
    return member


@pytest.mark.parametrize("purchases", [1, 3])
def test_statement_asks_a_constant_number_of_queries(
    purchases, frozen, rules, shop, own, make_client, settings, assert_statements
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for number in range(purchases):
        ticket = shop.buy("ana", "400", on=TODAY - dt.timedelta(days=30 - number))
        shop.give_back(ticket, {1: "40"}, on=TODAY - dt.timedelta(days=8 - number))
    client = make_client(own_member(shop, own, "ana").user)
    with assert_statements(QUERIES_OF_STATEMENT):
        html = read(client, "/statement/?unit=all")
    assert html.count("data-entry") >= 4 * purchases


def test_filters_by_unit_kind_and_club_days(cast, counter):
    counter.buy("mei", "50", on=TODAY, hour=23)
    client = cast.clients["mei"]
    assert read(client).count("data-entry") == 3
    assert read(client, "/statement/?unit=all").count("data-entry") == 6
    assert read(client, "/statement/?unit=status").count("data-entry") == 3
    assert read(client, "/statement/?kind=expired").count("data-entry") == 0
    assert read(client, "/statement/?since=2026-03-10&until=2026-03-10").count("data-entry") == 1
    assert read(client, "/statement/?since=2026-03-11").count("data-entry") == 0
    assert read(client, "/statement/?until=9999-12-31").count("data-entry") == 3


def test_wrong_filters_and_pages_show_the_page_with_the_error(cast):
    client = cast.clients["mei"]
    assert "Enter a valid date" in read(client, "/statement/?since=tomorrow")
    assert read(client, "/statement/?page=999").count("data-entry") == 2
    assert read(client, "/statement/?page=x&per_page=100000").count("data-entry") == 2


def test_htmx_gets_the_list_or_the_steps_and_nobody_else_does(cast):
    client = cast.clients["mei"]
    part = read(client, **{"HX-Request": "true", "HX-Target": "statement"})
    assert "<html" not in part
    assert 'id="statement"' in part
    whole = client.get("/statement/", headers={"HX-Request": "true", "HX-Target": "body"})
    assert b"<html" in whole.content
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in whole["Vary"].split(",")}
    pk = cast.members["mei"].transfers.filter(unit="points").first().pk
    steps = read(client, f"/statement/{pk}/", **{"HX-Request": "true", "HX-Target": f"entry-{pk}"})
    assert "<html" not in steps
    assert "Amount that earns" in steps


def test_csv_holds_every_entry_of_the_filter(cast, counter):
    for number in range(30):
        counter.buy("mei", "5", on=TODAY - dt.timedelta(days=number % 5))
    response = cast.clients["mei"].get("/statement/download/?unit=points")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Date", "Entry", "Explanation", "Unit", "Amount"]
    assert len(rows) == 1 + 32
    assert rows[1][3:] == ["points", "5"]


def test_csv_runs_no_formula(cast, make_rule):
    from rewards.models import EarningRule

    EarningRule.objects.filter(code="base").update(name='=HYPERLINK("http://x","y")')
    response = cast.clients["mei"].get("/statement/download/")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert [row[1][:2] for row in csv.reader(io.StringIO(text))][1:] == ["'=", "'="]


def test_entry_of_another_member_is_not_found(cast):
    pk = Transfer.objects.filter(member=cast.members["ken"]).first().pk
    assert cast.clients["mei"].get(f"/statement/{pk}/").status_code == 404


def test_pages_keep_the_filters(cast, counter):
    for number in range(25):
        counter.buy("mei", "5", on=TODAY - dt.timedelta(days=number % 5))
    first = read(cast.clients["mei"], "/statement/?kind=earned")
    assert 'href="?kind=earned&amp;page=2"' in first
    second = read(cast.clients["mei"], "/statement/?kind=earned&page=2")
    assert "Page 2 of 2" in second
    assert second.count("data-entry") == 7
