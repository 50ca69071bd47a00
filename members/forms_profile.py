"""The record as its member fills it in, and as staff correct it."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from members.enums import IncomeBand, Interest, Preference
from members.fields import PhoneField
from members.models import Member
from members.models.member import BIRTHDAY_PARTS
from members.purposes import SENSITIVE
from members.selectors.club import get_club
from members.selectors.consents import has_agreed
from members.zones import list_choices


class YearsField(forms.CharField):
    """Years as people list them: "2015, 2018"."""

    default_error_messages = {"invalid": _("Write years with four digits, as in 2015, 2018.")}

    def prepare_value(self, value):
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value):
        years = str(value or "").replace("、", " ").replace(",", " ").replace("，", " ").split()
        if any(not (year.isdecimal() and len(year) == 4) for year in years):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return sorted(map(int, years))

    def has_changed(self, initial, data):
        try:
            return sorted(initial or []) != self.to_python(data)
        except ValidationError:
            return True


class ProfileForm(forms.ModelForm):
    """Saved by ``services.profiles.update_member``, which also says what is locked."""

    birth_month = forms.TypedChoiceField(
        label=_("Month of birth"),
        choices=lambda: [("", "—"), *((number, MONTHS[number]) for number in range(1, 13))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    child_birth_years = YearsField(
        label=_("Your children's years of birth"), required=False, max_length=80
    )
    interests = forms.MultipleChoiceField(
        label=_("Interests"),
        choices=Interest,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    preferences = forms.MultipleChoiceField(
        label=_("How you like to be served"),
        choices=Preference,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Member
        fields = [
            "family_name",
            "given_name",
            "family_name_reading",
            "given_name_reading",
            "display_name",
            "gender",
            "birth_year",
            "birth_month",
            "birth_day",
            "household_size",
            "child_birth_years",
            "income_band",
            "interests",
            "preferences",
            "traits",
            "locale",
            "zone",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["birth_day"].widget.attrs.update(min=1, max=31)
        self.fields["birth_year"].widget.attrs.update(min=1880, max=2200)
        self.fields["household_size"].widget.attrs.update(min=1, max=30)
        self.fields["income_band"].choices = [("", "—"), *IncomeBand.choices]
        self.fields["zone"].choices = list_choices(self.instance.zone, _("As the club"))

    def get_changes(self):
        return {name: self.cleaned_data[name] for name in self.changed_data if name in _SAVED}


_SAVED = {*ProfileForm.Meta.fields, "email", "phone", "mourning_ends_on"}

# Why each thing is asked, in one sentence.
_WHY = {
    "given_name": _("So that we can greet you."),
    "family_name": _("So that the counter finds you without your card."),
    "given_name_reading": _("So that we say it right. Kana, or pinyin."),
    "family_name_reading": _("So that we say it right, and sort it right. Kana, or pinyin."),
    "display_name": _("What we call you, where it isn't your given name."),
    "gender": _("Only for how we address you, where a language makes a difference."),
    "birth_month": _("For what the club gives in your birthday month."),
    "birth_day": _("To wish you well on the day."),
    "birth_year": _("You may leave it out. It tells whether something is open to your age."),
    "household_size": _("So that what we offer is enough for all of you."),
    "child_birth_years": _("So that children's things fit. The years are enough: 2015, 2018."),
    "income_band": _("So that what we offer suits your purse. Against the average around you."),
    "interests": _("So that we tell you about what you like, and not about the rest."),
    "preferences": _("So that the counter and our letters suit you."),
    "traits": _("What makes serving you easier: an allergy, your shoe size, left-handed."),
    "locale": _("The language of these pages and of what we write to you."),
    "zone": _("So that nothing from us wakes you up."),
}


class OwnProfileForm(ProfileForm):
    """The same, as a member fills it in about themselves: nothing is required."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        fields = self.fields
        for name, sentence in _WHY.items():
            fields[name].help_text = sentence
        for name, autocomplete in (
            ("given_name", "given-name"), ("family_name", "family-name"),
            ("display_name", "nickname"), ("birth_day", "bday-day"),
            ("birth_month", "bday-month"), ("birth_year", "bday-year"),
        ):  # fmt: skip
            fields[name].widget.attrs["autocomplete"] = autocomplete
        fields["display_name"].label = _("What we should call you")
        fields["gender"].label = _("Form of address")
        fields["traits"].widget = forms.Textarea(attrs={"rows": 3, "maxlength": 300})
        own_names = [
            (code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
        ]
        fields["locale"].choices = [("", _("As the club")), *own_names]
        fields["zone"].widget.attrs |= {
            "data-zone": "",
            "data-own": get_club().zone,
            "data-suggest": _("Take that of this device: %(city)s") % {"city": "…"},
        }
        self._is_family_first = (get_language() or "").startswith(("zh", "ja"))
        self.locked = [name for name in BIRTHDAY_PARTS if getattr(self.instance, name)]
        for name in self.locked:
            fields[name].disabled = True
            fields[name].help_text = ""
        self.needs_consent = not has_agreed(self.instance, SENSITIVE)
        if self.needs_consent:
            fields["traits"].disabled = True

    @property
    def name_fields(self):
        parts = ["given_name", "family_name"]
        return [self[name] for name in (reversed(parts) if self._is_family_first else parts)]

    @property
    def reading_fields(self):
        return [self[f"{field.name}_reading"] for field in self.name_fields]

    @property
    def address_fields(self):
        return [self["display_name"], self["gender"]]

    @property
    def birthday_fields(self):
        parts = ["birth_month", "birth_day"]
        parts.insert(0 if self._is_family_first else 2, "birth_year")
        return [self[name] for name in parts]

    @property
    def family_fields(self):
        return [self["household_size"], self["child_birth_years"]]


class StaffMemberForm(ProfileForm):
    """What staff may change: also the contacts of the record (not of the login)."""

    phone = PhoneField(required=False)
    mourning_ends_on = Member._meta.get_field("mourning_ends_on").formfield(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=300,
        help_text=_("Needed to correct a birthday; welcome everywhere. It stands in the trail."),
    )

    class Meta(ProfileForm.Meta):
        fields = [*ProfileForm.Meta.fields, "email", "phone", "mourning_ends_on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["child_birth_years"].label = _("Children's years of birth")
        self.fields["preferences"].label = _("Likes to be served so")
        self.fields["traits"].label = _("Good to know")
        self.fields["zone"].help_text = Member._meta.get_field("zone").help_text

    def clean(self):
        """The same rule as the service's, said at the field."""
        cleaned = super().clean()
        locked = [name for name in BIRTHDAY_PARTS if self.initial.get(name)]
        if set(locked) & set(self.changed_data) and not (cleaned.get("reason") or "").strip():
            self.add_error(
                "reason", _("A birthday on record is corrected with a reason only: write why.")
            )
        return cleaned
