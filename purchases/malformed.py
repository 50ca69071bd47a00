"""What a call of the API lacks in shape, in the words and the form of its other errors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

_PLACES = {"body": 2, "query": 1, "path": 1, "header": 1}  # how much of a place is not the caller's


def list_malformed(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """``[{"field", "code", "message"}]`` of pydantic's errors; positions count from 1, as the
    receipt does.
    """
    return [
        {"field": _name_place(each["loc"]), "code": each["type"], "message": _describe(each)}
        for each in found
    ]


def _describe(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "missing":
            return _("This is required.")
        case "extra_forbidden":
            return _("There is no such field.")
        case _other:
            return _("This doesn't have the right form: %(reason)s") % {"reason": error["msg"]}


def _name_place(place: Sequence[str | int]) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def list_malformed_call(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The same of ninja's errors, whose places begin with where in the request they lie."""
    return list_malformed(
        {**each, "loc": each["loc"][_PLACES.get(each["loc"][0], 0) :]} for each in found
    )
