"""The contact form: for members a text, for others a way to answer them as well."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import Member
from surveys.forms_typed import WordsField
from surveys.models import TEXT_LENGTH
from surveys.models.follow_up import NAME_LENGTH


class ContactForm(forms.Form):
    """``website`` is seen by nobody: what fills it in is a program (``is_trapped``)."""

    name = forms.CharField(
        label=_("Your name"), max_length=NAME_LENGTH, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We answer to it, and use it for nothing else."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": _("Without an address we can't answer.")},
    )
    text = WordsField(
        label=_("Your message"), max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        error_messages={
            "required": _("Write what it is about."),
            "max_length": _("This is longer than we can keep: %(limit_value)s characters at most."),
        },
    )  # fmt: skip
    website = forms.CharField(
        required=False, max_length=2000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )  # fmt: skip

    def __init__(self, *args: Any, member: Member | None, **kwargs: Any):
        kwargs.setdefault("auto_id", "contact_%s")
        super().__init__(*args, **kwargs)
        if member is not None:
            del self.fields["name"], self.fields["email"]

    @property
    def is_trapped(self) -> bool:
        return bool(self.data.get("website"))
