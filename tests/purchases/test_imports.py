import datetime as dt
import gzip
import io
from pathlib import Path

import pytest
from celery.exceptions import OperationalError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection

from core.money import parse_amount
from loyalty_site.celery import app
from members import registry
from members.models import Member
from purchases import tasks
from purchases.incoming import hash_purchase, hash_return
from purchases.models import Category, ImportJob, Line, Product, Purchase, Return
from purchases.services import imports
from purchases.services.staging import Stage

DATA = Path(__file__).parent / "data"
HEADER = "external_id,member,purchased_at,product,quantity,amount\n"
GOOD = HEADER + "P1,7,2026-03-01T10:00:00,milk,1,2.50\nP1,7,2026-03-01T10:00:00,milk,1,2.50\n"

# Batches commit as they go: such a run can't be tried inside a transaction of the test's own.
pytestmark = pytest.mark.django_db(transaction=True)


def counts(job):
    return (job.state, job.purchase_count, job.line_count, job.refused_count)


def list_stage_tables():
    return [
        name
        for name in connection.introspection.table_names()
        if name.startswith("purchases_stage")
    ]


def test_identical_rows_are_separate_lines(import_text):
    job = import_text(GOOD)

    assert counts(job) == ("done", 1, 2, 0)
    assert list(Line.objects.order_by("position").values_list("position", "amount")) == [
        (1, 250),
        (2, 250),
    ]
    assert (job.member_count, job.total_amount, job.row_count) == (1, 500, 2)
    assert list_stage_tables() == []


def test_second_import_changes_nothing(import_text):
    import_text(GOOD)

    job = import_text(GOOD)

    assert counts(job) == ("done", 0, 0, 0)
    assert job.known_count == 1
    assert Line.objects.count() == 2


def test_one_bad_row_refuses_its_purchase_wherever_its_rows_lie(import_text, read_report):
    job = import_text(
        HEADER
        + "P1,7,2026-03-01T10:00:00,milk,1,2.50\n"
        + "P2,7,2026-03-01T11:00:00,milk,1,2.50\n"
        + "P3,7,2026-03-01T12:00:00,milk,1,oops\n"
        + "P1,7,2026-03-01T10:00:00,loaf,1,-4.00\n"
        + ",7,2026-03-01T10:00:00,loaf,1,4.00\n"
    )

    assert counts(job) == ("done", 1, 1, 3)
    assert Purchase.objects.get().external_id == "P2"
    assert read_report(job) == [
        ("2", "P1", "", "Refused together with row 5."),
        ("4", "P3", "amount", "“oops” is not an amount in USD."),
        (
            "5",
            "P1",
            "amount",
            "“-4.00” is negative; send goods that came back as a return.",
        ),
        ("6", "", "external_id", "This is required."),
    ]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("P1,7,yesterday,milk,1,1", "purchased_at", "“yesterday” is not a date and time."),
        ("P1,7,2026-02-30,milk,1,1", "purchased_at", "“2026-02-30” is not a date and time."),
        ("P1,7,,milk,1,1", "purchased_at", "This is required."),
        ("P1,7,2027-01-01,milk,1,1", "purchased_at", "2027-01-01 lies outside of 1970 to now."),
        ("P1,7,1066-10-14,milk,1,1", "purchased_at", "1066-10-14 lies outside of 1970 to now."),
        ("P1,7,2026-03-01,milk,1,", "amount", "This is required."),
        ("P1,7,2026-03-01,milk,1,1e9", "amount", "“1e9” is not an amount in USD."),
        (
            "P1,7,2026-03-01,milk,1,99999999999.00",
            "amount",
            "“99999999999.00” is not an amount in USD.",
        ),
        ("P1,7,2026-03-01,milk,1,1.005", "amount", "“1.005” is not an amount in USD."),
        (
            "P1,7,2026-03-01,milk,-1,1",
            "quantity",
            "“-1” is not a quantity: 0 to 9,999,999.9999 is.",
        ),
        (
            "P1,7,2026-03-01,milk,99999999,1",
            "quantity",
            "“99999999” is not a quantity: 0 to 9,999,999.9999 is.",
        ),
        ("P1,7,2026-03-01,milk,1", "", "The row has 5 cells, the header 6."),
        ("P1,7,2026-03-01,milk,1,1,1", "", "The row has 7 cells, the header 6."),
        ("P1,7,2026-03-01,mi\x00lk,1,1", "product", "“mi�lk” contains a control character."),
    ],
)
def test_bad_cells_are_named_with_row_and_field(import_text, read_report, row, field, reason):
    job = import_text(HEADER + row + "\nP2,7,2026-03-01,milk,1,1\n")

    assert counts(job) == ("done", 1, 1, 1)
    assert read_report(job) == [("2", "P1", field, reason)]


