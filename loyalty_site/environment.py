"""Typed variables of the environment, each known by name (docs/operations.md lists them all).

Whatever is wrong is collected and said at once, with its fix: a start that fails five times over
five variables is no way to install a club. Any ``NAME`` may come from a file named by
``NAME_FILE``, which is how secrets reach containers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
REQUIRED = None


@dataclass(frozen=True, slots=True)
class Variable:
    """What a deployment may set: its type in one word, and its default as a person writes it."""

    name: str
    type: str
    default: str | None


class Environment:
    """Reads variables; ``check`` raises one error that names everything wrong and its fix.

    A wrong variable reads as its default, so that the reading goes on to the next one. Values
    of variables that may hold a secret are never repeated.
    """

    def __init__(self, values: Mapping[str, str]):
        self.values = values
        self.known: dict[str, Variable] = {}
        self.problems: list[str] = []

    # --- One reader for each type ---------------------------------------------------------------

    def text(
        self,
        name: str,
        default: str = "",
        *,
        choices: Sequence[str] = (),
        pattern: str = "",
        hint: str = "",
    ) -> str:
        value = self._read(name, "choice" if choices else "text", default)
        if not value:
            return default
        if choices and value not in choices:
            return self._refuse(
                name, f"is “{value}”", f"Set one of: {', '.join(choices)}.", default
            )
        if pattern and not re.fullmatch(pattern, value):
            return self._refuse(name, "can't be right", hint, default)
        return value

    def required(self, name: str, hint: str) -> str:
        return self._read(name, "text", REQUIRED) or self._refuse(name, "is not set", hint, "")

    def flag(self, name: str, default: bool) -> bool:
        value = self._read(name, "yes or no", "1" if default else "0").lower()
        if value in _YES:
            return True
        if value in _NO:
            return default if value == "" else False
        return self._refuse(name, f"is “{value}”", "Set 1 for yes or 0 for no.", default)

    def number(self, name: str, default: int, *, lowest: int = 0) -> int:
        value = self._read(name, "number", str(default))
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,12}", value) or int(value) < lowest:
            fix = f"Set a whole number, {lowest} or more, such as {default}."
            return self._refuse(name, f"is “{value}”", fix, default)
        return int(value)

    def names(self, name: str, default: Sequence[str] = ()) -> list[str]:
        value = self._read(name, "list", ",".join(default))
        if not value:
            return list(default)
        return [part for part in (part.strip() for part in value.split(",")) if part]

    def address(self, name: str, default: str, schemes: Sequence[str]) -> str:
        value = self._read(name, "address", default)
        if not value:
            return default
        if not _is_address(value, schemes):
            begins = " or ".join(f"{scheme}://" for scheme in schemes)
            return self._refuse(name, "is no address", f"It begins with {begins}.", default)
        return value

    def database(self, name: str, hint: str) -> dict:
        value = self._read(name, "address", REQUIRED)
        if not value:
            return self._refuse(name, "is not set", hint, {})
        fix = "It reads postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters as %XX."
        if not _is_address(value, ("postgres", "postgresql")):
            return self._refuse(name, "is no address of a PostgreSQL", fix, {})
        try:
            return environ.Env.db_url_config(value)
        except (ValueError, ImproperlyConfigured):
            return self._refuse(name, "is no address of a PostgreSQL", fix, {})

    # --- The end -------------------------------------------------------------------------------

    def check(self) -> None:
        if self.problems:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            raise ImproperlyConfigured(
                f"The environment is not right yet (docs/operations.md lists it):\n{lines}"
            )

    def _read(self, name, kind, default):
        self.known[name] = Variable(name, kind, default)
        direct, path = self.values.get(name, ""), self.values.get(f"{name}_FILE", "")
        if direct and path:
            self._refuse(f"{name}_FILE", f"stands beside {name}", "Set one of the two.", "")
        if direct or not path:
            return direct.strip()
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            fix = f"{path} can't be read: {reason}."
            return self._refuse(f"{name}_FILE", "names no readable file", fix, "")

    def _refuse(self, name, what, fix, default):
        problem = f"{name} {what}. {fix}".rstrip()
        if problem not in self.problems:  # asked for twice, said once
            self.problems.append(problem)
        return default


def _is_address(value, schemes):
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.netloc or parts.path.strip("/"))
