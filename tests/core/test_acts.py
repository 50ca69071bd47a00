"""What acts are called."""

import pytest
from django.contrib import admin  # noqa: F401  (its pages tell the names)
from django.utils.translation import override

from core.acts import name_act


@pytest.mark.parametrize(
    ("language", "code", "words"),
    [
        ("en", "reward.published", "Reward published"),
        ("ja", "reward.published", "特典を公開"),
        ("zh-hant", "member.enrolled", "登錄入會"),
        ("en", "redemption.viewed", "Data looked at"),
        ("ja", "nobody.told", "nobody.told"),
    ],
)
def test_an_act_has_words_in_the_reader_s_language(language, code, words):
    with override(language):
        assert name_act(code) == words
