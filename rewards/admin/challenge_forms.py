"""The terms of a stamp card in human words, and stamps by hand."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import dress_form
from core.errors import DomainError
from core.money import to_decimal
from core.time import day_of, start_of
from members.models import Audience
from members.selectors.club import get_club
from purchases.models import Category, Channel, Line, Product, Purchase, Store
from rewards.admin.control_forms import ReasonForm
from rewards.admin.forms import (
    MoneyMixin,
    SpanMixin,
    build_date_field,
    build_money_field,
    build_set_field,
)
from rewards.enums import ChallengeMeasure, CountBy, DistinctOf, PrizeKind, RewardKind
from rewards.models import Challenge, Reward, Wheel
from rewards.registry import challenge_kinds
from rewards.services.challenges.publishing import build_version, check_version

GIVE, TAKE = "give", "take"
_SETS = {
    "products": "product_ids",
    "categories": "category_ids",
    "channels": "channel_ids",
    "stores": "store_ids",
}
_PRIZES = {
    PrizeKind.REWARD: ("prize_reward",),
    PrizeKind.POINTS: ("prize_points",),
    PrizeKind.CREDIT: ("prize_amount",),
    PrizeKind.SPINS: ("prize_spin_count", "prize_wheel"),
}


class ChallengeVersionForm(SpanMixin, MoneyMixin, forms.Form):
    """One version of a stamp card; ``get_terms`` and ``get_span`` are what ``publish_version``
    takes.
    """

    money_fields = ("target_amount", "minimum_amount", "day_amount", "prize_amount")

    activity_kind = forms.ChoiceField(label=_("What is done"))
    measure = forms.ChoiceField(label=_("What adds up"), choices=ChallengeMeasure)
    count_by = forms.ChoiceField(label=_("A stamp for"), choices=CountBy)
    distinct_of = forms.ChoiceField(
        label=_("Different"), choices=[("", "–"), *DistinctOf.choices], required=False
    )
    target = forms.IntegerField(
        label=_("Stamps on a card"), min_value=1, max_value=60, required=False,
        help_text=_("Or how many different ones."),
    )  # fmt: skip
    target_amount = build_money_field(_("Or money on a card"), required=False)
    round_limit = forms.IntegerField(
        label=_("Cards per member"), min_value=1, max_value=1000, required=False,
        help_text=_("Empty: a full one is followed by the next."),
    )  # fmt: skip

    products = build_set_field(
        _("Products"), Product.objects.all(), Line._meta.get_field("product")
    )
    categories = build_set_field(
        _("Categories"), Category.objects.all(), Product._meta.get_field("category")
    )
    stores = build_set_field(_("Stores"), Store.objects.all(), Purchase._meta.get_field("store"))
    channels = build_set_field(_("Channels"), Channel.objects.order_by("name"))
    minimum_amount = build_money_field(
        _("Minimum spend"), required=False, help_text=_("On the goods that count, in one purchase.")
    )
    day_limit = forms.IntegerField(
        label=_("Stamps a day at most"), min_value=1, max_value=1000, required=False
    )
    day_amount = build_money_field(_("Or money a day at most"), required=False)

    starts_on = build_date_field(_("From"), help_text=_("Today: at once."))
    ends_on = build_date_field(
        _("To, that day included"), required=False, help_text=_("Empty: until it is ended.")
    )
    audiences = forms.ModelMultipleChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("Counts for members of"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )  # fmt: skip

    prize_kind = forms.ChoiceField(
        label=_("A full card gives"), choices=[(kind.value, kind.label) for kind in _PRIZES]
    )
    prize_reward = forms.ModelChoiceField(Reward.objects.none(), label=_("Reward"), required=False)
    prize_points = forms.IntegerField(
        label=_("Points"), required=False, min_value=1, max_value=10**9
    )
    prize_amount = build_money_field(_("Store credit"), required=False)
    prize_wheel = forms.ModelChoiceField(Wheel.objects.none(), label=_("Wheel"), required=False)
    prize_spin_count = forms.IntegerField(
        label=_("Free spins"), required=False, min_value=1, max_value=100
    )
    prize_days = forms.IntegerField(
        label=_("Good for days"), required=False, min_value=1, max_value=3650,
        help_text=_("Empty: points live as always, all else has no last day."),
    )  # fmt: skip

    SECTIONS = (
        (_("What is collected"),
         ("activity_kind", "measure", "count_by", "distinct_of", "target", "target_amount",
          "round_limit")),
        (_("On what, and where"),
         ("products", "categories", "stores", "channels", "minimum_amount", "day_limit",
          "day_amount")),
        (_("When, and for whom"), ("starts_on", "ends_on", "audiences")),
        (_("What a full card gives"),
         ("prize_kind", "prize_reward", "prize_points", "prize_amount", "prize_spin_count",
          "prize_wheel", "prize_days")),
    )  # fmt: skip

    def __init__(self, *args, challenge, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.challenge, self.now = challenge, now
        self.fields["activity_kind"].choices = [(kind.code, kind.label) for kind in challenge_kinds]
        no_right = (RewardKind.DONATION,)
        rewards = Reward.objects.published().exclude(kind__in=no_right)
        self.fields["prize_reward"].queryset = rewards.order_by("name")
        self.fields["prize_wheel"].queryset = Wheel.objects.order_by("name")
        self.fields["audiences"].widget.choices = self.fields["audiences"].choices
        self.set_up_money()
        dress_form(self)

    def iter_sections(self):
        for title, names in self.SECTIONS:
            yield title, [self[name] for name in names]

    def clean_starts_on(self):
        day = self.cleaned_data["starts_on"]
        if day < day_of(self.now, get_club().zone):
            raise forms.ValidationError(_("Terms can't change for days that are over."))
        return day

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        for name in _PRIZES[PrizeKind(cleaned["prize_kind"])]:
            if not cleaned.get(name):
                self.add_error(name, _("This is needed for what is in it."))
        if not self._get_target():
            field = "target_amount" if self._is_sum() else "target"
            self.add_error(field, _("How much makes a full card?"))
        if self.errors:
            return cleaned
        try:
            check_version(self.build_version(), cleaned["audiences"], now=self.now)
        except DomainError as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        return cleaned

    def _is_sum(self) -> bool:
        return self.cleaned_data.get("measure") == ChallengeMeasure.SUM

    def _get_target(self) -> int:
        return self.to_minor("target_amount") if self._is_sum() else self.cleaned_data["target"]

    def get_terms(self) -> dict:
        data = self.cleaned_data
        wanted = _PRIZES[PrizeKind(data["prize_kind"])]
        is_distinct = data["measure"] == ChallengeMeasure.DISTINCT
        day_limit = self.to_minor("day_amount") if self._is_sum() else data["day_limit"]
        return {
            **{name: data[name] for name in ("activity_kind", "measure", "count_by")},
            **{column: sorted(item.pk for item in data[name]) for name, column in _SETS.items()},
            "distinct_of": data["distinct_of"] if is_distinct else "",
            "minimum_amount": self.to_minor("minimum_amount"),
            "day_limit": (day_limit or None) if not is_distinct else None,
            "target": self._get_target(),
            "round_limit": data["round_limit"],
            "prize_kind": data["prize_kind"],
            "prize_reward": data["prize_reward"] if "prize_reward" in wanted else None,
            "prize_points": (data["prize_points"] or 0) if "prize_points" in wanted else 0,
            "prize_amount": self.to_minor("prize_amount") if "prize_amount" in wanted else 0,
            "prize_wheel": data["prize_wheel"] if "prize_wheel" in wanted else None,
            "prize_spin_count": (
                data["prize_spin_count"] or 0 if "prize_spin_count" in wanted else 0
            ),
            "prize_days": data["prize_days"],
        }

    def build_version(self):
        """As it would be published, unsaved."""
        return build_version(self.challenge, now=self.now, **self.get_span(), **self.get_terms())


def get_initial(version, today: dt.date) -> dict:
    """What the form begins with: the newest version's terms, from tomorrow on."""
    initial = {"starts_on": today if version is None else today + dt.timedelta(days=1)}
    if version is None:
        everyone = Audience.objects.filter(kind="everyone").values_list("pk", flat=True)
        return initial | {"audiences": list(everyone), "count_by": CountBy.ITEM, "target": 10}
    currency = get_club().currency
    is_sum = version.measure == ChallengeMeasure.SUM
    for name in (
        "activity_kind", "measure", "count_by", "distinct_of", "round_limit", "prize_kind",
        "prize_days",
    ):  # fmt: skip
        initial[name] = getattr(version, name)
    initial |= {name: getattr(version, column) for name, column in _SETS.items()}
    money = {
        "minimum_amount": version.minimum_amount, "prize_amount": version.prize_amount,
        "target_amount": version.target if is_sum else 0,
        "day_amount": version.day_limit if is_sum else 0,
    }  # fmt: skip
    initial |= {name: to_decimal(amount, currency) for name, amount in money.items() if amount}
    return initial | {
        "target": None if is_sum else version.target,
        "day_limit": None if is_sum else version.day_limit,
        "audiences": list(version.gates.values_list("audience", flat=True)),
        "prize_reward": version.prize_reward_id,
        "prize_points": version.prize_points or None,
        "prize_wheel": version.prize_wheel_id,
        "prize_spin_count": version.prize_spin_count or None,
    }