def test_real_oddities_are_valid(import_text):
    job = import_text(
        HEADER
        + "P1,7,2026-03-01,fuel,89638,31.20\n"
        + "P2,7,2026-03-01,milk,0,2.00\n"
        + "P3,7,2026-03-01,milk,1,0.00\n"
        + "P4,,2026-03-01,,,1\n"
    )

    assert counts(job) == ("done", 4, 4, 0)
    assert Purchase.objects.get(external_id="P4").member is None


def test_full_width_digits_are_read(import_text):
    job = import_text(HEADER + "Ｐ１,７,２０２６/０３/０１,牛乳,２,１２．５０\n")

    assert counts(job) == ("done", 1, 1, 0)
    assert Purchase.objects.get().external_id == "P1"
    assert Member.objects.get().references.get().external_id == "7"
    assert (Line.objects.get().quantity, Line.objects.get().amount) == (2, 1250)


@pytest.mark.parametrize(
    ("text", "encoding"), [("烤鸭", "gb18030"), ("鳳梨酥", "cp950"), ("焼きそば", "cp932")]
)
def test_declared_encodings_arrive_whole(import_text, text, encoding):
    raw = (HEADER + f"P1,7,2026-03-01,{text},1,1\n").encode(encoding)

    import_text(raw, encoding=encoding)

    assert Product.objects.get().external_id == text


def test_rows_of_one_purchase_must_agree(import_text, read_report):
    job = import_text(
        HEADER
        + "P1,7,2026-03-01T10:00:00,milk,1,1\nP1,8,2026-03-01T10:00:00,milk,1,1\n"
        + "P2,7,2026-03-01T10:00:00,milk,1,1\nP2,7,2026-03-01T10:00:01,milk,1,1\n"
    )

    reason = "The rows of this purchase disagree on it."
    assert counts(job) == ("done", 0, 0, 2)
    assert read_report(job) == [
        ("2", "P1", "member", reason),
        ("3", "P1", "member", reason),
        ("4", "P2", "purchased_at", reason),
        ("5", "P2", "purchased_at", reason),
    ]


def test_other_content_under_a_known_id_is_refused(import_text, read_report):
    import_text(GOOD)

    job = import_text(GOOD + "P1,7,2026-03-01T10:00:00,loaf,1,1\n")

    assert counts(job) == ("done", 0, 0, 1)
    assert {row[3] for row in read_report(job)} == {"“P1” is already known with other content."}
    assert Line.objects.count() == 2


def test_rows_in_another_order_are_the_same_content(import_text):
    rows = ["P1,7,2026-03-01,milk,1,1\n", "P1,7,2026-03-01,loaf,2.50,3\n"]
    import_text(HEADER + "".join(rows))

    job = import_text(HEADER + "".join(reversed(rows)).replace("2.50", "2.5"))

    assert (job.known_count, job.refused_count) == (1, 0)


def test_wrong_currency_is_refused_by_name(import_text, read_report):
    job = import_text(HEADER.strip() + ",currency\nP1,7,2026-03-01,milk,1,1,EUR\n")

    assert read_report(job) == [("2", "P1", "currency", "“EUR” is not the club's currency, USD.")]

    job = import_text(GOOD, currency="EUR")

    assert (job.state, job.failure) == ("failed", "“EUR” is not the club's currency, USD.")
    assert not Purchase.objects.exists()


def test_skipped_and_doubled_hours_are_resolved(import_text):
    job = import_text(
        HEADER
        + "P1,7,2026-03-08T02:30:00,milk,1,1\n"
        + "P2,7,2025-11-02T01:30:00,milk,1,1\n"
        + "P3,7,2026-03-01T10:00:00+09:00,milk,1,1\n"
    )

    assert job.shifted_count == 1
    assert dict(Purchase.objects.values_list("external_id", "purchased_at")) == {
        "P1": dt.datetime(2026, 3, 8, 10, 30, tzinfo=dt.UTC),
        "P2": dt.datetime(2025, 11, 2, 8, 30, tzinfo=dt.UTC),
        "P3": dt.datetime(2026, 3, 1, 1, 0, tzinfo=dt.UTC),
    }


