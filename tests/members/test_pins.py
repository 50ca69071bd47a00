"""PINs: hashed, limited, locked, void; each wrong try in the trail."""

import datetime as dt
import threading

import pytest
from django.db import connection

from core.models import AuditEntry
from members.models import StaffPin, User
from members.services.logins import create_login
from members.services.pins import (
    GuessablePin,
    InvalidPin,
    NoPin,
    PinLocked,
    PinSpent,
    WrongPin,
    check_pin,
    remove_pin,
    set_pin,
)

PLACE = {"register": 7}


@pytest.fixture
def sam(club, now):
    user = create_login(email="sam@example.com", is_staff=True, by=None, now=now)
    set_pin(user, "294817", by=user, now=now)
    return user


def list_actions(action):
    return AuditEntry.objects.filter(action=action).count()


@pytest.mark.django_db
def test_pin_is_hashed_with_the_sites_secret(sam, now, settings):
    assert "294817" not in sam.staff_pin.pin_hash
    assert check_pin(sam, "294817", place=PLACE, now=now).user == sam
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert check_pin(sam, "294817", place=PLACE, now=now).user == sam
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(WrongPin):
        check_pin(sam, "294817", place=PLACE, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５７", " 294817"])
def test_pin_has_six_plain_digits(sam, now, pin):
    with pytest.raises(InvalidPin):
        set_pin(sam, pin, by=sam, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("pin", ["000000", "123456", "987654", "135791", "294294", "272727"])
def test_what_everybody_tries_first_is_refused(sam, now, pin):
    with pytest.raises(GuessablePin):
        set_pin(sam, pin, by=sam, now=now)


@pytest.mark.django_db
def test_two_people_may_have_one_pin(sam, now):
    kim = create_login(email="kim@example.com", is_staff=True, by=None, now=now)
    set_pin(kim, "294817", by=kim, now=now)
    assert sam.staff_pin.pin_hash != kim.staff_pin.pin_hash
    assert check_pin(kim, "294817", place=PLACE, now=now).user == kim


@pytest.mark.django_db
def test_five_wrong_tries_lock_it_and_the_right_one_must_wait(sam, now):
    for _try in range(4):
        with pytest.raises(WrongPin):
            check_pin(sam, "000001", place=PLACE, now=now)
    with pytest.raises(PinLocked):
        check_pin(sam, "000001", place=PLACE, now=now)
    with pytest.raises(PinLocked):
        check_pin(sam, "294817", place=PLACE, now=now + dt.timedelta(minutes=14))
    assert check_pin(sam, "294817", place=PLACE, now=now + dt.timedelta(minutes=15))
    assert StaffPin.objects.get().failed_count == 0
    assert (list_actions("pin.wrong"), list_actions("pin.locked")) == (5, 1)
    assert AuditEntry.objects.filter(action="pin.wrong").first().changes == {
        "register": 7, "tries": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_after_a_lock_each_wrong_try_locks_again_and_twenty_void_it(sam, now):
    moment = now
    for _try in range(19):
        with pytest.raises((WrongPin, PinLocked)):
            check_pin(sam, "000001", place=PLACE, now=moment)
        moment += dt.timedelta(hours=1)
    with pytest.raises(PinSpent):
        check_pin(sam, "000001", place=PLACE, now=moment)
    with pytest.raises(PinSpent):
        check_pin(sam, "294817", place=PLACE, now=moment + dt.timedelta(days=9))
    assert StaffPin.objects.get().failed_count == 20
    assert list_actions("pin.spent") == 1
    set_pin(sam, "618305", by=sam, now=moment)
    assert check_pin(sam, "618305", place=PLACE, now=moment)


@pytest.mark.django_db
def test_nobody_passes_without_a_pin(sam, now):
    remove_pin(sam.staff_pin, by=None, now=now)
    with pytest.raises(NoPin):
        check_pin(sam, "294817", place=PLACE, now=now)
    assert list_actions("pin.removed") == 1


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_all_counted(sam, now):
    """Lock: the PIN's row."""
    start = threading.Barrier(12)
    results = []

    def guess():
        start.wait()
        try:
            results.append(check_pin(User.objects.get(pk=sam.pk), "000001", place={}, now=now))
        except (WrongPin, PinLocked) as refusal:
            results.append(type(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(WrongPin) == 4
    assert results.count(PinLocked) == 8
    assert StaffPin.objects.get().failed_count == 5
