import pytest
from django.utils import translation

from core.money import InvalidAmount, format_money, parse_amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("18.40", "USD", 1840), ("18", "USD", 1800), ("0.1", "USD", 10), ("1200", "JPY", 1200),
     ("1.234", "KWD", 1234), ("-3.50", "USD", -350), ("18.400", "USD", 1840)],
)  # fmt: skip
def test_amount_is_read_exactly(text, currency, minor):
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.005", "USD"), ("1.5", "JPY"), ("1,000", "USD"), ("1e3", "USD"), ("NaN", "USD"),
     ("", "USD"), ("99999999999999", "USD"), ("１２", "USD")],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(InvalidAmount):
        parse_amount(text, currency)


def test_money_is_written_by_language_and_currency():
    with translation.override("en"):
        assert format_money(123456, "USD") == "$1,234.56"
        assert format_money(-5, "USD") == "−$0.05"
        assert format_money(1200, "JPY") == "¥1,200"
        assert format_money(1200, "CHF") == "12.00 CHF"
