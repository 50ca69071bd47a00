import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rewards.management.commands import close_day
from rewards.models import Account, DayClose, Transfer


@pytest.fixture
def two_days_later(monkeypatch, now):
    later = now + dt.timedelta(days=2)
    monkeypatch.setattr(close_day, "timezone", SimpleNamespace(now=lambda: later))


def test_close_day_twice_is_silent(stories, two_days_later, capsys):
    closed = DayClose.objects.count()

    call_command("close_day")

    printed = capsys.readouterr().out
    assert "2 days, 2026-11-20 to 2026-11-21" in printed
    assert DayClose.objects.count() == closed + 2
    entries = Transfer.objects.count()
    call_command("close_day")
    assert capsys.readouterr().out == "Nothing to close.\n"
    assert (DayClose.objects.count(), Transfer.objects.count()) == (closed + 2, entries)


def test_close_day_up_to_a_date(stories, two_days_later, capsys):
    call_command("close_day", date=dt.date(2026, 11, 20))
    assert "1 days, 2026-11-20" in capsys.readouterr().out


def test_close_day_refuses_a_day_that_is_not_over(stories, two_days_later):
    with pytest.raises(CommandError, match="not over yet"):
        call_command("close_day", date=dt.date(2026, 11, 22))


def test_close_day_names_a_wrong_date(db):
    with pytest.raises(CommandError, match="no day such as"):
        call_command("close_day", "--date", "2026-11-31")


def test_verify_ledger_prints_counts_and_checks(stories, capsys):
    call_command("verify_ledger")
    printed = capsys.readouterr().out
    assert f"{Transfer.objects.count():,}  entries" in printed
    assert "true  balances equal their entries" in printed
    assert "FALSE" not in printed


def test_verify_ledger_fails_on_a_broken_balance(stories, capsys):
    account = Account.objects.filter(kind="available").first()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    Account.objects.filter(pk=account.pk).update(balance=account.balance + 1)

    with pytest.raises(CommandError, match="wrong"):
        call_command("verify_ledger")

    printed = capsys.readouterr().out
    assert "FALSE  balances equal their entries: 1 rows" in printed
    assert f"{account.pk}, {account.balance + 1}, {account.balance}" in printed


def test_verify_ledger_fails_on_a_lost_entry(stories, capsys):
    entry = Transfer.objects.filter(unit="points").first().pk
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM rewards_lotmove WHERE transfer_id = %s", [entry])
        cursor.execute("DELETE FROM rewards_transfer WHERE id = %s", [entry])
    with pytest.raises(CommandError, match="wrong"):
        call_command("verify_ledger", verbosity=0)
    assert "FALSE" in capsys.readouterr().out
