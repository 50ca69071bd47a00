"""A draft of a wheel in human words: terms, slices with what they pay, gates."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form
from core.admin.words import dress_translation, name_language
from core.errors import DomainError
from core.money import to_decimal
from core.words import key_of, list_translations
from members.models import Audience
from members.selectors.club import get_club
from rewards.admin.catalogue_forms import MomentField
from rewards.admin.forms import MoneyMixin, build_money_field
from rewards.enums import PrizeKind, RewardKind
from rewards.models import Reward, Tier, Wheel, WheelVersion
from rewards.services.catalogue import GateTerms
from rewards.services.catalogue.gates import check_gate_terms
from rewards.services.prizes import Prize
from rewards.services.wheel import SliceTerms
from rewards.services.wheel.configuring import MOST_SLICES, check_draft

_RULES = tuple(key_of("rules_text", language) for language in list_translations())
_LABELS = tuple(key_of("label", language) for language in list_translations())
_NEEDS = {
    PrizeKind.REWARD: "reward", PrizeKind.POINTS: "points", PrizeKind.CREDIT: "money",
    PrizeKind.SPINS: "spin_count",
}  # fmt: skip


# Of new slices, so that neighbours differ before anybody chooses.
_COLORS = ("#7b2d4b", "#f3c04b", "#2e6159", "#f6ddb2", "#34507a", "#cfdfcc", "#c8553d", "#f3c3b0")


class DraftForm(MoneyMixin, forms.ModelForm):
    """``get_terms`` and ``get_allowances`` are what ``change_draft`` takes."""

    money_fields = ("budget_money", "purchase_money", "sales_money")
    _MONEY = {
        "budget_money": "budget_amount", "purchase_money": "purchase_amount",
        "sales_money": "expected_sales_amount",
    }  # fmt: skip
    starts_at = MomentField(
        label=_("From"), required=False, help_text=_("Empty: as soon as it is published.")
    )
    ends_at = MomentField(
        label=_("Until"), required=False, help_text=_("Empty: until it is ended.")
    )
    budget_money = build_money_field(
        _("Budget"), required=False,
        help_text=_("What all prizes may cost at the very most. Empty: no ceiling."),
    )  # fmt: skip
    purchase_money = build_money_field(
        _("Purchase behind a spin"), required=False,
        help_text=_("The least that somebody buys who may spin; empty: nobody has to buy."),
    )  # fmt: skip
    sales_money = build_money_field(
        _("Expected sales"), required=False,
        help_text=_("While it runs, of what the spins promote."),
    )  # fmt: skip

    class Meta:
        model = WheelVersion
        fields = (
            "starts_at", "ends_at", "daily_spin_count", "has_price", "price_points", "rules_text",
            *_RULES, "country", "is_law_confirmed",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        version, currency = self.instance, get_club().currency
        for name, column in self._MONEY.items():
            amount = getattr(version, column)
            if amount or (amount is not None and column == "budget_amount"):
                self.initial[name] = to_decimal(amount, currency)
        self.set_up_money()
        known = dict(version.allowances.values_list("tier_id", "daily_spin_count"))
        self.tiers = []
        for tier in Tier.objects.order_by("rank"):
            name = f"tier_{tier.pk}"
            self.tiers.append((name, tier.pk))
            self.fields[name] = forms.IntegerField(
                label=_("Free spins a day: %(tier)s") % {"tier": tier.name_i18n}, required=False,
                min_value=0, max_value=100, initial=known.get(tier.pk),
                help_text=_("Empty: as for everybody."),
            )  # fmt: skip
        self.fields["price_points"].required = False
        for language in list_translations():
            field = self.fields[key_of("rules_text", language)]
            field.label = f"{self.fields['rules_text'].label} · {name_language(language)}"
            dress_translation(field, language)
        for name in ("rules_text", *_RULES):
            self.fields[name].widget.attrs["rows"] = 5
        dress_form(self)

    def iter_sections(self):
        for title, names in (
            (_("When"), ("starts_at", "ends_at")),
            (
                _("What a spin costs"),
                ("daily_spin_count", *(name for name, _tier in self.tiers), "has_price",
                 "price_points"),
            ),
            (
                _("What it may cost, and the law"),
                ("budget_money", "country", "purchase_money", "sales_money", "is_law_confirmed"),
            ),
            (_("Rules"), ("rules_text", *_RULES)),
        ):  # fmt: skip
            yield title, [self[name] for name in names]

    def clean_price_points(self):
        return self.cleaned_data["price_points"] or 0

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            trial = WheelVersion()
            for name, value in self.get_terms().items():
                setattr(trial, name, value)
            try:
                check_draft(trial, ())
            except DomainError as error:
                self.add_error(error.field if error.field in self.fields else None, str(error))
        return cleaned

    def _get_validation_exclusions(self):
        # What the database checks, the service says in words.
        return super()._get_validation_exclusions() | set(self.fields)

    def get_terms(self) -> dict[str, Any]:
        terms = {name: self.cleaned_data[name] for name in self.Meta.fields}
        money = {column: self.to_minor(name) for name, column in self._MONEY.items()}
        if self.cleaned_data["budget_money"] is None:
            money["budget_amount"] = None  # no ceiling; zero is one
        return terms | money

    def get_allowances(self) -> dict[int, int]:
        found = {tier: self.cleaned_data[name] for name, tier in self.tiers}
        return {tier: count for tier, count in found.items() if count is not None}


class SliceForm(MoneyMixin, forms.Form):
    """One slice; ``get_slice`` is what ``change_draft`` takes. An empty label leaves it out."""

    money_fields = ("prize_money", "spare_money")
    label = forms.CharField(label=_("Label"), max_length=40, required=False)
    weight = forms.IntegerField(label=_("Weight"), min_value=0, max_value=1_000_000, initial=1)
    color = forms.RegexField(
        r"^#[0-9a-f]{6}$", label=_("Colour"),
        widget=forms.TextInput(attrs={"type": "color", "class": "staff-color"}),
    )  # fmt: skip
    stock_count = forms.IntegerField(
        label=_("Prizes set aside"), required=False, min_value=1, max_value=10**9,
        help_text=_("Empty: as many as are drawn."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        label = _("Label")
        for language in list_translations():
            field = forms.CharField(
                label=f"{label} · {name_language(language)}", max_length=40, required=False
            )
            self.fields[key_of("label", language)] = dress_translation(field, language)
        for prefix, title in (("prize", _("Prize")), ("spare", _("Once they are gone"))):
            self._add_prize(prefix, title)
        self.set_up_money()
        dress_form(self)

    def _add_prize(self, prefix: str, title: Any) -> None:
        kinds = list(PrizeKind.choices)
        if prefix == "spare":
            kinds = [("", "–"), *kinds]
        no_prize = (RewardKind.DONATION, "spins")
        rewards = Reward.objects.filter(retired_at=None).exclude(kind__in=no_prize)
        fields = {
            "kind": forms.ChoiceField(label=title, choices=kinds, required=prefix == "prize"),
            "reward": forms.ModelChoiceField(
                rewards.order_by("name"), label=_("Reward"), required=False
            ),
            "points": forms.IntegerField(
                label=_("Points"), required=False, min_value=1, max_value=10**9
            ),
            "money": build_money_field(_("Store credit"), required=False),
            "spin_count": forms.IntegerField(
                label=_("Free spins"), required=False, min_value=1, max_value=100
            ),
            "wheel": forms.ModelChoiceField(
                Wheel.objects.order_by("name"), label=_("Of the wheel"), required=False
            ),
            "days": forms.IntegerField(
                label=_("Good for days"), required=False, min_value=1, max_value=3650
            ),
        }
        for name, field in fields.items():
            self.fields[f"{prefix}_{name}"] = field

    def iter_groups(self):
        """Bound fields in the lines of the form."""
        names = [name for name in self.fields if name.startswith(("prize_", "spare_"))]
        first = ["label", "weight", "color", "stock_count", "ORDER", "DELETE"]
        yield "", [self[name] for name in first if name in self.fields]
        for prefix in ("prize_", "spare_"):
            yield prefix, [self[name] for name in names if name.startswith(prefix)]
        yield "label", [self[name] for name in _LABELS]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("label"):
            for prefix in ("prize", "spare"):
                need = _NEEDS.get(cleaned.get(f"{prefix}_kind") or "")
                needed = [need, "wheel"] if need == "spin_count" else [need]
                for name in needed:
                    if name and not cleaned.get(f"{prefix}_{name}"):
                        self.add_error(f"{prefix}_{name}", _("This prize needs it."))
        return cleaned

    def get_slice(self) -> SliceTerms:
        data = self.cleaned_data
        words = {name: data[name] for name in _LABELS if data[name]}
        return SliceTerms(
            data["label"], data["weight"], self._get_prize("prize"), data["color"],
            data["stock_count"], self._get_prize("spare") if data["spare_kind"] else None,
            words or None,
        )  # fmt: skip

    def _get_prize(self, prefix: str) -> Prize:
        """What the kind doesn't need is left out, whatever stands in the fields."""
        data = {name: self.cleaned_data[f"{prefix}_{name}"] for name in (*_NEEDS.values(), "wheel")}
        kind = PrizeKind(self.cleaned_data[f"{prefix}_kind"])
        is_spins = kind == PrizeKind.SPINS
        return Prize(
            kind,
            reward_id=data["reward"].pk if kind == PrizeKind.REWARD else None,
            points=data["points"] if kind == PrizeKind.POINTS else 0,
            amount=(self.to_minor(f"{prefix}_money") or 0) if kind == PrizeKind.CREDIT else 0,
            spin_count=data["spin_count"] if is_spins else 0,
            wheel_id=data["wheel"].pk if is_spins else None,
            days=None if kind == PrizeKind.NOTHING else self.cleaned_data[f"{prefix}_days"],
        )


