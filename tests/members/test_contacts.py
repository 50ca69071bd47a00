import pytest

from members.contacts import InvalidEmail, InvalidPhone, clean_email, clean_phone


def test_email_is_trimmed_and_lowered_and_keeps_its_plus():
    assert clean_email("  Mei+club@Example.COM ") == "mei+club@example.com"


@pytest.mark.parametrize("text", ["", "mei", "mei@", "a b@example.com", "x" * 250 + "@a.com"])
def test_no_email_is_refused(text):
    with pytest.raises(InvalidEmail):
        clean_email(text)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("(415) 555-0123", "US", "+14155550123"),
        ("+81 90-1234-5678", "US", "+819012345678"),
        ("０９０ １２３４ ５６７８", "JP", "+819012345678"),
        ("138 0013 8000", "CN", "+8613800138000"),
    ],
)
def test_phone_becomes_e164(text, country, expected):
    assert clean_phone(text, country) == expected


@pytest.mark.parametrize("text", ["", "12", "mei", "+999 1234567890123456"])
def test_no_phone_is_refused(text):
    with pytest.raises(InvalidPhone):
        clean_phone(text, "US")
