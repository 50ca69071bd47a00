"""The language that a reader chose, kept in their browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

YEAR = 365 * 24 * 3600


def keep_language(request: HttpRequest, response: HttpResponseBase, language: str) -> None:
    """The pages that follow are in ``language`` ("ja"), until this browser chooses another."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        samesite="Lax",
        secure=request.is_secure(),
    )
