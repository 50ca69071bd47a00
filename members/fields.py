from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from members.contacts import InvalidPhone, clean_phone
from members.selectors.club import get_club


class PhoneField(forms.CharField):
    """A phone number as people write it; cleaned to E.164 with the club's country as default."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Phone number"))
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def clean(self, value):
        value = super().clean(value)
        if not value:
            return value
        try:
            return clean_phone(value, get_club().country)
        except InvalidPhone as error:
            raise ValidationError(str(error), code=error.code) from error
