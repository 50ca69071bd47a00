"""The terms of a surprise gift."""

from decimal import Decimal

from django import forms
from django.core.validators import DecimalValidator
from django.utils.translation import gettext_lazy as _

from core.admin import dress_form, dress_translation, name_language
from core.errors import DomainError
from core.money import get_exponent, to_decimal
from core.words import key_of, list_translations
from members.models import Audience
from members.selectors.club import get_club
from rewards.admin.forms import MoneyMixin, build_money_field
from rewards.enums import BulkKind, Measure, PrizeKind, RewardKind, SurprisePick
from rewards.models import BulkAct, Reward, Surprise, Wheel
from rewards.services.prizes import Prize
from rewards.services.surprises import count_worth

WORDS = ("title", "message")
_FIELD_OF = {
    PrizeKind.REWARD: ("prize_reward",),
    PrizeKind.POINTS: ("prize_points",),
    PrizeKind.CREDIT: ("prize_amount",),
    PrizeKind.SPINS: ("prize_spin_count", "prize_wheel"),
}


class SurpriseForm(MoneyMixin, forms.Form):
    """``get_terms`` is what ``draft_surprise`` takes; what a kind of prize doesn't need is left
    alone. ``build_draft`` is for a look while it is being filled in.
    """

    money_fields = ("prize_amount",)

    prize_kind = forms.ChoiceField(
        label=_("What is in it"),
        choices=[(kind.value, kind.label) for kind in _FIELD_OF],
    )
    prize_reward = forms.ModelChoiceField(
        Reward.objects.none(), label=_("Reward"), required=False,
        help_text=_("As many as there are presents are set aside from the catalogue."),
    )  # fmt: skip
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
    audience = forms.ModelChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("For members of"), empty_label=None,
        help_text=_("To choose members by hand, put them on a list first."),
    )  # fmt: skip
    pick = forms.ChoiceField(label=_("Who gets one"), choices=SurprisePick)
    draw_count = forms.IntegerField(
        label=_("How many are drawn"), required=False, min_value=1, max_value=10**6
    )
    budget = forms.DecimalField(
        label=_("Budget"), min_value=0, max_digits=14,
        help_text=_(
            "In points, in money or in spins, as what is in it. It is not done where it would cost"
            " more."
        ),
    )  # fmt: skip
    title = forms.CharField(label=_("Title"), max_length=120)
    message = forms.CharField(
        label=_("Words of the club"), max_length=600, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Members read both when they have opened the present."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note for staff"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        no_right = (RewardKind.DONATION,)
        rewards = Reward.objects.filter(published_at__isnull=False, retired_at__isnull=True)
        self.fields["prize_reward"].queryset = rewards.exclude(kind__in=no_right).order_by("name")
        self.fields["prize_wheel"].queryset = Wheel.objects.order_by("name")
        self.fields["budget"].validators.append(DecimalValidator(14, self._get_exponent()))
        self.fields["budget"].widget.attrs["step"] = "any"
        for language in list_translations():
            for name in WORDS:
                known = self.fields[name]
                widget = forms.TextInput()
                if name == "message":
                    widget = forms.Textarea(attrs={"rows": 3})
                field = forms.CharField(
                    label=f"{known.label}: {name_language(language)}",
                    max_length=known.max_length, widget=widget,
                )  # fmt: skip
                self.fields[key_of(name, language)] = dress_translation(field, language)
        self.fields["note"] = self.fields.pop("note")  # last
        self.set_up_money()
        dress_form(self)

    @classmethod
    def get_initial(cls, surprise: Surprise) -> dict:
        """The terms as they were typed."""
        currency, act = get_club().currency, surprise.act
        in_money = surprise.measure == Measure.MONEY
        words = {
            key.replace("public_reason", "title"): text
            for key, text in {**(act.i18n or {}), **(surprise.i18n or {})}.items()
        }
        return {
            "prize_kind": surprise.prize_kind,
            "prize_reward": surprise.prize_reward_id,
            "prize_points": surprise.prize_points or None,
            "prize_amount": to_decimal(surprise.prize_amount, currency) or None,
            "prize_wheel": surprise.prize_wheel_id,
            "prize_spin_count": surprise.prize_spin_count or None,
            "prize_days": surprise.prize_days,
            "audience": act.audience_id,
            "pick": surprise.pick,
            "draw_count": surprise.draw_count,
            "budget": to_decimal(surprise.budget, currency) if in_money else surprise.budget,
            "title": act.public_reason,
            "message": surprise.message,
            "note": act.note,
            **words,
        }

    def clean(self):
        data = super().clean()
        for name in _FIELD_OF.get(data.get("prize_kind"), ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for what is in it."))
        if data.get("pick") == SurprisePick.RANDOM and not data.get("draw_count"):
            self.add_error("draw_count", _("How many?"))
        return data

    def get_terms(self) -> dict:
        data = self.cleaned_data
        keys = [key_of(name, language) for language in list_translations() for name in WORDS]
        return {
            "audience": data["audience"],
            "title": data["title"],
            "message": data["message"],
            "prize": self._get_prize(),
            "pick": data["pick"],
            "draw_count": data["draw_count"],
            "budget": self._count_budget(),
            "note": data["note"],
            "i18n": {key: data[key] for key in keys},
        }

    def build_draft(self) -> Surprise | None:
        """What can be told of it so far, unsaved; None without an audience."""
        self.is_valid()
        data = self.cleaned_data
        if not data.get("audience") or data.get("prize_kind") not in _FIELD_OF:
            return None
        prize = self._get_prize()
        act = BulkAct(kind=BulkKind.GIFT, audience=data["audience"])
        surprise = Surprise(
            act=act, pick=data.get("pick") or SurprisePick.ALL, draw_count=data.get("draw_count"),
            budget=self._count_budget(), prize_kind=prize.kind, prize_points=prize.points,
            prize_amount=prize.amount, prize_spin_count=prize.spin_count,
            prize_reward=data.get("prize_reward") if prize.reward_id else None,
            prize_wheel=data.get("prize_wheel") if prize.wheel_id else None,
        )  # fmt: skip
        try:
            surprise.worth = count_worth(surprise)
        except DomainError:
            surprise.worth = 0  # said when it is saved
        return surprise

    def _get_prize(self) -> Prize:
        data, kind = self.cleaned_data, self.cleaned_data["prize_kind"]
        reward, wheel = data.get("prize_reward"), data.get("prize_wheel")
        return Prize(
            kind,
            reward_id=reward.pk if reward and kind == PrizeKind.REWARD else None,
            points=data.get("prize_points") or 0 if kind == PrizeKind.POINTS else 0,
            amount=self.to_minor("prize_amount") if kind == PrizeKind.CREDIT else 0,
            spin_count=data.get("prize_spin_count") or 0 if kind == PrizeKind.SPINS else 0,
            wheel_id=wheel.pk if wheel and kind == PrizeKind.SPINS else None,
            days=data.get("prize_days") if kind != PrizeKind.CREDIT else None,  # it has no end
        )

    def _count_budget(self) -> int:
        in_money = self.cleaned_data["prize_kind"] in (PrizeKind.CREDIT, PrizeKind.REWARD)
        if in_money:
            return self.to_minor("budget")
        return int(self.cleaned_data.get("budget") or Decimal(0))

    def _get_exponent(self) -> int:
        return get_exponent(get_club().currency)
