"""Under which name somebody's review stands. Works on anything with the parts of a name."""

from typing import Any

from members.names import get_full_name, mask_name
from surveys.engine.typed import clean_words
from surveys.enums import ReviewName


def build_pen_name(person: Any, kind: str, nickname: str = "") -> str:
    """ "Mei W.", 王*明, 山*さん, a nickname, or "" for no name.

    A name written in Han, kana or hangul is half hidden instead of cut: its first letter alone
    would be the whole family name anyway.
    """
    if kind == ReviewName.NICKNAME:
        return " ".join(clean_words(nickname).split())
    if kind == ReviewName.ANONYMOUS:
        return ""
    given, family = person.given_name.strip(), person.family_name.strip()
    if not (given or family):
        return ""
    if get_full_name(person).isascii() or given.isascii() or family[:1].isascii():
        return f"{given} {family[0]}." if given and family else given or f"{family[0]}."
    # 様 is for letters to somebody; of oneself, among others, it is さん.
    return mask_name(person).replace("様", "さん")
