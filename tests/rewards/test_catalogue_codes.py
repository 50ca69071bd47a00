import datetime as dt
import io

import pytest

from core.models import AuditEntry
from purchases.errors import UnreadableFile
from rewards.models import RewardCode
from rewards.services.catalogue import import_codes, preview_codes, void_codes
from rewards.services.catalogue.codes import LastDayOver, NoPool

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(make_reward):
    return make_reward("Cinema", kind="pool", slug="cinema")


def lines(report):
    return [(each.line, each.reason, each.first_line) for each in report.refused]


def kept():
    return list(RewardCode.objects.order_by("pk").values_list("code", "match_key", "expires_on"))


def test_ten_thousand_codes_with_repeats_come_in_at_once(pool, now, django_assert_max_num_queries):
    import_codes(pool, "KNOWN-00001\nKNOWN-00002", by=None, now=now)
    rows = [f"code-{number:05}" for number in range(10_000)]
    rows[500] = "Code 00499"
    rows[7000] = "known00001"
    rows[9999] = ""
    with django_assert_max_num_queries(6):
        report = import_codes(pool, io.BytesIO("\r\n".join(rows).encode()), by=None, now=now)
    assert (report.line_count, report.added_count) == (9999, 9997)
    assert lines(report) == [(501, "repeated", 500), (7001, "known", None)]
    assert report.count_reasons() == [
        ("repeats an earlier line of the file", 1),
        ("is in the pool already", 1),
    ]
    assert RewardCode.objects.count() == 9999
    changes = AuditEntry.objects.order_by("-pk").first().changes
    assert changes == {"added": 9997, "refused": 2, "expires_on": None}


def test_codes_are_handed_out_in_the_order_of_the_file(pool, now):
    import_codes(pool, "zulu\nalpha\nmike", by=None, now=now)
    assert [code for code, _key, _day in kept()] == ["zulu", "alpha", "mike"]


def test_same_file_again_brings_nothing(pool, now):
    import_codes(pool, "a\nb", by=None, now=now)
    report = import_codes(pool, "a\nb", by=None, now=now)
    assert (report.added_count, lines(report)) == (0, [(1, "known", None), (2, "known", None)])


def test_another_pool_may_hold_the_same_code(pool, make_reward, now):
    other = make_reward("Theatre", kind="partner", partner="Stage")
    assert import_codes(pool, "a", by=None, now=now).added_count == 1
    assert import_codes(other, "a", by=None, now=now).added_count == 1


def test_csv_names_its_columns(pool, now):
    text = "batch;Code;Expires_on\n7;AB-1;2026-12-31\n7;AB-2;\n7;AB-3;31.12.2026\n7;AB-4;2026-03-09"
    report = import_codes(pool, text, by=None, now=now, expires_on=dt.date(2027, 1, 1))
    assert kept() == [
        ("AB-1", "AB1", dt.date(2026, 12, 31)), ("AB-2", "AB2", dt.date(2027, 1, 1))
    ]  # fmt: skip
    assert lines(report) == [(4, "no_day", None), (5, "over", None)]


def test_lines_that_hold_no_code_are_told(pool, now):
    report = import_codes(pool, f'--\nok\n{"x" * 81}\n"a\nb"', by=None, now=now)
    assert lines(report) == [(1, "empty", None), (3, "too_long", None), (4, "empty", None)]
    assert report.added_count == 1


def test_full_width_and_another_encoding(pool, now):
    text = "クーポンコード,備考,有効期限\nＡＢ－１２,使える,2026-12-31\nＡＢ－１３,使える,\n"
    import_codes(pool, io.BytesIO(text.encode("cp932")), by=None, now=now)
    assert kept() == [
        ("ＡＢ－１２", "AB12", dt.date(2026, 12, 31)), ("ＡＢ－１３", "AB13", None)
    ]  # fmt: skip


def test_without_names_only_the_first_column_is_read(pool, now):
    import_codes(pool, "A-1,for spring\nA-2,for spring", by=None, now=now)
    assert kept() == [("A-1", "A1", None), ("A-2", "A2", None)]


def test_preview_says_the_same_and_writes_nothing(pool, now):
    text = "a\nA\nb\n--"
    import_codes(pool, "b", by=None, now=now)
    preview = preview_codes(pool, text, now=now)
    assert RewardCode.objects.count() == 1
    assert preview == import_codes(pool, text, by=None, now=now)
    assert (preview.added_count, len(preview.refused)) == (1, 3)


def test_wrong_rewards_days_and_files_are_refused(pool, make_reward, now):
    with pytest.raises(NoPool):
        import_codes(make_reward(), "a", by=None, now=now)
    with pytest.raises(LastDayOver):
        import_codes(pool, "a", by=None, now=now, expires_on=dt.date(2026, 3, 9))
    with pytest.raises(UnreadableFile):
        import_codes(pool, "", by=None, now=now)
    assert kept() == []


def test_void_takes_what_is_left(pool, now):
    import_codes(pool, "a\nb\nc", by=None, now=now)
    RewardCode.objects.filter(code="a").update(voided_at=now - dt.timedelta(days=1))
    assert void_codes(pool, reason="partner closed", by=None, now=now) == 2
    assert RewardCode.objects.free().count() == 0
    entry = AuditEntry.objects.order_by("-pk").first()
    assert (entry.changes, entry.note.text) == ({"count": 2}, "partner closed")
