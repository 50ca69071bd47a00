"""What a member says when they give."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.percent import format_percent

_LONGEST_KEY = 60
PRESETS = (100, 300, 500, 1000)
SHARES = (1, 5, 10, 20, 50, 100)


class _KeyedForm(forms.Form):
    """A key makes a repeated press harmless."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=_LONGEST_KEY)
    is_named = forms.BooleanField(
        label=_("Thank me on the wall"),
        help_text=_("With a name that is half hidden. Without the tick you stay anonymous."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("auto_id", f"{self.__class__.__name__.lower()}_%s")
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid.uuid4().hex)


class DonateForm(_KeyedForm):
    """One of the amounts at hand, or any other."""

    preset = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None,
        choices=[(number, str(number)) for number in PRESETS],
    )  # fmt: skip
    points = forms.IntegerField(
        label=_("Another amount"),
        required=False,
        min_value=1,
        max_value=10**9,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not (data.get("points") or data.get("preset")):
            self.add_error("points", _("Choose how many points you give."))
        return data

    def get_points(self) -> int:
        """What was typed counts before what was ticked."""
        return self.cleaned_data["points"] or self.cleaned_data["preset"]


class RoundForm(_KeyedForm):
    seen_points = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class ShareForm(forms.Form):
    share_percent = forms.TypedChoiceField(
        label=_("Share of the points I earn"),
        coerce=int,
        choices=lambda: [(number, format_percent(number)) for number in SHARES],
        initial=5,
    )
    is_named = forms.BooleanField(label=_("Thank me on the wall"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("auto_id", "share_%s")
        super().__init__(*args, **kwargs)
