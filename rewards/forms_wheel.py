"""What members send to a wheel."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SpinForm(forms.Form):
    """The press: the key that the page was given, and the price that stood beside it."""

    key = forms.CharField(max_length=200, widget=forms.HiddenInput)
    with_points = forms.BooleanField(required=False, widget=forms.HiddenInput)
    seen_points = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class SeedForm(forms.Form):
    """A player's own seed; the service says which ones do."""

    seed = forms.CharField(
        label=_("My seed"),
        min_length=8,
        max_length=64,
        strip=True,
        help_text=_("8 to 64 Latin letters, digits or signs, without spaces."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