class StampForm(MoneyMixin, ReasonForm):
    """``get_terms`` is what ``give_stamps`` takes."""

    field_order = ("challenge", "way", "stamp_count", "amount", "happened_on", "reason", "note")
    money_fields = ("amount",)
    challenge = forms.ModelChoiceField(
        Challenge.objects.filter(versions__isnull=False).distinct().order_by("position", "name"),
        label=_("Stamp card"),
    )
    way = forms.ChoiceField(
        label=_("What"), choices=[(GIVE, _("Give stamps")), (TAKE, _("Take stamps back"))]
    )
    stamp_count = forms.IntegerField(label=_("Stamps"), min_value=1, max_value=1000, required=False)
    amount = build_money_field(
        _("Or money"), required=False, help_text=_("For a card that sums up money.")
    )
    happened_on = build_date_field(
        _("For the day"),
        help_text=_("As if it had been stamped then: the card's terms of that day count."),
    )

    def __init__(self, *args, now, **kwargs):
        zone = get_club().zone
        initial = {"happened_on": day_of(now, zone), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.now, self.zone = now, zone
        self.set_up_money()

    def clean(self):
        data = super().clean()
        challenge = data.get("challenge")
        if challenge is not None and not self._get_number():
            self.add_error(
                "amount" if self._is_sum() else "stamp_count", _("Name an amount above zero.")
            )
        return data

    def _is_sum(self) -> bool:
        versions = self.cleaned_data["challenge"].versions
        return versions.filter(measure=ChallengeMeasure.SUM).exists()

    def _get_number(self) -> int:
        if self._is_sum():
            return self.to_minor("amount")
        return self.cleaned_data.get("stamp_count") or 0

    def get_terms(self) -> dict:
        data = self.cleaned_data
        noon = start_of(data["happened_on"], self.zone) + dt.timedelta(hours=12)
        number = self._get_number()
        return {
            "challenge": data["challenge"],
            "stamp_count": number if data["way"] == GIVE else -number,
            "happened_at": min(noon, self.now),
            "reason": data["reason"],
            "note": data["note"],
            "key": f"staff:{data['key']}",
        }
