import gzip
import io

import pytest

from purchases import errors
from purchases.parsing import files
from purchases.parsing.cells import read_amount, read_moment, read_quantity
from purchases.parsing.columns import guess_mapping, parse_mapping

CHINESE = "单号,日期,金额,商品\n" + "".join(
    f"{number},2026-03-0{number % 9 + 1},3.50,北京烤鸭和豆浆油条还有新鲜蔬菜\n"
    for number in range(40)
)
TAIWANESE = "單號,日期,金額,商品\n" + "".join(
    f"{number},2026-03-0{number % 9 + 1},3.50,臺灣珍珠奶茶與鳳梨酥還有新鮮蔬菜水果\n"
    for number in range(40)
)
JAPANESE = "番号,日付,金額,商品\n" + "".join(
    f"{number},2026-03-0{number % 9 + 1},3.50,おにぎり鮭とサンドイッチ、野菜ジュース\n"
    for number in range(40)
)


def read_all(raw, **options):
    file = io.BytesIO(raw)
    shape = files.inspect_file(file, **options)
    return shape, [cells for _number, cells in files.read_rows(file, shape)]


@pytest.mark.parametrize(
    ("text", "encoding", "codec"),
    [
        ("a,b\nü,1\n", "utf-8", "utf-8-sig"),
        ("a,b\nü,1\n", "utf-8-sig", "utf-8-sig"),
        ("a,b\nü,1\n", "utf-16", "utf-16"),
        (CHINESE, "gb18030", "gb18030"),
        (TAIWANESE, "big5", "cp950"),
        (TAIWANESE, "cp950", "cp950"),
        (JAPANESE, "shift_jis", "cp932"),
        (JAPANESE, "cp932", "cp932"),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_encodings_are_declared_or_detected(text, encoding, codec, declared, pack):
    raw = text.encode(encoding)

    shape, rows = read_all(pack(raw), encoding=encoding if declared else "")

    assert shape.encoding == codec
    assert rows == [line.split(",") for line in text.splitlines()]


def test_wrongly_declared_encoding_names_the_row():
    raw = ("a,b\n" * 3).encode() + "ü,1\n".encode("latin-1")

    with pytest.raises(errors.WrongEncoding) as refusal:
        read_all(raw, encoding="utf-8")

    assert str(refusal.value) == "Row 4 isn't text in utf-8."


def test_unknown_encoding_is_refused():
    with pytest.raises(errors.UnknownEncoding):
        read_all(b"a", encoding="rot13")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_are_sniffed(delimiter):
    _shape, rows = read_all(f"a{delimiter}b\n1{delimiter}'2,5'\n".encode())

    assert rows[0] == ["a", "b"]


def test_quoted_line_breaks_stay_in_their_cell_and_blank_rows_go():
    _shape, rows = read_all(b'a,b\r\n\r\n"x\ny",1\r\n')

    assert rows == [["a", "b"], ["x\ny", "1"]]


def test_empty_file_is_refused():
    with pytest.raises(errors.UnreadableFile):
        read_all(b"")


def test_cut_off_gzip_is_refused():
    with pytest.raises(errors.UnreadableFile):
        read_all(gzip.compress(b"a,b\n" * 1000)[:-10])


def test_gzip_bomb_is_refused_by_ratio(monkeypatch):
    bomb = gzip.compress(b"0" * 64 * 1024**2)

    with pytest.raises(errors.PackedTooTightly) as refusal:
        read_all(bomb)

    assert refusal.value.status == 413


def test_file_beyond_the_cap_is_refused():
    with pytest.raises(errors.FileTooLarge) as refusal:
        read_all(gzip.compress(b"a,b\n" * 1_000_000), max_bytes=1024**2)

    assert str(refusal.value) == "The file is larger than 1 MB."


# --- Columns -------------------------------------------------------------------------------------


def test_known_columns_map_themselves():
    header = ["household_id", "basket_id", "purchased_at", "store_id", "product_id", "quantity",
              "sales_value", "discount"]  # fmt: skip

    assert guess_mapping(header) == {
        "external_id": ["basket_id"],
        "member": ["household_id"],
        "purchased_at": ["purchased_at"],
        "store": ["store_id"],
        "product": ["product_id"],
        "quantity": ["quantity"],
        "amount": ["sales_value"],
        "discount": ["discount"],
    }


def test_declared_columns_win_over_remembered_over_known():
    mapping = guess_mapping(
        ["date", "x", "y", "amount"],
        declared=parse_mapping(["external_id=x+date"]),
        remembered={"amount": ["y"], "external_id": ["y"], "member": ["gone"]},
    )

    assert mapping == {"external_id": ["x", "date"], "amount": ["y"], "purchased_at": ["date"]}


@pytest.mark.parametrize(
    ("pairs", "error", "text"),
    [
        (["amount=sum"], errors.UnknownColumn, "The file has no column “sum”. It has: id, amount."),
        (
            [],
            errors.UnmappedField,
            "No column is mapped to “external_id”. The file has: id, amount.",
        ),
    ],
)
def test_unknown_columns_are_named(pairs, error, text):
    with pytest.raises(error) as refusal:
        guess_mapping(["id", "amount"], declared=parse_mapping(pairs))

    assert str(refusal.value) == text


@pytest.mark.parametrize("pair", ["price=a", "amount", "amount="])
def test_unknown_fields_are_named(pair):
    with pytest.raises(errors.UnknownField):
        parse_mapping([pair])


# --- Cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minor"),
    [("5", 500), ("5.5", 550), (" 0.01 ", 1), ("５．２５", 525), ("", 0), ("-1.00", -100)],
)
def test_amounts(text, minor):
    assert read_amount(text, "USD") == minor


@pytest.mark.parametrize("text", ["1,234.00", "1.001", "$5", "1e3", "NaN", "5 5", "9" * 15, "=1+1"])
def test_wrong_amounts(text):
    with pytest.raises(errors.WrongAmount):
        read_amount(text, "USD")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1", "1"),
        ("1.50", "1.5"),
        ("0", "0"),
        ("-0", "0"),
        ("89638", "89638"),
        ("２", "2"),
        ("", "1"),
    ],
)
def test_quantities(text, canonical):
    assert read_quantity(text) == canonical


@pytest.mark.parametrize("text", ["10000000", "1.00001", "x", "1e3", "Infinity"])
def test_wrong_quantities(text):
    with pytest.raises(errors.InvalidQuantity):
        read_quantity(text)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-03-09", "2026-03-09T00:00:00"),
        ("2026-03-09T14:05:06", "2026-03-09T14:05:06"),
        ("2026/3/9 14:05", "2026-03-09T14:05:00"),
        ("2026年3月9日", "2026-03-09T00:00:00"),
        ("２０２６年３月９日 １４時０５分", "2026-03-09T14:05:00"),
        ("2026-03-09T14:05:06Z", "2026-03-09T14:05:06+00:00"),
        ("2026-03-09T14:05:06+09:00", "2026-03-09T14:05:06+09:00"),
    ],
)
def test_dates(text, iso):
    assert read_moment(text).isoformat() == iso


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026/13/01", "03/09/2026", "1/2/26"])
def test_wrong_dates(text):
    with pytest.raises(errors.InvalidDate):
        read_moment(text)


def test_declared_date_format_is_the_only_one():
    assert read_moment("09.03.2026 14:05", "%d.%m.%Y %H:%M").isoformat() == "2026-03-09T14:05:00"
    with pytest.raises(errors.InvalidDate):
        read_moment("2026-03-09", "%d.%m.%Y")
