"""A reward as staff write it down: by its kind, money in the club's own units."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from core.admin import dress_fields
from core.errors import DomainError
from core.money import to_decimal
from core.words import key_of, list_translations
from members.selectors.club import get_club
from purchases.parsing.files import inspect_file, open_unpacked
from rewards.admin.forms import MoneyMixin, build_date_field, build_money_field
from rewards.enums import RewardKind
from rewards.models import Reward, RewardGate, RewardSession
from rewards.services.catalogue import GateTerms, InvalidReward, check_terms
from rewards.services.catalogue.gates import check_gate_terms
from rewards.services.catalogue.sessions import apply_changes, check_session

MAX_POOL_BYTES = 4 * 1024 * 1024  # some hundred thousand codes
# What members are promised: once it is published, whoever publishes changes it.
PROMISES = (
    "price_points", "price_money", "value_money", "limit_count", "limit_period", "valid_days",
    "is_cancellable", "tier", "tier_days", "download", "rotation", "rotation_position",
)  # fmt: skip
_WORDS = (
    _("In words"),
    (("name", "slug"), "summary", "description", "how_to_use", "fine_print"),
)
_PICTURE = (_("Picture"), (("motif", "photo"),))
_PLACE = (
    _("On the shelf"),
    (("category", "position"), ("rotation", "rotation_position"), "related"),
)
_PRICE = (("price_points", "price_money"), "cost_money")
_LIMITS = (
    _("Limits and times"),
    (("limit_count", "limit_period"), "low_stock_count", ("valid_days", "hold_minutes"),
     "is_cancellable"),
)  # fmt: skip
_OF_KIND = {
    RewardKind.POOL: ("value_money",),
    RewardKind.VOUCHER: ("value_money",),
    RewardKind.CREDIT: ("value_money",),
    RewardKind.TIER: (("tier", "tier_days"),),
    RewardKind.PARTNER: (("partner", "link"), "has_codes", "value_money"),
    RewardKind.DOWNLOAD: ("download", "link"),
    RewardKind.GOODS: ("value_money",),
    RewardKind.EXPERIENCE: ("value_money",),
    RewardKind.DONATION: ("appeal",),
}
# What a form field is called on the model.
_MONEY = {"price_money": "price_amount", "value_money": "value_amount", "cost_money": "cost_amount"}


def list_sections(kind: str) -> list[tuple[Any, tuple]]:
    """Titles and fields, by kind; fields in one line stand together."""
    gives = _OF_KIND.get(RewardKind(kind), ())
    return [_WORDS, _PICTURE, (_("Price and worth"), (*_PRICE, *gives)), _LIMITS, _PLACE]


class RewardForm(MoneyMixin, forms.ModelForm):
    """``get_terms`` is what ``create_reward`` and ``change_reward`` take.

    ``kind`` is set on the class by the admin, and ``shown``, the fields of the page;
    ``is_locked`` where only the words may change.
    """

    kind = ""
    shown: frozenset[str] = frozenset()
    is_locked = False
    money_fields = ("price_money", "value_money", "cost_money")
    price_money = build_money_field(
        _("Price in money"), required=False, help_text=_("Paid at the counter or in the shop.")
    )
    value_money = build_money_field(_("Worth"), required=False)
    cost_money = build_money_field(
        _("Cost to the club"), required=False, help_text=_("Only staff see it.")
    )
    stock_left = forms.IntegerField(  # asked at the beginning; then it moves by differences
        label=_("In stock"), required=False, min_value=0, help_text=_("Empty: not counted.")
    )

    class Meta:
        model = Reward
        fields = (
            "name", "slug", "summary", "description", "how_to_use", "fine_print", "partner",
            "link", "has_codes", "price_points", "tier", "tier_days", "download", "limit_count",
            "limit_period", "low_stock_count", "valid_days", "is_cancellable", "hold_minutes",
            "category", "position", "rotation", "rotation_position", "related", "motif", "photo",
            "appeal",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in (*self.money_fields, "stock_left"):
            if name not in self.shown:
                del self.fields[name]
        reward = self.instance
        currency = get_club().currency
        for name, column in _MONEY.items():
            if name in self.fields and getattr(reward, column):
                self.initial[name] = to_decimal(getattr(reward, column), currency)
        self.money_fields = tuple(name for name in self.money_fields if name in self.fields)
        self.set_up_money()
        for name, field in self.fields.items():
            if name.startswith(("description", "how_to_use", "fine_print")):
                field.widget.attrs["rows"] = 4
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].disabled = bool(reward.pk and reward.published_at)
        if "has_codes" in self.fields:
            self.fields["has_codes"].disabled = bool(reward.pk and reward.published_at)
        if "related" in self.fields and reward.pk:
            self.fields["related"].queryset = Reward.objects.exclude(pk=reward.pk)
        if "motif" in self.fields and reward.pk:
            self.fields["motif"].help_text = format_html(
                '<img src="{}" width="200" height="150" alt=""> {}',
                reward.cover_url,
                self.fields["motif"].help_text,
            )
        for name in PROMISES if self.is_locked else ():
            if name in self.fields:
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            terms = self.get_terms()
            terms.pop("related", None)
            reward = Reward(kind=self.kind)
            for name, value in terms.items():
                setattr(reward, name, value)
            try:
                check_terms(reward)
            except InvalidReward as error:
                names = {column: name for name, column in _MONEY.items()}
                field = names.get(error.field, error.field)
                self.add_error(field if field in self.fields else None, str(error))
        return cleaned

    def get_terms(self) -> dict[str, Any]:
        terms = {name: value for name, value in self.cleaned_data.items() if name not in _MONEY}
        terms |= {
            column: self.to_minor(name) for name, column in _MONEY.items() if name in self.fields
        }
        for name in ("download", "photo"):
            if name in terms and not terms[name]:  # none, or the box "clear" was ticked
                terms[name] = ""
        if self.instance.pk and not terms.get("slug"):
            del terms["slug"]
        return terms


class MomentField(forms.DateTimeField):
    """A day and a time in the club's zone, by the browser's own calendar."""

    def __init__(self, **kwargs: Any):
        attrs = {"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}
        super().__init__(widget=forms.DateTimeInput(attrs, "%Y-%m-%dT%H:%M:%S"), **kwargs)


class GateForm(MoneyMixin, forms.ModelForm):
    money_fields = ("price_money",)
    opens_at = MomentField(label=_("Opens at"))
    closes_at = MomentField(label=_("Closes at"), required=False)
    price_money = build_money_field(_("Price in money"), required=False)

    class Meta:
        model = RewardGate
        fields = ("audience", "opens_at", "closes_at", "price_points")
        labels = {"audience": _("Audience")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.price_amount is not None:
            self.initial["price_money"] = to_decimal(
                self.instance.price_amount, get_club().currency
            )
        # An instant of the database may be finer than the browser shows.
        self.known = {name: getattr(self.instance, name) for name in ("opens_at", "closes_at")}
        if "price_money" in self.fields:  # not where the rows are only looked at
            self.set_up_money()
            dress_fields([self.fields["price_money"]])

    def _get_validation_exclusions(self) -> set[str]:
        # Gates are replaced as a whole: two may swap their times.
        return super()._get_validation_exclusions() | {"reward", "opens_at", "closes_at"}

    def build_terms(self) -> GateTerms:
        data = self.cleaned_data
        money = data.get("price_money")
        opens_at, closes_at = (
            data.get(name) if name in self.changed_data else self.known[name]
            for name in ("opens_at", "closes_at")
        )
        return GateTerms(
            data["audience"],
            opens_at,
            closes_at,
            data.get("price_points"),
            None if money is None else self.to_minor("price_money"),
        )


class GateFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        if not any(self.errors):
            try:
                check_gate_terms(self.list_terms())
            except DomainError as error:
                raise forms.ValidationError(str(error)) from error

    def validate_unique(self) -> None:
        """``check_gate_terms`` does, in its own words."""

    def list_terms(self) -> list[GateTerms]:
        return [
            form.build_terms()
            for form in self.forms
            if form.cleaned_data.get("audience") and not form.cleaned_data.get("DELETE")
        ]


# The place in other languages.
PLACES = tuple(key_of("place", language) for language in list_translations())
_OF_SESSION = ("starts_at", "ends_at", "booking_closes_at", "place", *PLACES, "seat_count")


class SessionForm(forms.ModelForm):
    starts_at = MomentField(label=_("Starts at"))
    ends_at = MomentField(label=_("Ends at"))
    booking_closes_at = MomentField(label=_("Booking closes at"), required=False)

    class Meta:
        model = RewardSession
        fields = _OF_SESSION

    def _get_validation_exclusions(self) -> set[str]:
        # Seats left are worked out by the service, and with them what the database checks.
        return super()._get_validation_exclusions() | {"seats_left", "seat_count", "ends_at"}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            try:
                self._check(self.get_changes())
            except DomainError as error:
                self.add_error(error.field if error.field in self.fields else None, str(error))
        return cleaned

    def _check(self, changes: dict[str, Any]) -> None:
        if self.instance.pk:
            apply_changes(RewardSession.objects.get(pk=self.instance.pk), changes)
        else:
            check_session(RewardSession(seats_left=0, **changes))

    def get_changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in _OF_SESSION}


class RestockForm(forms.Form):
    delta = forms.IntegerField(
        label=_("Came in, or went"), help_text=_("20 adds twenty; −3 takes away what is broken.")
    )
    reason = forms.CharField(label=_("Why"), max_length=200)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200)


class PoolForm(forms.Form):
    """Codes as a file or as text; ``get_text`` is what the next step carries."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("CSV or text, one code a line. Columns may be named: code, expires_on."),
    )
    text = forms.CharField(
        label=_("Or type them"),
        required=False,
        strip=False,
        max_length=MAX_POOL_BYTES,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    expires_on = build_date_field(
        _("Last usable day"), required=False, help_text=_("Of codes that bring none of their own.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        file = cleaned.get("file")
        if file:
            try:
                cleaned["text"] = _read_text(file)
            except DomainError as error:
                self.add_error("file", str(error))
        elif not (cleaned.get("text") or "").strip():
            self.add_error("file", _("Choose a file or type the codes."))
        return cleaned


def _read_text(file: Any) -> str:
    shape = inspect_file(file, max_bytes=MAX_POOL_BYTES)
    return open_unpacked(file, MAX_POOL_BYTES).read().decode(shape.encoding)


class LookUpForm(forms.Form):
    code = forms.CharField(label=_("Look a code up"), max_length=80)
