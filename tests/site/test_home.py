import datetime as dt
import re

import pytest

from members.selectors.club import forget_club
from members.services.notices import NoticeRow, add_notices
from rewards.models import Tier
from rewards.selectors.programme import kept
from rewards.services.credit import give_credit
from tests.site.conftest import TODAY

pytestmark = pytest.mark.django_db
QUERIES_OF_HOME = 13  # of a process that keeps nothing yet
QUERIES_OF_HOME_KEPT = 9


@pytest.fixture
def _sessions_in_the_database(settings):
    """The dearest case: no cache holds the session."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"


def notify(member, count, now):
    tier = Tier.objects.first()
    add_notices(
        [
            NoticeRow(member.pk, "tier_up", now, f"tier_up:{number}", {"tier_id": tier.pk})
            for number in range(count)
        ],
        now=now,
    )


@pytest.mark.usefixtures("_sessions_in_the_database")
@pytest.mark.parametrize("purchases", [1, 3])
def test_home_asks_a_constant_number_of_queries(
    purchases, frozen, rules, counter, shop, own, make_client,
    assert_statements,
):  # fmt: skip
    for number in range(purchases):
        on = TODAY - dt.timedelta(days=30 + number)
        counter.buy("mei", "20.00", on=on)
        shop.buy("mei", "30.00", on=TODAY - dt.timedelta(days=number))
    mei = own("mei")
    notify(mei, purchases, frozen)
    client = make_client(mei.user)
    forget_club()
    kept.forget()
    with assert_statements(QUERIES_OF_HOME):
        response = client.get("/home/")
    assert response.status_code == 200
    with assert_statements(QUERIES_OF_HOME_KEPT):
        client.get("/home/")


def test_home_shows_card_balance_pending_tier_and_purchases(cast, shop):
    shop.buy("mei-online", "50", on=TODAY)
    response = cast.clients["mei"].get("/home/")
    html = response.content.decode()
    mei = cast.members["mei"]
    assert "Hello, Mei" in html
    assert f"/card/{mei.number}.svg" in html
    assert '<strong data-count="22">22</strong>' in html
    assert "<strong>278 status credits</strong> to Silver." in html
    assert html.count("/purchases/") >= 2


def test_home_shows_store_credit_where_there_is_some(cast, rules, now, assert_statements):
    mei = cast.members["mei"]
    client = cast.clients["mei"]
    client.get("/home/")
    with assert_statements(QUERIES_OF_HOME_KEPT - 1):  # the session is in the cache
        assert "Store credit" not in client.get("/home/").content.decode()
    give_credit(mei, 1250, cause=("test", 1), by=None, now=now)
    give_credit(mei, 750, cause=("test", 2), is_refund=True, by=None, now=now)
    with assert_statements(QUERIES_OF_HOME_KEPT - 1):
        html = client.get("/home/").content.decode()
    assert "Store credit" in html
    assert "$20.00 <span>pays at the counter like money" in html


def test_home_of_a_new_member_says_what_to_do(frozen, rules, make_client, now):
    from members.services.logins import create_login
    from members.services.memberships import open_membership

    user = create_login(email="priya@example.com", by=None, now=now)
    open_membership(user, now=now, profile={"given_name": "Priya"})
    html = make_client(user).get("/home/").content.decode()
    assert "No purchases yet." in html
    assert '<strong data-count="0">0</strong>' in html
    assert "<strong>300 status credits</strong> to Silver." in html


def test_home_leads_a_newcomer_to_what_the_first_purchase_brings(
    frozen, make_rule, own, make_client, now
):
    from members.services.logins import create_login
    from members.services.memberships import open_membership

    make_rule("every", priority=1)
    make_rule("hello", kind="fixed", points=100, first_time="ever", priority=300)
    newcomer = create_login(email="priya@example.com", by=None, now=now)
    open_membership(newcomer, now=now)
    kept.forget()
    ways = []
    for user in (newcomer, own("mei").user, newcomer):
        html = make_client(user).get("/home/").content.decode()
        part = html[html.index('id="ways-title"') :]
        ways.append(re.findall(r'class="ways-name">(\w+)<', part))
    assert ways == [["hello", "every"], ["every"], ["hello", "every"]]


def test_home_works_before_the_first_programme(db, club, frozen, make_client, now):
    from members.services.logins import create_login
    from members.services.memberships import open_membership

    user = create_login(email="priya@example.com", by=None, now=now)
    open_membership(user, now=now)
    assert make_client(user).get("/home/").status_code == 200


def test_notice_is_marked_as_read_and_returns_home(cast, now):
    mei = cast.members["mei"]
    notify(mei, 1, now)
    client = cast.clients["mei"]
    assert "Welcome to Green." in client.get("/home/").content.decode()
    notice = mei.notices.get()
    response = client.post(f"/notices/{notice.pk}/reading/", {"next": "/home/"})
    assert (response.status_code, response.url) == (302, "/home/")
    assert "Welcome to Green." not in client.get("/home/").content.decode()


def test_card_code_is_a_scannable_image_of_ones_own_number_only(cast):
    mei, ken = cast.members["mei"], cast.members["ken"]
    response = cast.clients["mei"].get(f"/card/{mei.number}.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert cast.clients["mei"].get(f"/card/{ken.number}.svg").status_code == 404


def test_pages_answer_a_look_at_their_head(client, club):
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
