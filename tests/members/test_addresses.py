import pytest

from core.models import AuditEntry
from members.addresses import InvalidAddress, clean_address, format_address, get_form
from members.models import Address
from members.postal import (
    Place,
    find_places,
    find_postal_code,
    get_country_name,
    list_country_codes,
    list_districts,
)
from members.selectors.addresses import get_usual_address, list_addresses
from members.services.addresses import TooManyAddresses, remove_address, save_address

pytestmark = pytest.mark.django_db

SHIBUYA = {
    "postal_code": "〒１５０－００４３", "region": "東京都", "city": "渋谷区", "district": "道玄坂",
    "street": "1-2-3", "building": "渋谷ビル 5F", "recipient": "山田 太郎",
}  # fmt: skip
DAAN = {
    "postal_code": "106-409", "region": "臺北市", "city": "大安區",
    "street": "忠孝東路四段1號5樓", "recipient": "王小明",
}  # fmt: skip
HUANGPU = {
    "postal_code": "200002", "region": "上海市", "city": "上海市", "district": "黄浦区",
    "street": "南京东路1号2室", "recipient": "王小明", "phone": "138 0013 8000",
}  # fmt: skip
MAIN_STREET = {
    "street": "1 Main St", "building": "Apt 4", "city": "San Francisco", "region": "California",
    "postal_code": "941101234", "recipient": "Mei Chen",
}  # fmt: skip


def lay_out(country, values, **options):
    cleaned, errors = clean_address(country, values)
    assert errors == {}
    return format_address(Address(country=country, **cleaned), **options)


