"""The field that people write words into."""

from typing import Any

from django import forms

from surveys.engine.typed import clean_words


class WordsField(forms.CharField):
    """Judged as it is kept: line breaks count once, as in the browser."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return clean_words(super().to_python(value) or "")
