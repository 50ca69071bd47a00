from django import forms
from django.utils.translation import gettext_lazy as _

LINK, NUMBER, EMAIL = "link", "number", "email"


class InvitationForm(forms.Form):
    """One of three ways to invite; the button that is pressed says which."""

    number = forms.CharField(
        label=_("Membership number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("They see the invitation when they log in."),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("They get a link; they may join the club by it first."),
    )

    def __init__(self, *args, way="", **options):
        super().__init__(*args, **options)
        self.way = way

    def clean(self):
        cleaned = super().clean()
        if self.way in (NUMBER, EMAIL) and not self.errors and not cleaned.get(self.way):
            self.add_error(self.way, _("This is needed."))
        return cleaned

    def get_arguments(self):
        if self.way in (NUMBER, EMAIL):
            return {self.way: self.cleaned_data[self.way]}
        return {}


class AnswerForm(forms.Form):
    """Joining a household; pooling is agreed to apart."""

    pools_points = forms.BooleanField(
        label=_("I agree that the others use my points, and I theirs"),
        required=False,
        help_text=_("Only among those who agreed too. You can stop at any time."),
    )
