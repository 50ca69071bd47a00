import json

import pytest

from members.services.enrolment import create_member
from members.services.logins import create_login
from members.sms import list_sms_files


@pytest.fixture
def make_member(club, now):
    def make(**fields):
        return create_member(now=now, source="test", **fields)

    return make


@pytest.fixture
def make_login(club, now):
    def make(email="mei@example.com", **fields):
        return create_login(email=email, by=None, now=now, **fields)

    return make


@pytest.fixture
def sms(settings, tmp_path):
    """Messages sent, newest first, as {"to": …, "text": …}."""
    settings.SMS_FOLDER = tmp_path / "sms"

    def read():
        return [json.loads(path.read_text()) for path in list_sms_files()]

    return read


@pytest.fixture
def registered():
    """Undoes what a test adds to a registry: ``registered(registry.consumers, "code")``."""
    added = []
    yield lambda register, code: added.append((register, code))
    for register, code in added:
        register.remove(code)