def test_newest_date_is_shifted_and_all_others_with_it(import_text):
    import_text(
        HEADER + "P1,7,2017-01-01T23:30:00,milk,1,1\nP2,7,2017-12-31T08:00:00,milk,1,1\n",
        shift_to="2026-03-09",
    )

    assert dict(Purchase.objects.values_list("external_id", "purchased_at")) == {
        "P1": dt.datetime(2025, 3, 11, 6, 30, tzinfo=dt.UTC),
        "P2": dt.datetime(2026, 3, 9, 15, 0, tzinfo=dt.UTC),
    }


def test_returns_come_by_file(import_text, read_report):
    header = HEADER.strip() + ",returned_of,returned_at\n"

    job = import_text(
        header
        + "R1,7,2026-03-03,milk,-1,-2.50,P1,2026-03-03\n"
        + "P1,7,2026-03-01,milk,1,2.50,,\nP1,7,2026-03-01,loaf,2,4.00,,\n"
        + "R2,,,loaf,1,2.00,P1,2026-03-02\n"
        + "R3,,,loaf,2,4.00,P1,2026-03-04\n"
        + "P2,7,2026-03-01,milk,1,-2.50,,\n"
        + "P3,7,2026-03-01,milk,1,2.50,,2026-03-03\n"
    )

    assert counts(job) == ("done", 1, 2, 3)
    assert job.return_count == 2
    assert dict(Return.objects.values_list("external_id", "total_amount")) == {"R1": 250, "R2": 200}
    assert read_report(job) == [
        ("6", "R3", "lines", "More would have come back than was bought on line 2."),
        ("7", "P2", "amount", "“-2.50” is negative; send goods that came back as a return."),
        ("8", "P3", "returned_at", "A time of return without the purchase that it is of."),
    ]


def test_sql_and_python_hash_the_same(source, import_text, now):
    text = (
        HEADER.strip() + ",store,line_id,discount,tax,cost,returned_of,returned_at\n"
        "P1,7,2026-03-01T10:00:00,mi\\lk,1.50,2.50,42,b,0.10,0.20,1.00,,\n"
        "P1,7,2026-03-01T10:00:00,ü,0,3,42,a,,,,,\n"
        "R1,,,mi\\lk,1,,,,,,,P1,2026-03-02T10:00:00Z\n"
    )
    job = imports.create_command_import(source, "x", {}, {}, now=now)
    stage = Stage(job.pk, source.pk)
    imports._stage_file(job, stage, io.BytesIO(text.encode()), None, lambda *_: None, now)

    batch = stage.read_batch(0, 10, 10)
    stage.drop()

    (purchase,), (item,) = batch.purchases, batch.returns
    assert hash_purchase(purchase) == purchase.content_hash
    assert hash_return(item) == item.content_hash


# --- Files that fail as a whole ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "failure"),
    [
        (b"", "The file can't be read: it is empty."),
        (b"a,b\n1,2\n", "No column is mapped to “external_id”. The file has: a, b."),
        (GOOD.encode() + b"\xff\xfe\xff", None),
        (
            gzip.compress(b"0" * 64 * 1024**2),
            "The compressed file unpacks to more than 200 times its size.",
        ),
    ],
)
def test_unreadable_file_fails_and_saves_nothing(import_text, raw, failure):
    job = import_text(raw, encoding="utf-8")

    assert job.state == "failed"
    assert job.failure == (failure or "Row 4 isn't text in utf-8.")
    assert not Purchase.objects.exists()
    assert not Member.objects.exists()
    assert list_stage_tables() == []


def test_report_is_safe_against_formulas(import_text, read_report):
    job = import_text(HEADER + '"=cmd()",7,2026-03-01,milk,1,x\n')

    assert read_report(job) == [("2", "'=cmd()", "amount", "“x” is not an amount in USD.")]


# --- Survival ------------------------------------------------------------------------------------


@pytest.fixture
def many(monkeypatch):
    """Ten purchases, four a batch."""
    monkeypatch.setattr(imports, "BATCH_SIZE", 4)
    return HEADER + "".join(
        f"P{number},7,2026-03-01T10:00:{number:02},milk,1,1\n" for number in range(10)
    )


@pytest.fixture
def upload(source, storages, now, many):
    file = SimpleUploadedFile("day.csv", many.encode())
    mapping = imports.preview_file(file, source).mapping
    file.seek(0)
    job = imports.draft_import(file, source, by=None, now=now)
    return imports.confirm_import(job, mapping, by=None, now=now)


