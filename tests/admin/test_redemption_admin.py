"""Redemptions in the back office: found, moved on by role, packed and sent."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import AuditEntry
from members.models import User
from rewards.models import Delivery, Redemption
from rewards.services.grants import grant_points
from rewards.services.redemption import Parcel, redeem_reward
from tests.rewards.conftest import balances, make_reward  # noqa: F401  (fixture)
from tests.rewards.test_redemption import make_codes

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 3, 2)
PARCEL = Parcel("陳美", "TW", "106 台北市大安區", phone="0912")
LIST = "admin:rewards_redemption_changelist"
PACKING = "admin:rewards_redemption_packing"


@pytest.fixture
def mei(counter, rules, now):
    counter.buy("mei", "1.00", on=DAY)
    member = counter.member("mei")
    member.user = User.objects.create(email="mei@example.com")
    member.given_name = "Mei"
    member.save(update_fields=["user", "given_name"])
    grant_points(member, 500, expires_on=None, note="", key="start", by=None, now=now)
    return member


@pytest.fixture
def redeem(mei, now):
    def make(reward, *, key="k", **options):
        return redeem_reward(mei, reward, key=key, by=mei.user, now=now, **options)

    return make


@pytest.fixture
def parcel(redeem, make_reward):  # noqa: F811
    reward = make_reward(kind="goods", price_points=10, stock_left=9)
    return lambda key="k": redeem(reward, key=key, parcel=PARCEL)


def step(client, redemption, name, **data):
    return client.post(
        reverse("admin:rewards_redemption_step", args=[redemption.pk, name]), data, follow=True
    )


def page(client, redemption):
    return client.get(reverse("admin:rewards_redemption_change", args=[redemption.pk]))


def state(redemption):
    redemption.refresh_from_db()
    return redemption.state


# --- Found ---------------------------------------------------------------------------------------


def test_found_by_code_by_number_and_by_name(clock, owner, mei, redeem, make_reward):  # noqa: F811
    pool = make_reward("Cinema", kind="pool", price_points=1)
    make_codes(pool, "FILM-7")
    made, pooled = redeem(make_reward(price_points=1), key="a"), redeem(pool, key="b")

    def find(text):
        result = owner.get(reverse(LIST), {"q": text}).context["cl"].result_list
        return {each.pk for each in result}

    assert find(made.shown_code.lower().replace("0", "o")) == {made.pk}
    assert find(mei.number) == {made.pk, pooled.pk}
    assert find("Mei") == {made.pk, pooled.pk}
    assert find("nobody at all") == set()


def test_list_asks_the_same_for_one_row_and_for_three(clock, owner, redeem, make_reward):  # noqa: F811
    reward = make_reward(price_points=1)
    counts = []
    for wanted in (1, 3):
        for number in range(Redemption.objects.count(), wanted):
            redeem(reward, key=f"{number}")
        with CaptureQueriesContext(connection) as queries:
            owner.get(reverse(LIST))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Moved on ------------------------------------------------------------------------------------


def test_a_clerk_takes_payment_and_hands_over(clock, clerk, redeem, make_reward):  # noqa: F811
    made = redeem(make_reward(price_points=10, price_amount=500))
    html = page(clerk, made).content.decode()
    assert "$5.00 paid" in html
    assert made.shown_code in html
    step(clerk, made, "payment")
    assert state(made) == "fulfilled"
    step(clerk, made, "use")
    assert state(made) == "used"
    answer = step(clerk, made, "use")
    assert (answer.status_code, "was used on" in answer.content.decode()) == (409, True)
    actors = AuditEntry.objects.filter(action__startswith="redemption.").values_list("actor")
    assert set(actors) == {(clerk.user.pk,)}


@pytest.mark.parametrize(
    ("role", "may_use", "may_send"),
    [("clerk", True, False), ("marketer", False, False), ("manager", True, True),
     ("owner", True, True)],
)  # fmt: skip
def test_each_role_does_its_part(clock, log_in, redeem, parcel, make_reward, role, may_use,  # noqa: F811
                                 may_send):  # fmt: skip
    client = log_in(role)
    voucher, goods = redeem(make_reward(price_points=1), key="a"), parcel("b")
    html = page(client, goods).content.decode()
    assert ("台北市大安區" in html) is (may_use or may_send)
    assert (step(client, voucher, "use").status_code == 200) is may_use
    for name in ("packing", "sending"):
        assert (step(client, goods, name).status_code == 200) is may_send
    cancel = reverse("admin:rewards_redemption_cancel", args=[voucher.pk])
    assert client.get(cancel).status_code == (200 if may_send else 403)


def test_the_club_cancels_with_a_note_and_says_what_comes_back(
    clock,
    log_in,
    mei,
    redeem,
    make_reward,  # noqa: F811
):
    manager = log_in("manager")
    made = redeem(make_reward(price_points=30, price_amount=500), is_paid=True)
    address = reverse("admin:rewards_redemption_cancel", args=[made.pk])
    html = manager.get(address).content.decode()
    assert "30 points go back to the member." in html
    assert "$5.00 were paid in money" in html
    assert "This field is required" in manager.post(address, {"note": ""}).content.decode()
    manager.post(address, {"note": "sold out at the partner's"})
    assert state(made) == "cancelled"
    assert balances(mei)["available"] == 501
    entry = AuditEntry.objects.get(action="redemption.cancelled")
    assert (entry.actor, entry.note.text) == (manager.user, "sold out at the partner's")


def test_nobody_moves_their_own_on(clock, clerk, mei, redeem, make_reward):  # noqa: F811
    made = redeem(make_reward(price_points=10, price_amount=500))
    mei.user = clerk.user
    mei.save(update_fields=["user"])
    assert step(clerk, made, "payment").status_code == 403
    assert state(made) == "reserved"
    assert AuditEntry.objects.filter(action="act.refused").exists()


def test_an_unknown_step_is_not_found(clock, owner, redeem, make_reward):  # noqa: F811
    assert step(owner, redeem(make_reward(price_points=1)), "dancing").status_code == 404


def test_looking_at_one_is_on_record(clock, owner, mei, redeem, make_reward):  # noqa: F811
    made = redeem(make_reward(price_points=1))
    page(owner, made)
    assert AuditEntry.objects.filter(action="redemption.viewed", subject_id=made.pk).exists()
    assert AuditEntry.objects.filter(action="member.viewed", subject_id=mei.pk).exists()


# --- Packed and sent -----------------------------------------------------------------------------


def test_parcels_are_packed_and_sent_from_the_list(clock, log_in, parcel):
    manager = log_in("manager")
    first, second = parcel("a"), parcel("b")
    manager.post(reverse(PACKING), {"pack": "1", "parcel": [first.pk, second.pk]})
    assert set(Delivery.objects.values_list("state", flat=True)) == {"packed"}
    manager.post(
        reverse(PACKING),
        {"send": "1", "parcel": [second.pk], f"carrier-{second.pk}": "Post",
         f"tracking-{second.pk}": "RR 1"},
    )  # fmt: skip
    assert (state(first), state(second)) == ("confirmed", "fulfilled")
    assert Delivery.objects.get(pk=second.pk).tracking_number == "RR 1"
    shown = manager.get(reverse(PACKING)).context["rows"]
    assert [each.pk for each, _country in shown] == [first.pk]


def test_labels_close_with_the_name_where_the_country_does(clock, owner, parcel):
    parcel()
    html = owner.get(reverse("admin:rewards_redemption_labels")).content.decode()
    assert html.index("106 台北市大安區") < html.index("陳美")
    entry = AuditEntry.objects.get(action="delivery.list_shown")
    assert entry.changes == {"medium": "labels", "redemptions": [Redemption.objects.get().pk]}


def test_the_file_goes_out_and_comes_back_with_numbers(clock, owner, parcel):
    first, second = parcel("a"), parcel("b")
    answer = owner.get(reverse("admin:rewards_redemption_packing_list"))
    text = b"".join(answer.streaming_content).decode()
    assert text.splitlines()[0].lstrip("\ufeff") == (
        "number,reward,recipient,address,country,phone,state,carrier,tracking_number"
    )
    back = f"number,carrier,tracking_number\n{first.pk},Post,'=RR1\n{second.pk},,\n999999,,X\n"
    file = SimpleUploadedFile("back.csv", back.encode())
    page = owner.post(reverse("admin:rewards_redemption_tracking"), {"file": file})
    report = page.context["report"]
    assert (report.sent_count, [line for line, _why in report.refused]) == (1, [4])
    assert Delivery.objects.get(pk=first.pk).tracking_number == "=RR1"
    assert (state(first), state(second)) == ("fulfilled", "confirmed")


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", b""])
def test_a_file_that_is_none_is_refused_in_words(clock, owner, parcel, content):
    parcel()
    file = SimpleUploadedFile("back.csv", content or b" ")
    page = owner.post(reverse("admin:rewards_redemption_tracking"), {"file": file})
    assert page.status_code == 422
    assert "number" in str(page.context["form"].errors["file"])


def test_the_members_page_lists_them(clock, clerk, mei, redeem, make_reward):  # noqa: F811
    redeem(make_reward("Plum cake", price_points=1))
    html = clerk.get(reverse("admin:members_member_change", args=[mei.pk])).content.decode()
    assert "Plum cake" in html
