"""Words without what is the member's own, where a sentence stays whole without it."""

import re

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext

from campaigns.variables import STAND_INS
from campaigns.writing.errors import WordsRefused

_VALUE = re.compile(r"{{-?\s*(?P<path>[\w.]+)(?P<rest>.*?)-?}}", re.DOTALL)
_DEFAULT = re.compile(r"\|\s*default:\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_NAME = r"{{-?\s*member\.(?:name|formal_name|full_name)\b[^}]*-?}}(?:さん|さま|様|先生|小姐)?"
# A form of address between its comma and the end of its sentence: it can go with the comma.
_ADDRESS = re.compile(
    rf"[ \t]*[,，、]?[ \t]*{_NAME}(?=[ \t]*(?:[,，、.。!！?？:：]|$))", re.MULTILINE
)
# One with which a line begins goes with the comma after it.
_FIRST = re.compile(rf"^{_NAME}[ \t]*[,，、][ \t]*(?P<next>.)", re.MULTILINE)
_OWN_BLOCK = re.compile(r"^[ \t]*{%-?\s*points\b.*?-?%}[ \t]*\n?", re.MULTILINE)
_TAG = re.compile(r"{%-?\s*(?P<name>\w+)")
_SAME_FOR_ALL = {"reward", "button", "image", "faces"}


class CannotBePlain(WordsRefused):
    code = "cannot_be_plain"
    message = _(
        "“%(found)s” can't be left out without writing the sentence anew: write the words of B "
        "by hand."
    )


def make_plain(text: str, locale: str) -> str:
    """The words as they would be said to anybody.

    A name goes with its comma, a greeting says no name, a default takes the place of what it is
    for, the block of points goes. What is the club's own stays. Raises CannotBePlain for anything
    else: conditions and loops, and a value that its sentence stands on.
    """
    text = _OWN_BLOCK.sub("", text)
    for found in _TAG.finditer(text):
        if found["name"] not in _SAME_FOR_ALL:
            raise CannotBePlain(found=f"{{% {found['name']} %}}")
    text = _FIRST.sub(lambda found: found["next"].upper(), text)
    text = _ADDRESS.sub("", text)
    with override(locale):
        return _VALUE.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    path = found["path"]
    if path.startswith(("club.", "rewards.")):
        return found[0]
    if path == "member.greeting":
        return pgettext("greeting to anybody", "Hello")
    own = _DEFAULT.search(found["rest"])
    if own is not None:
        return own["double"] or own["single"] or ""
    if path in STAND_INS:
        return str(STAND_INS[path])
    raise CannotBePlain(found=f"{{{{ {path} }}}}")


def is_personal(text: str) -> bool:
    """Whether anything in it is the member's own."""
    values = (found["path"] for found in _VALUE.finditer(text))
    return bool(_OWN_BLOCK.search(text)) or any(
        not path.startswith(("club.", "rewards.")) for path in values
    )
