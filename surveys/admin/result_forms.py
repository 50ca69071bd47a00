"""What staff choose on the page of results."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.selectors.results import MONTH, QUARTER, WEEK, Filters, list_filter_choices

_DAY = {"type": "date"}


class FilterForm(forms.Form):
    """Every field may be empty; what makes no sense is left out. ``choices`` are those that are
    offered, so that a page can name them.
    """

    first_on = forms.DateField(
        label=pgettext_lazy("first day", "From"), required=False,
        widget=forms.DateInput(attrs=_DAY),
    )  # fmt: skip
    last_on = forms.DateField(
        label=pgettext_lazy("last day", "Until"), required=False,
        widget=forms.DateInput(attrs=_DAY),
    )  # fmt: skip
    store = forms.ChoiceField(label=_("Store"), required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    division = forms.ChoiceField(
        label=_("Over time by"), required=False,
        choices=[(MONTH, _("month")), (WEEK, _("week")), (QUARTER, _("quarter"))],
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.choices = list_filter_choices()
        for name, choices in self.choices.items():
            self.fields[name].choices = [("", _("all")), *choices]

    def clean(self):
        told = super().clean()
        first, last = told.get("first_on"), told.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day lies before the first."))
        return told

    def get_filters(self) -> Filters:
        self.is_valid()
        told = getattr(self, "cleaned_data", {})  # what makes no sense is not among it

        def read_id(name):
            return int(told[name]) if told.get(name) else None

        return Filters(
            first_on=told.get("first_on"),
            last_on=told.get("last_on"),
            store_id=read_id("store"),
            tier=told.get("tier") or "",
            audience_id=read_id("segment"),
            theme_id=read_id("theme"),
            division=told.get("division") or MONTH,
        )


class AnonymousFilterForm(FilterForm):
    """Of an anonymous survey only the words are narrowed, by what staff themselves said of them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - {"theme"}:
            del self.fields[name]
