import pytest

from rewards.codes import generate_code, read_own_code, read_pool_code


def test_own_codes_are_twelve_letters_and_digits_that_nobody_mistakes():
    codes = {generate_code() for _ in range(500)}
    assert len(codes) == 500
    assert {len(code) for code in codes} == {12}
    assert not set("".join(codes)) & set("ILOUilou-")


@pytest.mark.parametrize(
    "typed",
    [
        "A0B1-C2D3-E4F5",
        "a0b1 c2d3 e4f5",
        "AOBI-C2D3-E4F5",
        "aobl–c2d3—e4f5",
        "Ａ０Ｂ１－Ｃ２Ｄ３－Ｅ４Ｆ５",
        "A0B1ーC2D3ーE4F5",
        "\u200bA0B1\u00a0C2D3\u3000E4F5\ufeff",
    ],
)
def test_own_code_is_read_as_it_was_meant(typed):
    assert read_own_code(typed) == "A0B1C2D3E4F5"


def test_every_own_code_reads_as_itself():
    for code in (generate_code() for _ in range(200)):
        assert read_own_code(code) == code


def test_look_alikes_of_a_pool_stay_apart():
    assert read_pool_code("coffee-o0") == "COFFEEO0"
    assert read_pool_code("COFFEE 00") == "COFFEE00"
    assert read_pool_code(" － ") == ""
