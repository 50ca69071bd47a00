"""Bar codes and QR codes in a picture, read on the server where a browser can't."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class UnreadableFrame(DomainError):
    code = "unreadable_frame"
    message = _("This is not a picture of the camera.")


def read_codes(pixels: bytes, *, width: int) -> list[str]:
    """The texts of the codes in a grey picture, a byte for each pixel, row by row.

    Raises UnreadableFrame where the rows don't come out even.
    """
    if not 16 <= width <= 4096 or not pixels or len(pixels) % width:
        raise UnreadableFrame
    import zxingcpp  # a megabyte of code that only the counter needs

    rows = memoryview(pixels).cast("B", shape=[len(pixels) // width, width])
    return [found.text for found in zxingcpp.read_barcodes(rows) if found.text]