@pytest.fixture
def breakable():
    """A listener that dies at its second batch, as if the process had been killed."""
    calls = []

    def listen(batch_id, activities, payload, now):
        calls.append(len(activities))
        if len(calls) == 2:
            raise KeyboardInterrupt

    registry.register_listener("test", ["purchase"], listen)
    yield calls
    registry.listeners.remove("test")


def test_killed_import_goes_on_where_it_stood(upload, breakable, now):
    with pytest.raises(KeyboardInterrupt):
        tasks.run_import(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.done_count, upload.purchase_count) == ("running", 4, 4)
    assert imports.list_due_imports(upload.seen_at) == []

    ImportJob.objects.update(seen_at=now - dt.timedelta(days=9999))
    tasks.sweep_imports.apply()
    for job_id in imports.list_due_imports(now):
        tasks.run_import(job_id)

    upload.refresh_from_db()
    assert counts(upload) == ("done", 10, 10, 0)
    assert breakable == [4, 4, 4, 2]
    assert (upload.known_count, upload.member_count) == (0, 1)
    assert Purchase.objects.count() == 10


def test_emptied_stage_is_filled_again(upload, breakable, now):
    with pytest.raises(KeyboardInterrupt):
        tasks.run_import(upload.pk)
    Stage(upload.pk, upload.source_id).drop()
    ImportJob.objects.update(seen_at=now - dt.timedelta(days=9999))

    tasks.run_import(upload.pk)

    upload.refresh_from_db()
    assert (*counts(upload), upload.known_count) == ("done", 10, 10, 0, 0)


def test_task_that_runs_twice_does_it_once(upload):
    tasks.run_import(upload.pk)
    tasks.run_import(upload.pk)

    upload.refresh_from_db()
    assert (upload.attempt_count, upload.purchase_count) == (1, 10)


def test_overtaken_run_writes_nothing_more(upload, now):
    job = imports.claim_import(upload.pk, now=now)
    ImportJob.objects.filter(pk=job.pk).update(attempt_count=2)

    with job.file.open("rb") as file, pytest.raises(imports.ImportOvertaken):
        imports.run_import_job(job, file, now=now)

    assert not Purchase.objects.exists()


