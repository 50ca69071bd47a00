"""Forms of the privacy pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from members.enums import Channel
from members.models import Consent
from members.purposes import DATA, MESSAGES, Purpose, list_asked
from members.services.consents import BY_STAFF, Answer


def list_offered_channels(purpose: Purpose) -> list[str]:
    """Those of the purpose that the club has: LINE and WeChat once they are connected."""
    providers = settings.SOCIALACCOUNT_PROVIDERS
    connected = {
        Channel.LINE: settings.LINE_CHANNEL_ACCESS_TOKEN or providers.get("line", {}).get("APPS"),
        Channel.WECHAT: settings.WECHAT_APP_SECRET or providers.get("weixin", {}).get("APPS"),
    }
    return [channel for channel in purpose.channels if connected.get(Channel(channel), True)]


class AnswersForm(forms.Form):
    """One box for each purpose, or for each of its channels. ``group`` narrows the purposes."""

    group = ""

    def __init__(self, standing: dict[tuple[str, str], Consent], data: Any = None):
        super().__init__(data)
        self.standing = standing
        for purpose in list_asked(self.group):
            channels = list_offered_channels(purpose)
            given = [channel for channel in channels if self._is_given(purpose.code, channel)]
            if purpose.group == MESSAGES:
                self.fields[purpose.code] = forms.MultipleChoiceField(
                    label=purpose.name,
                    help_text=purpose.wording,
                    choices=[(channel, Channel(channel).label) for channel in channels],
                    widget=forms.CheckboxSelectMultiple,
                    required=False,
                    initial=given,
                )
            else:
                self.fields[purpose.code] = forms.BooleanField(
                    label=purpose.name,
                    help_text=purpose.wording,
                    required=False,
                    initial=bool(given),
                )

    def _is_given(self, purpose, channel):
        row = self.standing.get((purpose, channel))
        return row is not None and row.is_given

    def get_answers(self) -> list[Answer]:
        answers = []
        for purpose in list_asked(self.group):
            value = self.cleaned_data[purpose.code]
            answers += [
                Answer(
                    purpose.code, channel, channel in value if purpose.group == MESSAGES else value
                )
                for channel in list_offered_channels(purpose)
            ]
        return answers

    @property
    def message_fields(self):
        return [self[purpose.code] for purpose in list_asked(MESSAGES)]

    @property
    def data_fields(self):
        return [self[purpose.code] for purpose in list_asked(DATA)]


class GuardianForm(forms.Form):
    """Whom to ask."""

    name = forms.CharField(
        label=_("Name of your parent or guardian"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("Their e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("We send them a link, and use the address for nothing else."),
    )


class StaffAnswerForm(forms.Form):
    """What a member said at the counter, on the phone, or signed."""

    purpose = forms.ChoiceField(label=_("What for"))
    channel = forms.ChoiceField(
        label=_("Channel"), choices=Channel.choices, initial=Channel.ANY,
        help_text=_("“Any” stands for all of them."),
    )  # fmt: skip
    is_given = forms.TypedChoiceField(
        label=_("Answer"),
        choices=[("1", _("Agrees")), ("0", _("Does not agree, or no longer"))],
        coerce=lambda value: value == "1",
    )
    source = forms.ChoiceField(
        label=_("Said"), choices=[(source.value, source.label) for source in BY_STAFF]
    )
    said_on = forms.DateField(
        label=_("On"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Where it was earlier: the date of a signed form."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [
            (purpose.code, f"{purpose.name}: {purpose.wording}") for purpose in list_asked()
        ]

    def get_answer(self) -> Answer:
        cleaned = self.cleaned_data
        return Answer(cleaned["purpose"], cleaned["channel"], cleaned["is_given"])


class StaffErasureForm(forms.Form):
    """A member asked at the counter, on the phone or by letter to be forgotten."""

    reason = forms.CharField(
        label=_("Who asked, and how you know that it was them"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Deleted with the erasure."),
    )
