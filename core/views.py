"""Pictures and photographs, for everybody, from no database."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.http import condition, require_safe

from core.photos import CONTENT_TYPES, FOLDER, FORMATS, PLAIN_FORMATS, WIDTHS, open_rendition
from core.pictures.addresses import EDITION
from core.pictures.covers import draw_cover
from core.pictures.patterns import PATTERNS, draw_pattern
from core.pictures.scenes import SCENES, draw_scene

_FOR_GOOD = "public, max-age=31536000, immutable"
# A picture opened by itself: its own two rules of style, and nothing else.
_DRAWN = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.NONE],
}


def _tag(request, **words):
    return f'"{EDITION}"'  # the rest of what makes the picture stands in its address


@require_safe
@csp_override(_DRAWN)
@condition(etag_func=_tag)
def picture_cover(request, motif, seed):
    return _show(draw_cover(motif, seed))


@require_safe
@csp_override(_DRAWN)
@condition(etag_func=_tag)
def picture_pattern(request, kind, color):
    if kind not in PATTERNS:
        raise Http404
    return _show(draw_pattern(kind, color))


@require_safe
@csp_override(_DRAWN)
@condition(etag_func=_tag)
def picture_scene(request, name):
    if name not in SCENES:
        raise Http404
    return _show(draw_scene(name))


def _show(drawing):
    return HttpResponse(drawing, content_type="image/svg+xml", headers={"Cache-Control": _FOR_GOOD})


@require_safe
@condition(etag_func=_tag)
def photo(request, name):
    """A photograph as it is kept, where no proxy serves the folder (docs/operations.md)."""
    return _hand_out(lambda: default_storage.open(f"{FOLDER}/{name}.webp"), "webp")


@require_safe
@condition(etag_func=_tag)
def photo_rendition(request, name, width, extension):
    if int(width) not in WIDTHS or extension not in FORMATS | PLAIN_FORMATS:
        raise Http404
    return _hand_out(
        lambda: open_rendition(default_storage, f"{FOLDER}/{name}.webp", int(width), extension),
        extension,
    )


def _hand_out(open_file, extension):
    try:
        file = open_file()
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file, content_type=CONTENT_TYPES[extension], headers={"Cache-Control": _FOR_GOOD}
    )
