"""Several words in one line."""

import pytest
from django.utils.translation import override

from core.joining import end_once, join_comma, join_semicolon, join_sentences


@pytest.mark.parametrize(
    ("language", "commas", "semicolons"),
    [
        ("en", "Oolong, Sencha", "Oolong; Sencha"),
        ("ja", "Oolong、Sencha", "Oolong；Sencha"),
        ("zh-hans", "Oolong、Sencha", "Oolong；Sencha"),
        ("zh-hant", "Oolong、Sencha", "Oolong；Sencha"),
    ],
)
def test_words_are_joined_as_the_language_does(language, commas, semicolons):
    words = ["Oolong", "Sencha"]
    with override(language):
        assert (join_comma(words), join_semicolon(words)) == (commas, semicolons)
        assert join_comma([]) == ""


@pytest.mark.parametrize(
    ("language", "spoken"), [("en", "You won. It is yours."), ("ja", "You won。It is yours.")]
)
def test_sentences_follow_one_another(language, spoken):
    with override(language):
        assert join_sentences(["You won", "It is yours."]) == spoken


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("It left at 10 a.m..", "It left at 10 a.m."),
        ("Until 3 p.m.. Then no more.", "Until 3 p.m. Then no more."),
        ("It left at noon.", "It left at noon."),
        ("Wait...", "Wait..."),
    ],
)
def test_a_sentence_ends_once(said, meant):
    assert end_once(said) == meant
