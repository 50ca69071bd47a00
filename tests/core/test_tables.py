import csv
import io
from decimal import Decimal

import pytest

from core.tables import escape_cell, in_chunks, stream_csv


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "|calc",
        "%0A",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u3000=1",
        "\ufeff=1",
        "\u200b=1",
        " \u3000\ufeff =1",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "\uff5ccalc",
        "\uff051",
    ],
)
def test_cell_that_looks_like_a_formula_becomes_text(text):
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "x=1", "1-2", "'=1", "王小明", "12:30", "a@b.example"])
def test_other_text_stays(text):
    assert escape_cell(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-3, -3), (0, 0), (-1.5, -1.5), (Decimal("-1.50"), Decimal("-1.50")), (None, ""),
     (True, "True")],
)  # fmt: skip
def test_numbers_stay_numbers(value, cell):
    assert escape_cell(value) == cell


def test_download_is_safe_and_known_to_spreadsheets():
    response = stream_csv("points.csv", ["=A", "B"], iter([("a,b", -5), ("-1", None)]))
    raw = b"".join(response.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig")))) == [
        ["'=A", "B"],
        ["a,b", "-5"],
        ["'-1", ""],
    ]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="points.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])]
)
def test_rows_are_worked_on_in_chunks(count, sizes):
    seen = []

    def work(chunk):
        seen.append(len(chunk))
        return chunk

    assert list(in_chunks(range(count), 3, work)) == list(range(count))
    assert seen == sizes
