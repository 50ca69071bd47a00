"""The page of a mistake of ours: in the reader's language and the club's colours if these can
still be had, and whole without database and cache.
"""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.template.loader import render_to_string

from members.selectors.club import get_club

logger = logging.getLogger(__name__)
_LAST_RESORT = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Something went wrong</title>'
    "</head><body><h1>Something went wrong</h1><p>Please try again in a moment.</p></body></html>"
)


def server_error(request: HttpRequest) -> HttpResponse:
    try:
        return HttpResponseServerError(render_to_string("500.html", {"club": _find_club()}))
    except Exception:  # whatever broke the page may break this one, too
        logger.exception("The page of mistakes could not be shown.")
        return HttpResponseServerError(_LAST_RESORT)


def _find_club():
    try:
        return get_club()
    except Exception:  # the database, most likely
        return None
