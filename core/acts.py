"""What acts and activities are called in words; each app tells its own, staff read them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import pgettext

_names: dict[str, Any] = {}
_VIEWED = ".viewed"


def register_acts(names: Mapping[str, Any]) -> None:
    """Codes such as ``reward.published``, and what people call them."""
    _names.update(names)


def name_act(code: str) -> str:
    """The words of a code; the code itself where nobody told any."""
    if code.endswith(_VIEWED):
        return pgettext("act", "Data looked at")
    return str(_names.get(code, code))