def test_interrupted_command_is_given_up(source, now):
    job = imports.create_command_import(source, "x.csv", {}, {}, now=now)
    ImportJob.objects.update(seen_at=now - dt.timedelta(days=9999))

    tasks.run_import(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert "run the command again" in job.failure


def test_sweep_clears_old_drafts_and_orphaned_tables(source, storages, now):
    old = imports.draft_import(
        SimpleUploadedFile("a.csv", b"a"), source, by=None, now=now - dt.timedelta(days=2)
    )
    new = imports.draft_import(SimpleUploadedFile("b.csv", b"b"), source, by=None, now=now)
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE purchases_stage_99_rows (x int)")

    imports.clear_leftovers(now)

    assert list(ImportJob.objects.all()) == [new]
    assert not Path(storages, old.file.name).exists()
    assert list_stage_tables() == []


# --- Upload --------------------------------------------------------------------------------------


def test_preview_shows_rows_encoding_and_mapping(source):
    text = "单号,日期,金额\n" + "一二三四五六七八九十,2026-03-01,3\n" * 30

    preview = imports.preview_file(io.BytesIO(text.encode("gb18030")), source, row_count=2)

    assert preview.encoding == "gb18030"
    assert preview.header == ["单号", "日期", "金额"]
    assert preview.rows == [["一二三四五六七八九十", "2026-03-01", "3"]] * 2
    assert preview.missing.startswith("No column is mapped to “external_id”")

    preview = imports.preview_file(
        io.BytesIO(text.encode("gb18030")), source, {"external_id": ["单号"]}
    )

    assert preview.mapping["amount"] == ["金额"]
    assert preview.missing == ""


def test_mapping_is_remembered_by_the_source(source, upload):
    source.refresh_from_db()

    assert source.mapping["amount"] == ["amount"]
    with pytest.raises(imports.ImportNotDraft):
        imports.confirm_import(upload, {}, by=None, now=upload.created_at)


def test_confirmed_import_calls_a_worker(upload, sent_tasks):
    assert sent_tasks == [(tasks.run_import.name, [upload.pk])]


def test_import_starts_without_a_broker(source, storages, monkeypatch, now):
    def fail(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr(app, "send_task", fail)
    file = SimpleUploadedFile("a.csv", GOOD.encode())
    draft = imports.draft_import(file, source, by=None, now=now)
    job = imports.confirm_import(draft, {}, by=None, now=now)
    assert imports.list_due_imports(now) == [job.pk]


def test_oversized_upload_is_refused(source, storages, settings, now):
    settings.IMPORT_MAX_BYTES = 1024**2
    file = SimpleUploadedFile("big.csv", b"x" * (1024**2 + 1))

    with pytest.raises(imports.errors.FileTooLarge) as refusal:
        imports.draft_import(file, source, by=None, now=now)

    assert refusal.value.status == 413
    assert not ImportJob.objects.exists()


def test_a_gigabyte_is_turned_away_unread(rf):
    from purchases.uploads import limit_upload

    class Unreadable:
        def read(self, *args):
            raise AssertionError

    request = rf.post("/", CONTENT_LENGTH=str(1024**3))
    request.META["wsgi.input"] = request._stream = Unreadable()

    response = limit_upload(lambda request: None)(request)

    assert response.status_code == 413
    assert response.content == b"The file is larger than 512 MB."


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def command(club, storages, capsys):
    def run(name, *args):
        call_command("import_purchases", str(DATA / name), "--source", "real", *args)
        return capsys.readouterr()

    return run


def test_command_imports_the_grocers_file_twice(command):
    first = command("complete-journey-2000.csv.gz")
    second = command("complete-journey-2000.csv.gz")

    assert "member           from household_id" in first.out
    assert first.out.splitlines()[-5:] == [
        "purchases             235",
        "lines               2,000",
        "members               188",
        "amount          $5,533.23",
        "refused                 0",
    ]
    assert first.err == ""
    assert second.out.splitlines()[-6:] == [
        "purchases               0",
        "lines                   0",
        "members                 0",
        "amount              $0.00",
        "known                 235",
        "refused                 0",
    ]


def test_command_imports_the_music_shops_file_by_mapping_alone(command):
    answer = command("cdnow-1000.csv", "--map", "external_id=customer_id+purchased_on")

    assert "external_id      from customer_id + purchased_on" in answer.out
    assert answer.out.splitlines()[-5:] == [
        "purchases             970",
        "lines               1,000",
        "members               325",
        "amount         $34,132.24",
        "refused                 0",
    ]
    assert Purchase.objects.filter(external_id="00004:1997-01-01").exists()


def test_command_names_products(command, tmp_path):
    products = tmp_path / "products.csv"
    products.write_text(
        "product_id,department,brand,product_category,product_type,package_size\n"
        "1095275,GROCERY,National,FRZN ICE,ICE - CRUSHED/CUBED,22 LB\n"
        "9878513,DRUG GM,,,,\n"
    )

    answer = command("complete-journey-2000.csv.gz", "--products", str(products))

    assert "2 products added or changed\n" in answer.out
    ice = Product.objects.get(external_id="1095275")
    assert (ice.name, ice.brand) == ("ICE - CRUSHED/CUBED", "National")
    assert ice.category.slug == "grocery--frzn-ice"
    assert ice.category.parent.name == "GROCERY"
    assert Product.objects.get(external_id="9878513").category == Category.objects.get(
        slug="drug-gm"
    )
    assert Line.objects.filter(product=ice).first().category == ice.category


def test_command_asks_who_bought_before_anything_is_taken_in(command, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        "レシート番号,日時,会員の宛先,金額,備考\nA-1,2026-03-01,mei@example.com,450,-\n"
    )

    with pytest.raises(CommandError, match="No column says who bought"):
        command(path)
    assert not Purchase.objects.exists()

    assert "not used         備考\n" in command(path, "--map", "member_email=会員の宛先").out
    assert Purchase.objects.get().member.email == "mei@example.com"


def test_command_exits_1_where_anything_was_refused(command, tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "P1,7,2026-03-01,milk,1,x\n")

    with pytest.raises(SystemExit) as leave:
        command(path)

    assert leave.value.code == 1
    assert "refused                 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "amount=price"], "The file has no column “price”."),
        (["--map", "price=amount"], "There is no field “price”."),
        (["--currency", "EUR"], "“EUR” is not the club's currency, USD."),
        (["--encoding", "rot13"], "“rot13” is not an encoding that can be read."),
    ],
)
def test_command_explains_what_it_cant_do(command, arguments, message):
    with pytest.raises(CommandError) as refusal:
        command("complete-journey-2000.csv.gz", *arguments)

    assert str(refusal.value).startswith(message)
    assert not Purchase.objects.exists()


def test_amounts_of_the_slice_match_to_the_cent(command):
    command("complete-journey-2000.csv.gz")

    total = sum(Purchase.objects.values_list("total_amount", flat=True))
    assert total == parse_amount("5533.23", "USD")
