import threading
import time

from members.models import Club

_LIFE = 30  # seconds; other processes notice a change within them
_lock = threading.Lock()
_known: tuple[float, Club] | None = None


def get_club() -> Club:
    """The club, kept in this process for half a minute.

    A club that was never saved (an empty database) answers with the defaults, unsaved.
    """
    global _known
    known = _known
    if known and known[0] > time.monotonic():
        return known[1]
    club = Club.objects.filter(pk=1).first() or Club(pk=1)
    with _lock:
        _known = (time.monotonic() + _LIFE, club)
    return club


def forget_club() -> None:
    """Read the club again at the next question (after a change, and between tests)."""
    global _known
    with _lock:
        _known = None
