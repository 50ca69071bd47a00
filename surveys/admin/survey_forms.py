"""Forms of surveys: how one begins, its rules, the words of a version, triggers.

Words have fields for each other language beside the club's own, folded away in the page.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.admin import dress_form
from core.admin.words import dress_translation, name_language
from core.errors import DomainError
from core.money import to_decimal
from core.words import key_of, list_translations
from members.models import Audience
from members.selectors.club import get_club
from purchases.models import Category, Channel, Product, Store
from rewards.admin.forms import MoneyMixin, build_date_field, build_money_field
from surveys.engine.scales import find_share, has_ends, list_steps
from surveys.enums import SurveyKind, TriggerEvent
from surveys.models import Question, Survey, SurveyVersion, Trigger
from surveys.selectors.wording import name_step
from surveys.services.building.terms import VERSION_WORDS
from surveys.services.building.triggers import OF_DATES, OF_PURCHASES

NOBODY = ""
# Fields that the services call otherwise.
_SERVICE_NAMES = {
    "low_line": "low", "delay_minutes": "delay_hours", "least_amount": "least_money",
}  # fmt: skip
_TRIGGER_COLUMNS = (
    "event", "is_enabled", "share_permille", "freshness_hours", "product", "category", "store",
    "channel", "audience", "starts_on", "every_months",
)  # fmt: skip
_SHARES = ((1000, _("everybody")), (500, _("one in two")), (333, _("one in three")),
           (250, _("one in four")), (200, _("one in five")), (100, _("one in ten")),
           (50, _("one in twenty")), (10, _("one in a hundred")))  # fmt: skip


def refuse(form: Any, error: DomainError) -> None:
    """What a service refused, beside its field where the form has it."""
    name = getattr(error, "field", "")
    name = _SERVICE_NAMES.get(name, name)
    form.add_error(name if name in form.fields else None, str(error))


def focus_on_errors(*parts: Any) -> None:
    """The page begins at the first field that is wrong; of forms and formsets, in their order."""
    for part in parts:
        for form in getattr(part, "forms", [part]):
            for name in form.fields:
                if name in form.errors:
                    form.fields[name].widget.attrs["autofocus"] = True
                    return


class WordsFormMixin:
    """``word_fields`` get a field for each other language; ``iter_languages`` yields them."""

    word_fields: tuple[str, ...] = ()
    fields: dict[str, forms.Field]

    def add_languages(self) -> None:
        for name in self.word_fields:
            own = self.fields[name]
            for language in list_translations():
                widget = type(own.widget)(attrs=dict(own.widget.attrs))
                field = forms.CharField(
                    label=own.label, max_length=getattr(own, "max_length", None), widget=widget
                )
                self.fields[key_of(name, language)] = dress_translation(field, language)

    def iter_own(self):
        """Fields of the club's own language, and whatever isn't a word."""
        translated = {
            key_of(name, language) for name in self.word_fields for language in list_translations()
        }
        return [self[name] for name in self.fields if name not in translated]  # type: ignore[index]

    def iter_languages(self):
        """Language by its own name, how many words are missing, the fields."""
        for language in list_translations():
            bound = [self[key_of(name, language)] for name in self.word_fields]  # type: ignore[index]
            missing = sum(
                bool(self[name].value()) and not field.value()  # type: ignore[index]
                for name, field in zip(self.word_fields, bound, strict=True)
            )
            yield name_language(language), missing, bound

    def get_words(self) -> dict[str, str]:
        keys = [
            key
            for name in self.word_fields
            for key in (name, *(key_of(name, language) for language in list_translations()))
        ]
        return {key: self.cleaned_data.get(key) or "" for key in keys}  # type: ignore[attr-defined]


def read_initial(row: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {**{name: getattr(row, name) for name in names}, **(row.i18n or {})}


class StartForm(forms.Form):
    """A survey from nothing."""

    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=120,
        help_text=_("For staff. Members read the title."),
    )
    title = forms.CharField(label=_("Title"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=SurveyKind, initial=SurveyKind.OTHER)
    code = forms.SlugField(
        label=_("Code"), max_length=40, required=False,
        help_text=_("Letters, digits and hyphens. Empty: made of the name."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        dress_form(self)

    def get_terms(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {**data, "code": data["code"] or slugify(data["name"])[:40] or "survey"}


class RulesForm(WordsFormMixin, forms.Form):
    """What holds for all versions of a survey."""

    word_fields = ("name",)
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=120,
        help_text=_("For staff. Members read the title."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=SurveyKind)
    priority = forms.IntegerField(
        label=_("Priority"), min_value=0, max_value=1000,
        help_text=_("If several are due for a member at once, the lowest number is sent."),
    )  # fmt: skip
    clock_days = forms.IntegerField(
        label=_("Days of quiet before it"), min_value=0, max_value=730,
        help_text=_("Not sent to members whom any survey reached within so many days."),
    )  # fmt: skip
    expires_after_days = forms.IntegerField(label=_("Days to answer"), min_value=1, max_value=365)
    reminder_after_days = forms.IntegerField(
        label=_("Reminder after (days)"), min_value=1, max_value=364, required=False,
        help_text=_("Empty: none. There is never more than one."),
    )  # fmt: skip
    points = forms.IntegerField(
        label=_("Points for completing it"), min_value=0, max_value=1_000_000,
        help_text=_("The same for every answer; once per invitation."),
    )  # fmt: skip
    points_budget = forms.IntegerField(
        label=_("Points to give at most"), min_value=0, max_value=2_000_000_000, required=False,
        help_text=_("Altogether. What goes beyond isn't given. Empty: no limit."),
    )  # fmt: skip
    main_question = forms.ChoiceField(
        label=_("Main question"), required=False,
        help_text=_("Its answer is the score, and can be given with one press in the e-mail."),
    )  # fmt: skip
    low = forms.ChoiceField(
        label=_("Somebody follows up"), required=False,
        help_text=_("When the main question is answered so."),
    )  # fmt: skip
    follow_up_hours = forms.IntegerField(label=_("Hours to follow up"), min_value=1, max_value=2000)
    is_anonymous = forms.BooleanField(
        label=_("Anonymous"), required=False,
        help_text=_("Staff see answers, never who gave them; nobody can follow up."),
    )  # fmt: skip

    def __init__(self, *args: Any, survey: Survey, questions: list[Question], **kwargs: Any):
        names = (name for name in self.base_fields if name != "low")
        initial = {name: getattr(survey, name) for name in names} | (survey.i18n or {})
        initial["low"] = "" if survey.low_line is None else str(survey.low_line)
        super().__init__(*args, initial=initial, **kwargs)
        self.questions = [each for each in questions if has_ends(each.kind, each.lowest,
                                                                 each.highest)]  # fmt: skip
        field: Any = self.fields["main_question"]
        field.choices = [("", _("the first that has a scale"))] + [
            (each.code, each.text_i18n) for each in self.questions
        ]
        main: Any = self.fields["low"]
        main.choices = self._list_lines(survey)
        self.add_languages()
        dress_form(self)

    def _list_lines(self, survey: Survey) -> list[tuple[str, Any]]:
        named = [each for each in self.questions if each.code == survey.main_question]
        main = next(iter(named or self.questions), None)
        lines: list[tuple[str, Any]] = [(NOBODY, pgettext_lazy("follow-up", "never"))]
        if main is not None:
            steps = list_steps(main.kind, main.lowest, main.highest)
            for step in steps[1:]:
                share = find_share(main.kind, step, main.lowest, main.highest)
                below = name_step(main.kind, step)
                lines.append((str(share), _("below “%(step)s”") % {"step": below}))
        kept = survey.low_line
        if kept is not None and str(kept) not in dict(lines):
            below = f"{kept / 10:g} %"
            lines.append((str(kept), _("below “%(step)s”") % {"step": below}))
        return lines

    def get_terms(self) -> dict[str, Any]:
        data = self.cleaned_data
        low = data["low"]
        terms = {
            name: data[name] for name in self.base_fields if name not in ("low", *self.word_fields)
        }
        return {**terms, **self.get_words(), "low_line": int(low) if low else None}


class VersionForm(WordsFormMixin, forms.Form):
    """Title, introduction and thanks of a draft."""

    word_fields = VERSION_WORDS
    title = forms.CharField(label=_("Title"), max_length=120)
    intro = forms.CharField(
        label=_("Introduction"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    thanks = forms.CharField(
        label=_("Thanks"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Shown once it is complete."),
    )  # fmt: skip

    def __init__(self, *args: Any, version: SurveyVersion, **kwargs: Any):
        super().__init__(*args, initial=read_initial(version, VERSION_WORDS), **kwargs)
        self.add_languages()
        dress_form(self)


class TriggerForm(MoneyMixin, forms.Form):
    """After what members are invited; what an event doesn't need may stay empty."""

    money_fields = ("least_money",)
    event = forms.ChoiceField(label=_("After"), choices=TriggerEvent)
    is_enabled = forms.BooleanField(label=_("Switched on"), required=False, initial=True)
    share_permille = forms.TypedChoiceField(
        label=_("Whom it asks"), coerce=int, initial=1000,
        help_text=_("Which ones is chance, but stays the same."),
    )  # fmt: skip
    delay_hours = forms.DecimalField(
        label=_("Delay (hours)"), min_value=0, max_value=8760, initial=0, decimal_places=1,
        max_digits=6,
    )  # fmt: skip
    freshness_hours = forms.IntegerField(
        label=_("No older than (hours)"), min_value=1, max_value=720, initial=48,
        help_text=_("An import of history asks nobody about last year."),
    )  # fmt: skip
    least_money = build_money_field(
        _("Purchase of at least"), required=False,
        help_text=_("What you leave empty here asks nothing."),
    )  # fmt: skip
    product = forms.ModelChoiceField(
        Product.objects.all(), label=_("With this product"), required=False,
        widget=AutocompleteSelect(
            Trigger._meta.get_field("product"), admin.site,
            attrs={"class": "unfold-admin-autocomplete"},
        ),
    )  # fmt: skip
    category = forms.ModelChoiceField(
        Category.objects.order_by("name"), label=_("With goods of"), required=False,
        empty_label=_("any"),
    )  # fmt: skip
    store = forms.ModelChoiceField(
        Store.objects.order_by("name"), label=_("Store"), required=False, empty_label=_("any")
    )
    channel = forms.ModelChoiceField(
        Channel.objects.order_by("name"), label=_("Channel"), required=False, empty_label=_("any")
    )
    audience = forms.ModelChoiceField(
        Audience.objects.order_by("kind", "name"), label=_("Audience"), required=False,
        help_text=_("Whom a date asks."), empty_label=_("Choose …"),
    )  # fmt: skip
    starts_on = build_date_field(_("First on"), required=False)
    every_months = forms.IntegerField(
        label=_("Again every (months)"), required=False, min_value=1, max_value=60,
        help_text=_("Empty: once."),
    )  # fmt: skip

    def __init__(self, *args: Any, trigger: Trigger | None = None, **kwargs: Any):
        self.trigger = trigger
        if trigger is not None:
            kwargs["initial"] = {name: getattr(trigger, name) for name in _TRIGGER_COLUMNS} | {
                "delay_hours": round(trigger.delay_minutes / 60, 1)
            }
            if trigger.least_amount:
                kwargs["initial"]["least_money"] = to_decimal(
                    trigger.least_amount, get_club().currency
                )
        super().__init__(*args, **kwargs)
        shares = list(_SHARES)
        if trigger is not None and trigger.share_permille not in dict(shares):
            share_text = _("%(share)s %% of them") % {"share": f"{trigger.share_permille / 10:g}"}
            shares.append((trigger.share_permille, share_text))
        share: Any = self.fields["share_permille"]
        share.choices = shares
        self.set_up_money()
        dress_form(self)

    def iter_groups(self):
        """Name, heading and fields of each group; the style sheet hides those that the chosen
        event has no use for.
        """
        of_purchases = ("least_money", *OF_PURCHASES[1:])
        rest = [
            name for name in self.fields if name not in of_purchases and name not in OF_DATES
        ]  # fmt: skip
        for name, heading, fields in (
            ("always", "", rest),
            ("purchases", _("Only of purchases"), of_purchases),
            ("dates", _("On a date"), OF_DATES),
        ):
            yield name, heading, [self[each] for each in fields]

    def get_terms(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **{name: data[name] for name in _TRIGGER_COLUMNS},
            "least_amount": self.to_minor("least_money") or None,
            "delay_minutes": int(data["delay_hours"] * 60),
        }