def build_slice_initial(terms: SliceTerms) -> dict[str, Any]:
    """A slice of a draft as the form shows it."""
    shown = {
        "label": terms.label, "weight": terms.weight, "color": terms.color,
        "stock_count": terms.stock_count, **dict(terms.i18n or {}),
        **_show_prize("prize", terms.prize),
    }  # fmt: skip
    return shown | (_show_prize("spare", terms.substitute) if terms.substitute else {})


def _show_prize(prefix: str, prize: Prize) -> dict[str, Any]:
    money = to_decimal(prize.amount, get_club().currency) if prize.amount else None
    values = {
        "kind": prize.kind, "reward": prize.reward_id, "points": prize.points or None,
        "money": money, "spin_count": prize.spin_count or None, "wheel": prize.wheel_id,
        "days": prize.days,
    }  # fmt: skip
    return {f"{prefix}_{name}": value for name, value in values.items()}


class DressedFormSet(forms.BaseFormSet):
    """Its own fields, order and removal, look like the others."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        dress_form(form)


class BaseSliceFormSet(DressedFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.initial.setdefault("color", _COLORS[(index or 0) % len(_COLORS)])

    def list_slices(self) -> list[SliceTerms]:
        """In the order that was typed; without those that were left out."""
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("label") and not form.cleaned_data.get("DELETE")
        ]
        kept.sort(key=lambda form: form.cleaned_data.get("ORDER") or MOST_SLICES * 100)
        return [form.get_slice() for form in kept]


class WheelGateForm(forms.Form):
    audience = forms.ModelChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("Audience"), required=False
    )
    opens_at = MomentField(label=_("Opens at"), required=False)
    closes_at = MomentField(label=_("Closes at"), required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("audience") and not cleaned.get("opens_at") and not self.errors:
            self.add_error("opens_at", _("Say from when on."))
        return cleaned


class BaseWheelGateFormSet(DressedFormSet):
    def clean(self):
        super().clean()
        if not any(self.errors):
            try:
                check_gate_terms(self.list_gates())
            except DomainError as error:
                raise forms.ValidationError(str(error)) from error

    def list_gates(self) -> list[GateTerms]:
        return [
            GateTerms(data["audience"], data["opens_at"], data.get("closes_at"))
            for form in self.forms
            if (data := form.cleaned_data).get("audience") and not data.get("DELETE")
        ]


SliceFormSet = forms.formset_factory(
    SliceForm, BaseSliceFormSet, extra=2, can_order=True, can_delete=True, max_num=MOST_SLICES
)
WheelGateFormSet = forms.formset_factory(
    WheelGateForm, BaseWheelGateFormSet, extra=1, can_delete=True, max_num=12
)


class EndWheelForm(forms.Form):
    at_once = forms.BooleanField(
        label=_("At once, as something is wrong"), required=False,
        help_text=_("Else it turns until the end of today."),
    )  # fmt: skip
    note = forms.CharField(label=_("Why"), max_length=200, required=False)
