"""Pages of surveys as a browser asks for them, with nobody logged in."""

import pytest
from django.test import Client
from django.utils import timezone

from tests.surveys.asked import BROWSER

__all__ = ["now", "read", "visitor"]


@pytest.fixture
def now():
    """Pages read the clock."""
    return timezone.now()


@pytest.fixture
def visitor():
    """Sends no CSRF token, and nobody asks for one."""
    return Client(enforce_csrf_checks=True, headers={"user-agent": BROWSER})


def read(response):
    return response.content.decode()
