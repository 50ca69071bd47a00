"""Uploads that are too large are turned away before a byte of them is read."""

from functools import wraps

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

_FORM_ROOM = 1024 * 1024  # for the other fields of the form


def limit_upload(view):
    """Answer 413 where the request says that it is larger than ``IMPORT_MAX_BYTES``.

    Django's own check of the form's token would read the whole body first; it runs here,
    after the size. Put it outermost, below ``admin_site.admin_view``.
    """
    protected = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def limited(request, *args, **kwargs):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.IMPORT_MAX_BYTES + _FORM_ROOM:
            limit = settings.IMPORT_MAX_BYTES // 1024**2
            return HttpResponse(
                _("The file is larger than %(limit)s MB.") % {"limit": limit},
                status=413,
                content_type="text/plain; charset=utf-8",
            )
        return protected(request, *args, **kwargs)

    return limited
