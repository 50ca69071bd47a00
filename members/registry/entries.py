"""What every registry is: entries under a code, each once."""

from django.core.exceptions import ImproperlyConfigured


class Registry[Entry]:
    """Entries by code, in the order of registration."""

    def __init__(self, noun: str):
        self.noun = noun
        self._entries: dict[str, Entry] = {}

    def add(self, code: str, entry: Entry) -> None:
        known = self._entries.get(code)
        if known is not None and known != entry:
            raise ImproperlyConfigured(f"The {self.noun} “{code}” is registered twice.")
        self._entries[code] = entry

    def remove(self, code: str) -> None:
        """Forget an entry (tests use it to leave no trace)."""
        self._entries.pop(code, None)

    def get(self, code: str) -> Entry | None:
        return self._entries.get(code)

    def __getitem__(self, code: str) -> Entry:
        return self._entries[code]

    def __contains__(self, code: str) -> bool:
        return code in self._entries

    def __iter__(self):
        return iter(self._entries.values())

    def codes(self) -> list[str]:
        return list(self._entries)
