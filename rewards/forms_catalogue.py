from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from rewards.selectors.catalogue import RECOMMENDED, SORTS, Wanted
from rewards.selectors.offers import SHELVES

_OF_MEMBERS = ("reach", "early", "wished")


class CatalogueForm(forms.Form):
    """What somebody looks for in the catalogue. Whatever can't be read is left aside."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    sort = forms.ChoiceField(
        label=_("Sort by"),
        required=False,
        choices=[(key, label) for key, (label, _o) in SORTS.items()],
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", _("Any")), *((key, label) for key, (label, *_rest) in SHELVES.items())],
    )
    least = forms.IntegerField(label=_("Points from"), required=False, min_value=0)
    most = forms.IntegerField(label=_("Points to"), required=False, min_value=0)
    reach = forms.BooleanField(label=_("What I can have now"), required=False)
    early = forms.BooleanField(label=_("Early access"), required=False)
    wished = forms.BooleanField(label=_("My wish list"), required=False)
    category = forms.SlugField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, is_member: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        if not is_member:
            for name in _OF_MEMBERS:
                del self.fields[name]

    def get_wanted(self) -> Wanted:
        self.is_valid()
        data = self.cleaned_data
        shelf = SHELVES.get(data.get("kind") or "")
        return Wanted(
            text=data.get("q", ""),
            kinds=shelf[2] if shelf else (),
            category=data.get("category", ""),
            is_affordable=data.get("reach", False),
            is_wished=data.get("wished", False),
            is_early=data.get("early", False),
            min_points=data.get("least"),
            max_points=data.get("most"),
            sort=data.get("sort") or RECOMMENDED,
        )

    def count_narrowed(self) -> int:
        """How many of the folded filters are in use."""
        names = ("kind", "least", "most", *_OF_MEMBERS)
        return sum(bool(self.cleaned_data.get(name)) for name in names)
