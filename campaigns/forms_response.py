"""Forms of the pages that messages lead to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.services.unsubscribing import LeavingReason
from members.forms_privacy import AnswersForm
from members.purposes import MESSAGES


class LeavingForm(forms.Form):
    """Why, where somebody wants to say so."""

    reason = forms.ChoiceField(
        label=_("Would you tell us why?"),
        required=False,
        choices=[("", _("I'd rather not say")), *LeavingReason.choices],
        widget=forms.RadioSelect,
    )


class PreferencesForm(AnswersForm):
    """What the club may write about, by which channel."""

    group = MESSAGES