@pytest.mark.parametrize(
    ("country", "values", "lines"),
    [
        ("JP", SHIBUYA, ["〒150-0043", "東京都渋谷区道玄坂1-2-3", "渋谷ビル 5F", "山田 太郎 様"]),
        (
            "JP",
            {"postal_code": "1500043", "region": "tokyo", "city": "Shibuya-ku",
             "district": "Dogenzaka", "street": "1-2-3", "recipient": "Taro Yamada"},
            ["Taro Yamada", "1-2-3", "Dogenzaka, Shibuya-ku, TOKYO", "150-0043"],
        ),
        ("TW", DAAN, ["106409", "台北市大安區", "忠孝東路四段1號5樓", "王小明 收"]),
        ("CN", HUANGPU, ["200002", "上海市黄浦区", "南京东路1号2室", "王小明 收"]),
        ("US", MAIN_STREET, ["Mei Chen", "1 Main St", "Apt 4", "SAN FRANCISCO, CA 94110-1234"]),
        (
            "DE",
            {"street": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115"},
            ["Hauptstr. 1", "10115 BERLIN"],
        ),
        (
            "HK",
            {"region": "Kowloon", "city": "Tsim Sha Tsui", "street": "1 Nathan Rd"},
            ["KOWLOON", "Tsim Sha Tsui", "1 Nathan Rd"],
        ),
    ],
)  # fmt: skip
def test_lines_stand_in_the_countrys_own_order(club, country, values, lines):
    assert lay_out(country, values, home_country=country) == lines


def test_address_abroad_ends_with_its_country(club):
    assert lay_out("JP", SHIBUYA)[-1] == "JAPAN"
    assert lay_out("US", MAIN_STREET)[-1] == "SAN FRANCISCO, CA 94110-1234"
    assert lay_out("TW", DAAN)[-1] == "TAIWAN"


@pytest.mark.parametrize(
    ("country", "changes", "field"),
    [
        ("JP", {"postal_code": "150-004"}, "postal_code"),
        ("JP", {"region": "大阪府"}, "postal_code"),
        ("JP", {"region": "Atlantis"}, "region"),
        ("JP", {"street": "  "}, "street"),
        ("JP", {"street": "x" * 201}, "street"),
        ("JP", {"phone": "nobody"}, "phone"),
        ("XX", {}, "country"),
    ],
)
def test_what_is_wrong_is_said_at_its_part(club, country, changes, field):
    _cleaned, errors = clean_address(country, SHIBUYA | changes)
    assert list(errors) == [field]


@pytest.mark.parametrize("code", ["51063", "5106301", "ABCDEF"])
def test_chinese_postal_code_has_six_digits(club, code):
    assert "postal_code" in clean_address("CN", HUANGPU | {"postal_code": code})[1]


@pytest.mark.parametrize("code", ["106", "10603", "106409", "106-409"])
def test_taiwanese_postal_code_has_three_five_or_six_digits(club, code):
    assert clean_address("TW", DAAN | {"postal_code": code})[1] == {}
    assert "postal_code" in clean_address("TW", DAAN | {"postal_code": "1060"})[1]


def test_every_country_has_a_form_and_a_name():
    codes = list_country_codes()
    assert len(codes) > 240
    for code in codes:
        form = get_form(code)
        assert "street" in form.required
        assert set(form.parts) <= set(form.labels)
        assert get_country_name(code, "ja")
    assert get_country_name("HK", "en") == "Hong Kong"
    assert get_country_name("TW", "zh-hant") == "台灣"


@pytest.mark.parametrize(
    ("country", "code", "place"),
    [
        ("JP", "〒150-0043", Place("東京都", "渋谷区", "道玄坂", postal_code="1500043")),
        ("TW", "106409", Place("台北市", "大安區", postal_code="106409")),
        ("CN", "200002", Place("上海市", "上海市", "黄浦区", postal_code="200002")),
        ("CN", "510000", Place("广东省", "广州市", postal_code="510000")),
        ("US", "94110", Place("CA")),
        ("JP", "0000000", None),
        ("GB", "SW1A 2AA", None),
    ],
)
def test_postal_code_leads_to_a_place(country, code, place):
    assert find_places(country, code)[:1] == ([place] if place else [])


def test_company_with_a_code_of_its_own():
    (place,) = find_places("JP", "100-8994")
    assert (place.street, place.building) == ("2丁目7-2", "東京中央郵便局")


def test_one_code_of_several_places_offers_each():
    places = find_places("JP", "452-0961")
    assert len(places) == 20
    assert {place.city for place in places} == {"清須市"}


def test_place_leads_to_its_postal_code():
    assert find_postal_code("TW", "台北市", "大安區") == "106"
    assert find_postal_code("CN", "广东省", "广州市", "天河区") == "510630"
    assert find_postal_code("JP", "東京都", "渋谷区") == ""
    assert "黄浦区" in list_districts("CN", "上海市", "上海市")


def test_first_address_of_a_purpose_is_the_usual_one(make_member, now):
    member = make_member()
    home = save_address(member, MAIN_STREET, country="US", by=None, now=now)
    second = save_address(member, SHIBUYA, country="JP", by=None, now=now)
    assert (home.is_default, second.is_default) == (True, False)
    assert get_usual_address(member) == home
    save_address(member, SHIBUYA, country="JP", address=second, is_default=True, by=None, now=now)
    home.refresh_from_db()
    assert not home.is_default
    office = save_address(
        member, DAAN, country="TW", purpose="delivery", label=" Office ", by=None, now=now
    )
    assert (office.label, get_usual_address(member)) == ("Office", office)
    remove_address(second, by=None, now=now)
    home.refresh_from_db()
    assert home.is_default
    assert AuditEntry.objects.filter(action="member.address_removed").count() == 1
    remove_address(second, by=None, now=now)
    assert AuditEntry.objects.filter(action="member.address_removed").count() == 1


def test_audit_of_an_address_names_no_street(make_member, now):
    member = make_member()
    address = save_address(member, MAIN_STREET, country="US", by=None, now=now)
    entry = AuditEntry.objects.get(action="member.address_added")
    assert entry.changes == {"address": address.pk, "purpose": "home"}


def test_name_of_the_member_stands_where_no_recipient_does(make_member, now):
    member = make_member(given_name="太郎", family_name="山田")
    save_address(member, SHIBUYA | {"recipient": ""}, country="JP", by=None, now=now)
    (address,) = list_addresses(member)
    assert format_address(address)[-2] == "山田太郎 様"


def test_incomplete_address_is_refused_by_field(make_member, now):
    with pytest.raises(InvalidAddress) as refusal:
        save_address(make_member(), {"street": "1"}, country="US", by=None, now=now)
    assert refusal.value.field == "city"
    assert str(refusal.value) == "This address is not complete: City: This is needed."


def test_eleventh_address_is_refused(make_member, now):
    member = make_member()
    for _number in range(10):
        save_address(member, MAIN_STREET, country="US", by=None, now=now)
    with pytest.raises(TooManyAddresses):
        save_address(member, MAIN_STREET, country="US", by=None, now=now)


@pytest.mark.parametrize("count", [1, 3])
def test_addresses_are_listed_by_one_query(make_member, now, count, django_assert_num_queries):
    member = make_member(given_name="Mei")
    for _number in range(count):
        save_address(member, MAIN_STREET, country="US", by=None, now=now)
    format_address(list_addresses(member)[0])
    with django_assert_num_queries(1):
        assert len([format_address(address) for address in list_addresses(member)]) == count
