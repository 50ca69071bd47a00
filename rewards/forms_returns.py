"""What staff fill in where goods come back."""

import uuid
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form
from purchases.incoming import write_quantity
from rewards.enums import LateReason, RefundKind
from rewards.services.returns import ReturnedPart


class ReturnForm(forms.Form):
    """Quantities by line, how it is settled, and for a late one why.

    ``lines`` are purchase lines with ``left_quantity``; ``late_days`` is what the service counts.
    """

    kind = forms.ChoiceField(
        label=_("Settle as"), choices=RefundKind, widget=forms.RadioSelect, initial=RefundKind.MONEY
    )
    late_reason = forms.ChoiceField(label=_("Reason of the exception"), required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only staff see it."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args, lines, late_days, has_member, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"line_{line.position}"] = forms.CharField(
                required=False,
                label=_("Quantity that came back"),
                widget=forms.TextInput(
                    attrs={"inputmode": "decimal", "size": 5, "autocomplete": "off"}
                ),
            )
        if late_days:
            self.fields["late_reason"].required = True
            self.fields["late_reason"].choices = [("", "–"), *LateReason.choices]
        else:
            del self.fields["late_reason"]
        if not has_member:
            self.fields["kind"].choices = [(RefundKind.MONEY, RefundKind.MONEY.label)]
        dress_form(self)

    def clean(self):
        data = super().clean()
        self.parts = []
        for line in self.lines:
            name = f"line_{line.position}"
            text = (data.get(name) or "").strip()
            if not text:
                continue
            try:
                quantity = Decimal(text)
            except InvalidOperation:
                self.add_error(name, _("This is no quantity."))
                continue
            if not quantity.is_finite() or quantity < 0:
                self.add_error(name, _("This is no quantity."))
            elif quantity > line.left_quantity:
                left = write_quantity(line.left_quantity)
                self.add_error(name, _("Only %(left)s are left.") % {"left": left})
            elif quantity:
                self.parts.append(ReturnedPart(line.position, quantity))
        if not self.parts and not self.errors:
            raise forms.ValidationError(_("Say what came back."))
        return data

    def rows(self):
        """Each line with its field, for the table."""
        return [(line, self[f"line_{line.position}"]) for line in self.lines]
