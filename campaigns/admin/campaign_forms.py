"""The terms of a campaign, and of what it tests."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget

from campaigns.enums import MailingPurpose, Reach, WinnerRule
from campaigns.models import PLAIN_VARIANT, Campaign
from campaigns.reach import list_offered
from campaigns.services.campaigns import MOST_VARIANTS, Terms, VariantTerms
from campaigns.services.campaigns.drafting import STALE_AFTER_HOURS
from core.admin import dress_form
from core.money import get_exponent, to_decimal
from members.enums import AudienceKind, Channel
from members.models import Audience
from members.selectors.club import get_club

_HOURS = [("", "–"), *((hour, f"{hour:02d}:00") for hour in range(24))]
_FIRST = 2
# What a marketer chooses most often comes first.
_KINDS = ("segment", "tier", "list", "club", "plan")
_CODES = [chr(ord(PLAIN_VARIANT) + place) for place in range(MOST_VARIANTS)]


class CampaignForm(forms.Form):
    """``get_terms`` is what ``draft_campaign`` and ``change_campaign`` take."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), max_length=120,
        help_text=_("For staff; members never see it."),
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label=_("What it is for"), choices=MailingPurpose, initial=MailingPurpose.OFFERS,
        help_text=_("Only members who agreed to this are written to; of service, everybody."),
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        label=_("Channels"), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    reach = forms.ChoiceField(label=_("Of several channels"), choices=Reach, initial=Reach.FIRST)
    audiences = forms.ModelMultipleChoiceField(
        Audience.objects.select_related("segment").order_by("name"), label=_("To members of"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )  # fmt: skip
    excluded = forms.ModelMultipleChoiceField(
        Audience.objects.select_related("segment").exclude(kind=AudienceKind.EVERYONE)
        .order_by("name"), label=_("But not to members of"),
        required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )  # fmt: skip
    starts_at = forms.DateTimeField(
        label=_("Starts"), required=False, help_text=_("Empty: as soon as it is released."),
        widget=forms.DateTimeInput(
            {"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, "%Y-%m-%dT%H:%M"
        ),
    )  # fmt: skip
    stale_after_hours = forms.IntegerField(
        label=_("Too late after (hours)"), required=False, min_value=1, max_value=24 * 60,
        initial=STALE_AFTER_HOURS,
        help_text=_("What could not leave by then is not sent. Empty: never too late."),
    )  # fmt: skip
    is_festive = forms.BooleanField(
        label=_("Congratulations or wishes"), required=False,
        help_text=_("A household in mourning doesn't get them."),
    )  # fmt: skip
    holdout_percent = forms.IntegerField(
        label=_("Control group (%)"), min_value=0, max_value=50, initial=0,
        help_text=_("This share hears nothing, to show what the others did because of it."),
    )  # fmt: skip
    attribution_days = forms.IntegerField(
        label=_("Days that count"), min_value=1, max_value=90, initial=7,
        help_text=_("Purchases within so many days after the message are put down to it."),
    )  # fmt: skip
    budget = forms.DecimalField(
        label=_("Other costs"), min_value=0, max_digits=14, initial=0,
        help_text=_("Print, artwork, prizes: added to what the channels cost."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["channels"].choices = [  # type: ignore[attr-defined]  # stubs know no choices
            (code, label) for code, label in Channel.choices if code in list_offered()
        ]
        self.fields["budget"].label = f"{self.fields['budget'].label} ({get_club().currency})"
        dress_form(self)

    def iter_whom(self):
        """Both lists of audiences in their groups: those chosen and everyone, the rest by kind."""
        for name in ("audiences", "excluded"):
            first, rest = [], {kind: [] for kind in AudienceKind.values}
            for box in self[name]:
                audience = box.data["value"].instance
                segment = getattr(audience, "segment", None)
                row = box, segment.member_count if segment and segment.built_at else None
                is_first = box.data["selected"] or audience.kind == AudienceKind.EVERYONE
                (first if is_first else rest[audience.kind]).append(row)
            first.sort(key=lambda row: not row[0].data["selected"])
            groups = [("", first), *((AudienceKind(kind).label, rest[kind]) for kind in _KINDS)]
            yield self[name], [group for group in groups if group[1]]

    @staticmethod
    def get_initial(campaign: Campaign) -> dict[str, Any]:
        mailing = campaign.mailing
        rows = list(campaign.audience_rows.all())
        return {
            "name": mailing.name,
            "purpose": mailing.purpose,
            "channels": mailing.channels,
            "reach": mailing.reach,
            "audiences": [row.audience_id for row in rows if not row.is_excluded],
            "excluded": [row.audience_id for row in rows if row.is_excluded],
            "starts_at": campaign.starts_at,
            "stale_after_hours": mailing.stale_after_hours,
            "is_festive": mailing.is_festive,
            "holdout_percent": campaign.holdout_percent,
            "attribution_days": campaign.attribution_days,
            "budget": to_decimal(campaign.budget_amount, get_club().currency),
        }

    def get_terms(self, campaign: Campaign | None) -> Terms:
        data = dict(self.cleaned_data)
        budget: Decimal = data.pop("budget")
        kept = {
            name: getattr(campaign, name)
            for name in ("test_percent", "winner_rule", "decide_after_hours")
            if campaign is not None
        }
        return Terms(
            **data, **kept, budget_amount=int(budget.scaleb(get_exponent(get_club().currency)))
        )


class ExperimentForm(forms.Form):
    """Variants by letter, each with its share, and how the winner is found."""

    test_percent = forms.IntegerField(
        label=_("Share that is tested first (%)"), min_value=1, max_value=100, initial=100,
        help_text=_("100: everybody is divided at once. Below it the rest gets the winner."),
    )  # fmt: skip
    winner_rule = forms.ChoiceField(
        label=_("The winner"), choices=WinnerRule, initial=WinnerRule.HAND,
        help_text=_("Opens are shown and never decide: machines open mails too."),
    )  # fmt: skip
    decide_after_hours = forms.IntegerField(
        label=_("Decided after (hours)"), min_value=1, max_value=24 * 30, initial=24
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for code in _CODES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("What is different"), required=False, max_length=120
            )
            self.fields[f"weight_{code}"] = forms.IntegerField(
                label=_("Share"), required=False, min_value=0, max_value=1000,
                help_text=_("In proportion: 1 and 1 are half each."),
            )  # fmt: skip
            self.fields[f"hour_{code}"] = forms.TypedChoiceField(
                label=_("Hour of the day"), required=False, choices=_HOURS, coerce=int,
                empty_value=None,
            )  # fmt: skip
        dress_form(self)

    def clean(self):
        """What somebody wrote of a variant doesn't vanish because its share stayed empty."""
        for code in _CODES:
            written = self.cleaned_data.get(f"name_{code}"), self.cleaned_data.get(f"hour_{code}")
            share = f"weight_{code}"
            if written != ("", None) and self.cleaned_data.get(share, 0) is None:
                self.add_error(share, _("Give it a share, or 0 if it is not to be used."))

    def iter_first(self):
        """A letter and its three fields: the two that most tests take."""
        return self._iter_variants(_CODES[:_FIRST])

    def iter_more(self):
        return self._iter_variants(_CODES[_FIRST:])

    def has_more(self):
        return any(self[f"weight_{code}"].value() for code in _CODES[_FIRST:])

    def _iter_variants(self, codes):
        for code in codes:
            yield code, [self[f"{name}_{code}"] for name in ("name", "weight", "hour")]

    def iter_rules(self):
        return [self[name] for name in ("test_percent", "winner_rule", "decide_after_hours")]

    @staticmethod
    def get_initial(campaign: Campaign) -> dict[str, Any]:
        initial = {
            name: getattr(campaign, name)
            for name in ("test_percent", "winner_rule", "decide_after_hours")
        }
        for each in campaign.variants.all():
            initial |= {
                f"name_{each.code}": each.name,
                f"weight_{each.code}": each.weight,
                f"hour_{each.code}": each.hour,
            }
        return initial

    def get_rules(self) -> dict[str, Any]:
        """How the winner is found, as terms of the campaign."""
        return {field.name: self.cleaned_data[field.name] for field in self.iter_rules()}

    def get_variants(self) -> list[VariantTerms]:
        data = self.cleaned_data
        return [
            VariantTerms(code, data[f"name_{code}"], data[f"weight_{code}"], data[f"hour_{code}"])
            for code in _CODES
            if data[f"weight_{code}"]
        ]
