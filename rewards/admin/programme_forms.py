"""The terms of the programme, tier by tier, in human words."""

import datetime as dt
from decimal import Decimal

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form, dress_translation, name_language
from core.errors import DomainError
from core.time import day_of
from core.words import key_of, list_translations
from members.selectors.club import get_club
from rewards.admin.forms import build_date_field
from rewards.engine.terms import Level, Programme
from rewards.models import ProgrammeVersion, Standing, Tier
from rewards.services.programme import LevelTerms, check_programme

_TERMS = (
    "tax_included", "expiry_mode", "expiry_months", "expiry_extra_years", "expiry_activities",
    "club_fault_days", "tier_window", "tier_months", "fiscal_start_month", "grace_days",
)  # fmt: skip


# Of a tier, in the club's own words and in every other language.
_BENEFITS = ("benefits", *(key_of("benefits", language) for language in list_translations()))


def _list_lines(text):
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class ProgrammeForm(forms.ModelForm):
    """A new programme version; each tier has three fields of its own."""

    starts_on = build_date_field(_("From"), help_text=_("Tomorrow at the earliest."))
    expiry_activities = forms.CharField(
        label=_("Activities that keep points alive"),
        required=False,
        help_text=_("Codes such as “purchase”, with commas."),
    )
    fiscal_start_month = forms.TypedChoiceField(
        label=_("Fiscal year starts in"), choices=list(MONTHS.items()), coerce=int
    )

    class Meta:
        model = ProgrammeVersion
        fields = ["starts_on", *_TERMS]

    SECTIONS = (
        (_("Points"),
         ("starts_on", "tax_included", "expiry_mode", "expiry_months", "expiry_extra_years",
          "expiry_activities", "club_fault_days")),
        (_("Tier period"), ("tier_window", "tier_months", "fiscal_start_month", "grace_days")),
    )  # fmt: skip

    def __init__(self, *args, newest, now, **kwargs):
        self.newest, self.now = newest, now
        self.tiers = list(Tier.objects.order_by("rank"))
        kwargs.setdefault("initial", self._get_initial())
        super().__init__(*args, **kwargs)
        for tier in self.tiers:
            self._add_tier_fields(tier)
        dress_form(self)

    def _get_initial(self):
        today = day_of(self.now, get_club().zone)
        initial = {"starts_on": today + dt.timedelta(days=1)}
        if self.newest is None:
            return initial | {"starts_on": today}
        initial |= {name: getattr(self.newest, name) for name in _TERMS}
        initial["expiry_activities"] = ", ".join(self.newest.expiry_activities)
        for level in self.newest.levels.all():
            initial[f"threshold_{level.tier_id}"] = level.threshold
            initial[f"multiplier_{level.tier_id}"] = (
                Decimal(level.multiplier_milli) / 1000
            ).normalize()
            for key in _BENEFITS:
                initial[f"{key}_{level.tier_id}"] = "\n".join(map(str, getattr(level, key) or ()))
        return initial

    def _add_tier_fields(self, tier):
        self.fields[f"threshold_{tier.pk}"] = forms.IntegerField(
            label=_("Status credits needed"),
            min_value=0,
            required=False,
            help_text=_("Empty: the tier is left out."),
        )
        self.fields[f"multiplier_{tier.pk}"] = forms.DecimalField(
            label=_("Multiplier"),
            min_value=1,
            max_value=100,
            max_digits=7,
            decimal_places=3,
            required=False,
            initial=1,
        )
        self.fields[f"benefits_{tier.pk}"] = forms.CharField(
            label=_("Benefits"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One in each line, best first."),
        )
        for language in list_translations():
            field = forms.CharField(
                label=_("Benefits: %(language)s") % {"language": name_language(language)},
                widget=forms.Textarea(attrs={"rows": 3}),
            )
            self.fields[f"{key_of('benefits', language)}_{tier.pk}"] = dress_translation(
                field, language
            )

    def iter_sections(self):
        for title, names in self.SECTIONS:
            yield title, [self[name] for name in names]

    def iter_tiers(self):
        for tier in self.tiers:
            names = ("threshold", "multiplier", *_BENEFITS)
            yield tier, [self[f"{name}_{tier.pk}"] for name in names]

    def clean_expiry_activities(self):
        text = self.cleaned_data["expiry_activities"]
        return [code.strip() for code in text.split(",") if code.strip()]

    def clean_starts_on(self):
        day, today = self.cleaned_data["starts_on"], day_of(self.now, get_club().zone)
        if self.newest is not None and day <= today:
            raise forms.ValidationError(_("A day that has begun keeps its terms."))
        return day

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        left_out = [tier for tier in self.tiers if cleaned.get(f"threshold_{tier.pk}") is None]
        for tier in left_out:
            if Standing.objects.filter(tier=tier).exists():
                self.add_error(
                    f"threshold_{tier.pk}", _("Members stand on this tier: it can't be left out.")
                )
        if not self.errors:
            try:
                check_programme(ProgrammeVersion(**self.get_terms()), self.get_levels())
            except DomainError as error:
                self.add_error(None, str(error))
        return cleaned

    def get_terms(self):
        return {name: self.cleaned_data[name] for name in _TERMS}

    def get_levels(self):
        data = self.cleaned_data
        return [
            LevelTerms(
                tier=tier,
                threshold=data[f"threshold_{tier.pk}"],
                multiplier_milli=int((data[f"multiplier_{tier.pk}"] or 1) * 1000),
                benefits=tuple(_list_lines(data[f"benefits_{tier.pk}"])),
                i18n={key: _list_lines(data[f"{key}_{tier.pk}"]) for key in _BENEFITS[1:]},
            )
            for tier in self.tiers
            if data.get(f"threshold_{tier.pk}") is not None
        ]

    def build_programme(self) -> Programme:
        """The version as the engine knows it, for the preview."""
        terms = self.get_terms()
        activities = frozenset(terms.pop("expiry_activities"))
        return Programme(
            id=-1,
            starts_on=self.cleaned_data["starts_on"],
            expiry_activities=activities,
            levels=tuple(
                Level(
                    level.tier.pk,
                    level.tier.slug,
                    level.tier.rank,
                    level.threshold,
                    level.multiplier_milli,
                    level.tier.audience_id,
                )
                for level in self.get_levels()
            ),
            **terms,
        )
