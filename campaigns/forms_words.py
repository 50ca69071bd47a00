"""The words of one channel and variant, in every language, as a form."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.enums import PrintFormat
from campaigns.models import Content, MailingPicture
from campaigns.writing.markup import MAX_BODY
from core.photos import PhotoFormField
from core.words import key_of, list_translations
from members.enums import Channel

# Channels whose messages have a subject, and a line below it.
WITH_SUBJECT = {Channel.EMAIL, Channel.ON_SITE, Channel.POST}
WITH_PREHEADER = {Channel.EMAIL}
# In the extras of the words: of a text message to China, and at WeChat.
TEMPLATE_ID, TEMPLATE_FIELDS = "template_id", "template_fields"
_EXTRAS = (TEMPLATE_ID, TEMPLATE_FIELDS)
_LABELS = {
    "subject": pgettext_lazy("of a mail", "subject"),
    "preheader": _("preview line"),
    "body": pgettext_lazy("of a message", "words"),
}


def list_language_codes() -> list[str]:
    """The club's own first."""
    return [settings.LANGUAGE_CODE, *list_translations()]


def name_field(name: str, locale: str) -> str:
    return name if locale == settings.LANGUAGE_CODE else key_of(name, locale)


class WordsForm(forms.Form):
    """Fields ``subject``, ``preheader`` and ``body``, and their translations."""

    def __init__(self, *args, channel: str, content: Content | None = None, **kwargs):
        self.names = ["body"]
        if channel in WITH_PREHEADER:
            self.names.insert(0, "preheader")
        if channel in WITH_SUBJECT:
            self.names.insert(0, "subject")
        super().__init__(*args, **kwargs)
        for locale in list_language_codes():
            for name in self.names:
                field = self._build(name, locale)
                key = name_field(name, locale)
                self.fields[key] = field
                if content is not None:
                    self.initial.setdefault(key, getattr(content, key) or "")
        self.extras = dict(content.extras or {}) if content is not None else {}
        for name, field in _build_extras(channel, self.extras).items():
            self.fields[name] = field

    def _build(self, name: str, locale: str) -> forms.Field:
        model_field = Content._meta.get_field(name)
        attrs = {"lang": locale, "dir": "auto", "data-words": name}
        if name != "body":
            attrs["maxlength"] = str(model_field.max_length)
            return forms.CharField(
                label=_LABELS[name],
                required=False,
                max_length=model_field.max_length,
                widget=forms.TextInput(attrs),
            )
        return forms.CharField(
            label=_LABELS[name],
            required=False,
            max_length=MAX_BODY,
            strip=False,
            widget=forms.Textarea({**attrs, "rows": "18", "spellcheck": "true"}),
        )

    def iter_languages(self):
        """(code, name as its readers call it, its fields) for each language."""
        for locale in list_language_codes():
            fields = [self[name_field(name, locale)] for name in self.names]
            if locale == settings.LANGUAGE_CODE:
                fields += [self[name] for name in _EXTRAS if name in self.fields]
            yield locale, get_language_info(locale)["name_local"], fields

    def get_words(self) -> dict[str, Any]:
        """As the model keeps them: what is empty in a translation isn't kept."""
        own = set(self.names)
        words: dict[str, Any] = {
            key: (value if value.strip() else ("" if key in own else None))
            for key, value in self.cleaned_data.items()
            if key not in _EXTRAS
        }
        if told := {
            name: self.cleaned_data[name].strip() for name in _EXTRAS if name in self.fields
        }:
            words["extras"] = {**self.extras, **told}
        return words


def _build_extras(channel: str, extras: dict[str, Any]) -> dict[str, forms.Field]:
    """What a channel wants beside words."""
    if channel not in (Channel.SMS, Channel.WECHAT):
        return {}
    fields: dict[str, forms.Field] = {
        TEMPLATE_ID: forms.CharField(
            label=_("Id of the approved template"),
            required=False,
            max_length=80,
            initial=extras.get(TEMPLATE_ID, ""),
            help_text=_("China lets no text message through without one.")
            if channel == Channel.SMS
            else _(
                "With one WeChat takes the message at any time; without, only within 48 hours of "
                "what its reader last wrote."
            ),
        )
    }
    if channel == Channel.WECHAT:
        fields[TEMPLATE_FIELDS] = forms.CharField(
            label=_("Fields of the template"),
            required=False,
            max_length=200,
            initial=extras.get(TEMPLATE_FIELDS, ""),
            help_text=_(
                "In their order, such as thing1, amount2: each line of the words fills the next "
                "one. A line with a link is where the message leads."
            ),
        )
    return fields


class LookForm(forms.Form):
    """As whom, in which language and on what the preview is looked at; what isn't said is usual."""

    WIDTHS = (
        ("390", pgettext_lazy("screen", "Phone")),
        ("640", pgettext_lazy("screen", "Desktop")),
    )
    SCHEMES = (("light", _("Light")), ("dark", _("Dark")))
    USUAL = {
        "language": settings.LANGUAGE_CODE,
        "width": "640",
        "scheme": "light",
        "paper": PrintFormat.LETTER_A4,
    }

    member = forms.CharField(
        label=_("as the member"),
        required=False,
        max_length=120,
        help_text=_("Name, number or e-mail address. Empty: an example."),
    )
    language = forms.ChoiceField(label=_("language"), required=False)
    width = forms.ChoiceField(
        label=_("width"), choices=WIDTHS, required=False, widget=forms.RadioSelect
    )
    scheme = forms.ChoiceField(
        label=_("colours"), choices=SCHEMES, required=False, widget=forms.RadioSelect
    )
    paper = forms.ChoiceField(label=_("printed on"), choices=PrintFormat, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [
            (code, get_language_info(code)["name_local"]) for code in list_language_codes()
        ]
        self.initial = {**self.USUAL, **self.initial}

    def clean(self):
        return {
            name: value or self.USUAL.get(name, "") for name, value in self.cleaned_data.items()
        }


class PictureForm(forms.Form):
    """A picture for the words, with what it shows: both are wanted."""

    photo = PhotoFormField(label=_("picture"), max_length=None)
    description = forms.CharField(
        label=MailingPicture._meta.get_field("description").verbose_name,
        max_length=200,
        help_text=MailingPicture._meta.get_field("description").help_text,
    )
