"""Values that a process keeps for a moment, so that not every page asks for them again."""

import threading
import time
from collections.abc import Hashable
from typing import Any

LIFE = 30  # seconds; other processes notice a change within them
SIZE = 256


class Kept:
    """A small store of values by key. Every value is forgotten ``life`` seconds after ``put``,
    all of them once there are more than ``size``; nothing in it may be the only copy.
    """

    def __init__(self, *, life: float = LIFE, size: int = SIZE):
        self._life, self._size = life, size
        self._values: dict[Hashable, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any | None:
        until, value = self._values.get(key, (0.0, None))
        return value if until > time.monotonic() else None

    def put(self, key: Hashable, value: Any) -> None:
        with self._lock:
            if len(self._values) >= self._size:
                self._values.clear()
            self._values[key] = (time.monotonic() + self._life, value)

    def forget(self) -> None:
        with self._lock:
            self._values.clear()
