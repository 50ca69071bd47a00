"""Several words in one line, joined as the active language joins them."""

from collections.abc import Iterable

from django.utils.translation import get_language


def joins_by_mark() -> bool:
    """Whether marks of the language stand between words, as wide as a character."""
    return (get_language() or "").startswith(("ja", "zh"))


def join_comma(words: Iterable[object]) -> str:
    """ "Oolong, Sencha"; Chinese and Japanese have a mark of their own for lists."""
    return ("、" if joins_by_mark() else ", ").join(map(str, words))


def join_semicolon(words: Iterable[object]) -> str:
    """Longer phrases, which may hold commas themselves."""
    return ("；" if joins_by_mark() else "; ").join(map(str, words))


def join_label(label: object, value: object) -> str:
    """ "Price: 60"; the colon of Chinese and Japanese needs no space."""
    return f"{label}{'：' if joins_by_mark() else ': '}{value}"


def join_sentences(words: Iterable[object]) -> str:
    """Headings and sentences spoken one after the other, each with its full stop."""
    stop = "。" if joins_by_mark() else ". "
    return stop.join(map(str, words))


def end_once(text: object) -> str:
    """A sentence that ends with an English "10 a.m." has its full stop."""
    said = str(text)
    return said[:-1] if said.endswith(".m..") else said.replace(".m.. ", ".m. ")
