import pytest

from core.tables import escape_cell


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u3000=1", "＝1", "＋1", "－1",
     "＠x", "|cmd", "%x", "\ufeff=1"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_is_quoted(text):
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "1 point per $1", "“=”", "星野", "−3", "(=1)"])
def test_plain_text_stays(text):
    assert escape_cell(text) == text


def test_numbers_stay_numbers_and_nothing_is_empty():
    assert [escape_cell(value) for value in (-5, 0, 1.5, None)] == [-5, 0, 1.5, ""]
