import datetime as dt

import pytest

from core.models import Heartbeat
from core.services.heartbeat import get_silence, record_heartbeat

pytestmark = pytest.mark.django_db


def test_silence_is_counted_from_the_last_sign(now):
    assert get_silence("worker", now=now) is None
    record_heartbeat("worker", now=now)
    record_heartbeat("worker", now=now + dt.timedelta(seconds=30))
    assert get_silence("worker", now=now + dt.timedelta(seconds=50)) == dt.timedelta(seconds=20)
    assert Heartbeat.objects.count() == 1
