"""Names in parts: their order, the form of address, and the membership number as people read it.

Works on anything with the name fields of ``Member``; knows no model.
"""

import unicodedata

from django.utils.translation import get_language
from django.utils.translation import gettext as _


def _is_east_asian(text):
    """Whether the name is written in Han, kana or hangul."""
    return any(
        unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
        for char in text
    )


def _language(locale):
    return (locale or get_language() or "en").lower().replace("_", "-")


def get_full_name(person, locale=None):
    """Family and given name in the order of the *name*, not of the reader.

    A name written in Han, kana or hangul puts the family first and needs no space (a space
    between kana); any other follows ``locale``: family first in Chinese and Japanese text only
    where both parts are East Asian. Falls back to the display name, then to "".
    """
    family, given = person.family_name.strip(), person.given_name.strip()
    if not (family or given):
        return person.display_name.strip()
    if not (family and given):
        return family or given
    if _is_east_asian(family) and _is_east_asian(given):
        han = all(unicodedata.name(char, "").startswith("CJK") for char in family[-1] + given[0])
        return f"{family}{given}" if han else f"{family} {given}"
    return f"{given} {family}"


def get_greeting_name(person, locale=None, *, formal=False):
    """What to call them: "Mei", "王小明先生", "山田様".

    ``locale`` is the language of the text around it (the member's, else the active one).
    Japanese: family name and 様; さん only where not ``formal``. Chinese: the full name with
    先生 or 女士 where the gender is known, bare otherwise; informally the given name alone.
    Elsewhere the given name; formally the full one, since no title is safe to guess. A chosen
    display name always wins where not ``formal``.
    """
    language = _language(locale or getattr(person, "locale", ""))
    family, given = person.family_name.strip(), person.given_name.strip()
    display = person.display_name.strip()
    full = get_full_name(person, locale)
    if language.startswith("ja"):
        name = display if display and not formal else family or given or display
        return f"{name}{'様' if formal else 'さん'}" if name else ""
    if not formal:
        return display or given or family
    if language.startswith("zh") and _is_east_asian(full):
        title = {"male": "先生", "female": "女士"}.get(person.gender, "")
        return f"{full}{title}"
    return full or display


def get_titled_name(person):
    """As staff write of them, in the active language: "星野雪様", "王小明先生", "Mei Wong".

    "" where no name is known.
    """
    full, language = get_full_name(person), _language(None)
    if full and language.startswith("ja"):
        return f"{full}様"
    if language.startswith("zh"):
        return get_greeting_name(person, language, formal=True)
    return full


def get_greeting(person, locale=None, *, formal=False):
    """ "Hello Mei", "王小明先生，您好", "山田様" as one translated line."""
    name = get_greeting_name(person, locale, formal=formal)
    if not name:
        return _("Welcome")
    return _("Hello, %(name)s") % {"name": name}


def mask_name(person, locale=None):
    """A name as winners are listed, in the manner of the person's own language: 王*明, 山*様,
    "E*** W***". The number of signs tells nothing of the name's length.
    """
    language = _language(locale or getattr(person, "locale", ""))
    family, given = person.family_name.strip(), person.given_name.strip()
    full = get_full_name(person, locale)
    if not full:
        return "***"
    if language.startswith("ja"):
        return f"{(family or full)[0]}*様"
    if _is_east_asian(full):
        return f"{full[0]}*{full[-1] if len(family + given) > 2 else ''}"
    return " ".join(f"{word[0]}***" for word in full.split()[:2])


def format_number(number):
    """``482109375514`` → ``4821 0937 5514``."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
