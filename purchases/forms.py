from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members.selectors.club import get_club
from purchases.models import Source
from purchases.parsing.columns import FIELDS, parse_mapping
from purchases.parsing.files import ENCODINGS, inspect_file
from purchases.parsing.typed import read_typed_amount


class UploadForm(forms.Form):
    """The first step of an import: which file, from where."""

    source = forms.ModelChoiceField(
        Source.objects.select_related("default_store").order_by("name"), label=_("Source")
    )
    file = forms.FileField(label=_("File"), help_text=_("CSV, plain or gzip."))
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("detect")), *((name, name.upper()) for name in sorted(ENCODINGS))],
    )

    def clean(self):
        data = super().clean()
        if file := data.get("file"):
            try:
                inspect_file(
                    file, encoding=data.get("encoding", ""), max_bytes=settings.IMPORT_MAX_BYTES
                )
            except DomainError as error:
                self.add_error("file", str(error))
        return data


class MappingForm(forms.Form):
    """The second step: which column is which field. Several columns are joined with “+”."""

    def __init__(self, *args, header, mapping=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.header = header
        for field in FIELDS:
            self.fields[field] = forms.CharField(
                label=field,
                required=False,
                initial="+".join((mapping or {}).get(field, ())),
            )

    def clean(self):
        data = super().clean()
        for field in FIELDS:
            value = data.get(field)
            if value and value not in self.header:
                for column in value.split("+"):
                    if column not in self.header:
                        self.add_error(field, _("The file has no column “%s”.") % column)
        return data

    def get_mapping(self) -> dict[str, list[str]]:
        return {
            field: [value] if value in self.header else parse_mapping([f"{field}={value}"])[field]
            for field in FIELDS
            if (value := self.cleaned_data.get(field))
        }


class ReceiptClaimForm(forms.Form):
    """What is on the paper of a purchase that was made without the card."""

    number = forms.CharField(
        label=_("Number of the receipt"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    total = forms.CharField(
        label=_("Total"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )
    purchased_on = forms.DateField(
        label=_("Day of the purchase"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_total(self):
        text = self.cleaned_data["total"].strip()
        if not text:
            return None
        try:
            return read_typed_amount(text, get_club().currency)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
