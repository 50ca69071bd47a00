"""The terms of an act for many."""

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form, dress_translation, name_language
from core.words import key_of, list_translations
from members.models import Audience
from rewards.admin.forms import build_date_field
from rewards.enums import BulkKind
from rewards.models import BulkAct, Tier


class BulkForm(forms.Form):
    """``get_terms`` is what ``draft_bulk`` takes; what a kind doesn't need is left alone."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[
            (BulkKind.GRANT, _("Give points to each")),
            (BulkKind.EXPIRY, _("Let points live longer")),
            (BulkKind.TIER, _("Keep tiers, or give one")),
        ],
    )
    audience = forms.ModelChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("For"), empty_label=None
    )
    points = forms.IntegerField(
        label=_("Points for each"), required=False, min_value=1, max_value=10**9,
        help_text=_("For a gift of points."),
    )  # fmt: skip
    until_on = build_date_field(
        _("Until, that day included"),
        required=False,
        help_text=_(
            "The last usable day of the points, or of the tier. For a gift it may stay empty: then"
            " as the programme says."
        ),
    )
    tier = forms.ModelChoiceField(
        Tier.objects.none(), label=_("Tier"), required=False,
        empty_label=_("Each keeps the tier they have"),
    )  # fmt: skip
    public_reason = forms.CharField(
        label=_("Public reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A sentence that members read in their notice and in their statement."),
    )
    note = forms.CharField(
        label=_("Note for staff"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tier"].queryset = Tier.objects.filter(rank__gt=0).order_by("rank")
        for language in list_translations():
            label = _("Public reason: %(language)s") % {"language": name_language(language)}
            field = forms.CharField(
                label=label, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
            )
            self.fields[key_of("public_reason", language)] = dress_translation(field, language)
        self.fields["note"] = self.fields.pop("note")  # last
        dress_form(self)

    @classmethod
    def get_initial(cls, act: BulkAct) -> dict:
        return {
            "kind": act.kind, "audience": act.audience_id, "points": act.points,
            "until_on": act.until_on, "tier": act.tier_id, "public_reason": act.public_reason,
            "note": act.note, **(act.i18n or {}),
        }  # fmt: skip

    def clean(self):
        data = super().clean()
        if data.get("kind") == BulkKind.GRANT and not data.get("points"):
            self.add_error("points", _("How many points for each?"))
        if data.get("kind") in (BulkKind.EXPIRY, BulkKind.TIER) and not data.get("until_on"):
            self.add_error("until_on", _("Until which day?"))
        return data

    def get_terms(self):
        keys = {key_of("public_reason", language) for language in list_translations()}
        terms = {name: value for name, value in self.cleaned_data.items() if name not in keys}
        return terms | {"i18n": {key: self.cleaned_data[key] for key in keys}}
