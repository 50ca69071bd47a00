"""What in a review staff should look at twice. It only marks; people decide."""

import re
import unicodedata
from collections.abc import Iterable

from surveys.enums import ReviewFlag

# Top-level names that people write without "www": enough for what spammers use.
_LINK = re.compile(
    r"https?://|\bwww\.|\b[\w-]{2,}\.(?:com|net|org|info|biz|shop|store|site|online|top|xyz|club|app"
    r"|io|co|me|ly|gg|cc|link|live|cn|tw|jp|ru|de|fr|uk)\b(?!\.\w)",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w{2,}")
# Seven digits or more with what stands between them in a number; a year or a price is shorter.
_PHONE = re.compile(r"(?<!\d)\+?\d(?:[\s().–-]?\d){6,}(?!\d)")
_HANDLE = re.compile(r"(?:微信|wechat|line|telegram|whats ?app)\s*(?:id|号|號)?\s*[:：@]", re.I)
_REPEATED = re.compile(r"(.)\1{7,}|(.{2,20}?)\2{4,}", re.DOTALL)
_SHOUTING = 20  # letters; less in capitals is a name or a joke


def find_flags(said: str, name: str = "", words: Iterable[str] = ()) -> list[str]:
    """Flags for what was said, and under which name, in the order of ``ReviewFlag``.

    ``words`` are the club's own, found in any writing of their letters (full width, capitals),
    inside others too, since Chinese and Japanese have no gaps.
    """
    text = unicodedata.normalize("NFKC", f"{said}\n{name}")
    letters = [char for char in said if char.isalpha()]
    folded = text.casefold()
    found = {
        ReviewFlag.LINK: bool(_LINK.search(_MAIL.sub(" ", text))),
        ReviewFlag.CONTACT: any(each.search(text) for each in (_MAIL, _PHONE, _HANDLE)),
        ReviewFlag.WORD: any(
            unicodedata.normalize("NFKC", word).casefold() in folded for word in words if word
        ),
        ReviewFlag.SHOUTING: (
            len([char for char in letters if char.isupper()]) >= _SHOUTING
            and not any(char.islower() for char in letters)
        ),
        ReviewFlag.REPEATED: bool(_REPEATED.search(text)),
        ReviewFlag.NO_WORDS: not letters,
    }
    return [str(flag) for flag in ReviewFlag if found[flag]]
