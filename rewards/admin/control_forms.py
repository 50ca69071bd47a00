"""Forms for what staff give, take and decide by hand."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form
from rewards.admin.forms import MoneyMixin, build_date_field, build_money_field
from rewards.enums import AdjustmentReason
from rewards.models import ActLimit, Tier
from rewards.selectors.control import get_kind_label

GIVE, TAKE = "give", "take"


class ReasonForm(forms.Form):
    """Why staff give or take something, for the member and for staff. ``key`` makes a double
    press one act.
    """

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", "–"), *AdjustmentReason.choices],
        help_text=_("The member reads it."),
    )
    note = forms.CharField(
        label=_("Note for staff"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Members don't see it."),
    )
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        kwargs["initial"] = {"key": uuid.uuid4().hex, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        dress_form(self)

    def clean(self):
        data = super().clean()
        if data.get("reason") == AdjustmentReason.OTHER and not data.get("note", "").strip():
            self.add_error("note", _("“Another reason” needs a note."))
        return data


class AdjustmentForm(ReasonForm):
    """``get_terms`` is what ``adjust_points`` takes."""

    field_order = ("way", "points", "reason", "expires_on", "owes_missing", "note")
    way = forms.ChoiceField(
        label=_("What"), choices=[(GIVE, _("Give points")), (TAKE, _("Take points"))]
    )
    points = forms.IntegerField(label=_("Points"), min_value=1, max_value=10**12)
    expires_on = build_date_field(
        _("Last usable day"),
        required=False,
        help_text=_("For points given. Empty: as the programme says."),
    )
    owes_missing = forms.BooleanField(
        label=_("What is missing is owed"),
        required=False,
        help_text=_("For points taken. Else it is refused where the member has fewer."),
    )

    def get_terms(self):
        data = self.cleaned_data
        gives = data["way"] == GIVE
        return {
            "points": data["points"] if gives else -data["points"],
            "reason": data["reason"],
            "note": data["note"],
            "expires_on": data["expires_on"] if gives else None,
            "owes_missing": data["owes_missing"] and not gives,
            "key": f"staff:{data['key']}",
        }


class CreditForm(MoneyMixin, ReasonForm):
    """``get_terms`` is what ``give_credit_by_hand`` takes."""

    field_order = ("amount", "reason", "note")
    money_fields = ("amount",)
    amount = build_money_field(_("Amount"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.set_up_money()

    def clean_amount(self):
        if self.cleaned_data["amount"] <= 0:
            raise forms.ValidationError(_("Name an amount above zero."))
        return self.cleaned_data["amount"]

    def get_terms(self):
        return {
            "amount": self.to_minor("amount"),
            "reason": self.cleaned_data["reason"],
            "note": self.cleaned_data["note"],
            "key": f"staff:{self.cleaned_data['key']}",
        }


class TierDecisionForm(forms.Form):
    """A tier, and the last day on which it stands whatever the status credits say."""

    tier = forms.ModelChoiceField(Tier.objects.none(), label=_("Tier"))
    until = build_date_field(_("Until, that day included"))
    note = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the audit trail; members don't see it."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tier"].queryset = Tier.objects.filter(rank__gt=0).order_by("rank")
        dress_form(self)


class DecisionForm(forms.Form):
    """A word with an approval or a refusal."""

    note = forms.CharField(
        label=_("Note for who asked"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


class ActLimitForm(forms.ModelForm):
    class Meta:
        model = ActLimit
        fields = [
            "per_act", "per_actor_day", "per_member_day", "per_pair_day", "approve_act",
            "approve_day",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.help_text = _("Empty: without a limit. 0: never alone.")

    @property
    def label(self):
        return get_kind_label(self.instance.kind)
