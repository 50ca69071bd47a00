from django.db import models


class OptionalEmailField(models.EmailField):
    """An e-mail address, lower-cased; nothing is NULL, never "" (several may lack one)."""

    def __init__(self, *args, **kwargs):
        kwargs.update(null=True, blank=True, max_length=254)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return (value or "").strip().lower() or None


class OptionalPhoneField(models.CharField):
    """A phone number in E.164 (``+14155550123``); nothing is NULL, never ""."""

    def __init__(self, *args, **kwargs):
        kwargs.update(null=True, blank=True, max_length=16)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        return super().get_prep_value(value) or None
