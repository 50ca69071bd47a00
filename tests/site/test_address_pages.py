import pytest

from members.models import Address
from members.services.addresses import save_address

pytestmark = pytest.mark.django_db
STREET = {"street": "1 Main St", "city": "San Francisco", "region": "CA", "postal_code": "94110"}
TOKYO = {
    "country": "JP", "purpose": "home", "postal_code": "1500043", "region": "東京都",
    "city": "渋谷区", "district": "道玄坂", "street": "1-2-3",
}  # fmt: skip


@pytest.fixture
def client(cast):
    return cast.clients["mei"]


@pytest.fixture
def own_address(cast, now):
    return save_address(cast.members["mei"], STREET, country="US", by=None, now=now)


def test_form_asks_in_the_countrys_own_order(client):
    html = client.get("/profile/addresses/new/?country=JP").content.decode()
    order = [html.index(f'name="{name}"') for name in ("postal_code", "region", "city", "street")]
    assert order == sorted(order)
    assert "Postal code (〒)" in html
    html = client.get("/profile/addresses/new/?country=CN").content.decode()
    names = ("region", "city", "district", "street", "recipient", "phone", "postal_code")
    order = [html.index(f'name="{name}"') for name in names]
    assert order == sorted(order)
    assert '<option value="台湾">' not in html


def test_first_form_is_that_of_the_club_then_of_the_last_address(client, cast, now):
    assert client.get("/profile/addresses/new/").context["form"].country_code == "US"
    save_address(cast.members["mei"], TOKYO, country="JP", by=None, now=now)
    assert client.get("/profile/addresses/new/").context["form"].country_code == "JP"


def test_address_is_saved_shown_changed_and_taken_away(client, cast):
    response = client.post("/profile/addresses/new/", TOKYO | {"action": "save"})
    assert response.url == "/profile/addresses/"
    address = Address.objects.get(member=cast.members["mei"])
    assert address.is_default
    html = client.get("/profile/addresses/").content.decode()
    assert "〒150-0043<br>東京都渋谷区道玄坂1-2-3<br>" in html
    path = f"/profile/addresses/{address.pk}/"
    assert 'value="1-2-3"' in client.get(path).content.decode()
    client.post(path, TOKYO | {"street": "9-9", "label": "Parents"})
    address.refresh_from_db()
    assert (address.street, address.label) == ("9-9", "Parents")
    client.post(f"{path}removal/")
    assert not Address.objects.exists()


def test_wrong_part_is_named_and_nothing_saved(client):
    response = client.post("/profile/addresses/new/", TOKYO | {"postal_code": "530-0001"})
    assert response.status_code == 422
    assert "This postal code belongs to another region." in response.content.decode()
    assert not Address.objects.exists()


def test_postal_code_fills_in_by_a_round_trip(client):
    typed = {
        "country": "JP",
        "postal_code": "〒１５０００４３",
        "action": "fill",
        "street": "1-2-3",
    }
    form = client.post("/profile/addresses/new/", typed).context["form"]
    values = {name: form[name].value() for name in ("region", "city", "district", "street")}
    assert values == {
        "region": "東京都", "city": "渋谷区", "district": "道玄坂", "street": "1-2-3",
    }  # fmt: skip
    assert not Address.objects.exists()


def test_one_of_several_places_is_chosen_by_a_round_trip(client):
    typed = {"country": "JP", "postal_code": "4520961", "action": "fill"}
    form = client.post("/profile/addresses/new/", typed).context["form"]
    assert (form["region"].value(), form["city"].value()) == ("愛知県", "清須市")
    assert len(form.place_choices) == 20
    chosen, text = form.place_choices[3]
    form = client.post("/profile/addresses/new/", typed | {"place": chosen}).context["form"]
    assert form["district"].value() in text
    assert form.place_choices == []


def test_other_country_keeps_what_was_typed(client):
    typed = TOKYO | {"country": "US", "action": "country", "label": "Office"}
    response = client.post("/profile/addresses/new/", typed)
    form = response.context["form"]
    assert (form.country_code, form["street"].value(), form["label"].value()) == (
        "US", "1-2-3", "Office",
    )  # fmt: skip
    part = client.post(
        "/profile/addresses/new/", typed,
        headers={"HX-Request": "true", "HX-Target": "address-parts"},
    ).content.decode()  # fmt: skip
    assert "<html" not in part
    assert "ZIP code" in part


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("country=JP&postal_code=150-0043",
         {"region": "東京都", "city": "渋谷区", "district": "道玄坂"}),
        ("country=TW&postal_code=106", {"region": "台北市", "city": "大安區"}),
        ("country=CN&region=广东省&city=广州市&district=天河区", {"postal_code": "510630"}),
        ("country=JP&postal_code=0000000", {}),
        ("country=XX&postal_code=1", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_lookup_answers_with_what_is_known(client, query, values):
    assert client.get(f"/addresses/lookup/?{query}").json()["values"] == values


def test_lookup_lists_cities_and_districts(client):
    lists = client.get("/addresses/lookup/?country=CN&region=广东省&city=广州市").json()["lists"]
    assert "广州市" in lists["city"]
    assert "天河区" in lists["district"]


def test_another_members_address_is_not_found(cast, own_address):
    ken = cast.clients["ken"]
    path = f"/profile/addresses/{own_address.pk}/"
    assert ken.get(path).status_code == 404
    assert ken.post(f"{path}removal/").status_code == 404
    assert Address.objects.filter(pk=own_address.pk).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_a_constant_number_of_queries(
    count, cast, now, settings, make_client, assert_statements
):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for _number in range(count):
        save_address(cast.members["mei"], STREET, country="US", by=None, now=now)
    client = make_client(cast.users["mei"])
    with assert_statements(4):
        html = client.get("/profile/addresses/").content.decode()
    assert html.count('class="postal"') == count
