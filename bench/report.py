"""What a benchmark found, as lines for a person and values for a test."""

import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """``values`` by name; the sentences of what does not hold, and of bars not reached.

    Speed means something at full size alone, what must be true holds at any size.
    """

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)
    falsehoods: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"  {text}", flush=True)

    def note(self, key: str, value: Any, text: str) -> None:
        self.values[key] = value
        self.say(text)

    def expect(self, holds: bool, text: str) -> None:
        """Something that must be true."""
        self._judge(holds, text, self.falsehoods)

    def reach(self, holds: bool, text: str) -> None:
        """A bar of speed or size."""
        self._judge(holds, text, self.misses)

    def _judge(self, holds: bool, text: str, failures: list[str]) -> None:
        print(f"  {'ok    ' if holds else 'MISSED'} {text}", flush=True)
        if not holds:
            failures.append(f"{self.name}: {text}")

    def compare(self, service: list[float], floor: list[float], limit: float, unit: str = "s"):
        """Medians of both and their ratio against its bar; every round is printed."""
        slow, fast = statistics.median(service), statistics.median(floor)
        ratio = slow / fast
        scale = {"s": 1, "ms": 1000}[unit]
        for title, seconds, median in (("service", service, slow), ("floor", floor, fast)):
            shown = ""
            if len(seconds) <= 12:
                shown = f"  (rounds: {', '.join(f'{s * scale:.2f}' for s in seconds)})"
            self.say(f"{title:<8} {median * scale:9.2f} {unit}{shown}")
        self.values |= {"service": slow, "floor": fast, "ratio": ratio}
        self.reach(ratio <= limit, f"{ratio:.2f} times the floor (at most {limit:g})")
