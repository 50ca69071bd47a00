"""Forms of a question with its answers and jumps, and of calculated scores."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.admin import dress_form
from surveys.admin.survey_forms import WordsFormMixin, read_initial
from surveys.engine.faults import list_operators
from surveys.engine.path import CHOOSING, Rule
from surveys.engine.scales import has_ends, list_steps
from surveys.enums import Operator, QuestionKind, ScorePart
from surveys.models import Question, Score
from surveys.selectors.versions import list_choices, read_rules
from surveys.selectors.wording import name_step
from surveys.services.building import ChoiceTerms, PartTerms, QuestionTerms, ScoreTerms
from surveys.services.building.terms import QUESTION_WORDS

END = "__end__"


class QuestionForm(WordsFormMixin, forms.Form):
    """A question of one kind; answers and jumps stand in formsets beside it."""

    text = forms.CharField(label=_("Question"), max_length=300)
    hint = forms.CharField(
        label=_("Hint"), max_length=300, required=False,
        help_text=_("Stands below the question."),
    )  # fmt: skip
    low_label = forms.CharField(
        label=_("Word at the low end"), max_length=60, required=False,
        help_text=_("As in “not at all”."),
    )  # fmt: skip
    high_label = forms.CharField(label=_("Word at the high end"), max_length=60, required=False)
    lowest = forms.IntegerField(
        label=_("Lowest"), required=False, min_value=-32768, max_value=32767
    )
    highest = forms.IntegerField(
        label=_("Highest"), required=False, min_value=-32768, max_value=32767,
        help_text=_("Up to eleven numbers are pressed, more are typed."),
    )  # fmt: skip
    is_required = forms.BooleanField(label=_("Has to be answered"), required=False)

    def __init__(self, *args: Any, kind: str, question: Question | None = None, **kwargs: Any):
        if question is not None:
            kwargs["initial"] = read_initial(question, QUESTION_WORDS) | {
                "lowest": question.lowest, "highest": question.highest,
                "is_required": question.is_required,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.kind = kind
        is_number = kind == QuestionKind.NUMBER
        # Faces have their words, the same in every message and on every page.
        if kind == QuestionKind.FACES or not (is_number or has_ends(kind)):
            del self.fields["low_label"], self.fields["high_label"]
        if not is_number:
            del self.fields["lowest"], self.fields["highest"]
        if kind == QuestionKind.QUOTE:
            del self.fields["is_required"]
        self.word_fields = tuple(name for name in QUESTION_WORDS if name in self.fields)
        self.add_languages()
        dress_form(self)

    def get_terms(self, choices: list[ChoiceTerms], rules: list[Rule]) -> QuestionTerms:
        data = self.cleaned_data
        return QuestionTerms(
            self.kind, self.get_words(), is_required=data.get("is_required", False),
            lowest=data.get("lowest"), highest=data.get("highest"), choices=choices, rules=rules,
        )  # fmt: skip


class ChoiceForm(WordsFormMixin, forms.Form):
    word_fields = ("text",)
    code = forms.SlugField(widget=forms.HiddenInput, required=False, max_length=40)
    text = forms.CharField(label=_("Answer"), max_length=120, required=False)
    value = forms.IntegerField(
        label=pgettext_lazy("an answer", "Counts for"), min_value=0, max_value=100, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.add_languages()
        dress_form(self)


class _ChoiceFormSet(forms.BaseFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = pgettext_lazy("in a row", "Place")
        form.fields["DELETE"].label = _("Remove")
        dress_form(form)

    def list_choices(self) -> list[ChoiceTerms]:
        """Those with words, in the order of their places; new ones have no code yet."""
        choices = []
        for form in self.ordered_forms:
            data = form.cleaned_data
            if data.get("text"):
                words = form.get_words()
                text = words.pop("text")
                choices.append(ChoiceTerms(data.get("code", ""), text, data.get("value"), words))
        return choices


def _build_choice_formset(extra: int) -> Any:
    return forms.formset_factory(
        ChoiceForm, formset=_ChoiceFormSet, extra=extra, can_order=True, can_delete=True
    )


# Most questions have a handful of answers; the rest come two by two.
_NewChoiceFormSet, _MoreChoiceFormSet = _build_choice_formset(5), _build_choice_formset(2)


def build_choices(data: Any, question: Question | None) -> Any:
    rows = list_choices(question) if question is not None else []
    initial = [
        {"code": each.code, "value": each.value, **read_initial(each, ("text",))} for each in rows
    ]
    kind = _MoreChoiceFormSet if rows else _NewChoiceFormSet
    return kind(data, initial=initial, prefix="choices")


class RuleForm(forms.Form):
    """A jump: if the answer is so, go there. Without an operator there is none."""

    operator = forms.ChoiceField(label=_("If the answer"), required=False)
    value = forms.CharField(label=_("this"), max_length=40, required=False)
    goes_to = forms.ChoiceField(label=_("go to"), required=False)

    def __init__(
        self, *args: Any, kind: str, values: list[tuple[str, Any]], goals: list[tuple[str, Any]],
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(*args, **kwargs)
        operator: Any = self.fields["operator"]
        operator.choices = [("", "–")] + [(each.value, each.label) for each in list_operators(kind)]
        if values:
            self.fields["value"] = forms.ChoiceField(
                label=_("this"), required=False, choices=[("", "–"), *values]
            )
        elif kind == QuestionKind.DATE:
            self.fields["value"].widget = forms.DateInput(attrs={"type": "date"})
        elif kind in (QuestionKind.TEXT,):
            del self.fields["value"]
        goes_to: Any = self.fields["goes_to"]
        goes_to.choices = goals
        self.order_fields(["operator", "value", "goes_to"])
        dress_form(self)

    def clean(self):
        cleaned = super().clean() or {}
        operator = cleaned.get("operator")
        if operator and operator not in Operator.without_value() and not cleaned.get("value"):
            self.add_error("value", _("Say which answer is meant."))
        return cleaned

    def get_rule(self) -> Rule | None:
        data = self.cleaned_data
        operator = data.get("operator")
        if not operator or data.get("DELETE"):
            return None
        value = "" if operator in Operator.without_value() else data.get("value", "").strip()
        goal = data.get("goes_to") or END
        return Rule(operator, value, None if goal == END else goal)


class _RuleFormSet(forms.BaseFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = pgettext_lazy("in a row", "Place")
        form.fields["DELETE"].label = _("Remove")
        dress_form(form)

    def list_rules(self) -> list[Rule]:
        return [rule for form in self.ordered_forms if (rule := form.get_rule()) is not None]


RuleFormSet = forms.formset_factory(
    RuleForm, formset=_RuleFormSet, extra=1, can_order=True, can_delete=True
)


def build_rules(data: Any, kind: str, question: Question | None, questions: list[Question]) -> Any:
    """The jumps of a question; they lead to later ones, or to the end."""
    initial = []
    if question is not None:
        initial = [
            {"operator": each.operator, "value": each.value, "goes_to": each.goes_to or END}
            for each in read_rules(question)
        ]
    here = question.position if question is not None else 10_000
    later = [each for each in questions if each.position > here]
    goals = [(each.code, f"{each.position}. {each.text_i18n}") for each in later]
    options = {
        "kind": kind, "values": _list_values(kind, question),
        "goals": [*goals, (END, _("the end"))],
    }  # fmt: skip
    return RuleFormSet(data, initial=initial, prefix="rules", form_kwargs=options)


def _list_values(kind: str, question: Question | None) -> list[tuple[str, Any]]:
    if kind in CHOOSING:
        rows = list_choices(question) if question is not None else []
        return [(each.code, each.text_i18n) for each in rows]
    bounds = (question.lowest, question.highest) if question is not None else (None, None)
    steps = [1, 0] if kind == QuestionKind.QUOTE else list_steps(kind, *bounds)
    return [(str(step), name_step(kind, step)) for step in steps]


class ScoreForm(WordsFormMixin, forms.Form):
    """A calculated score: of each question, as what it counts and how much it weighs."""

    word_fields = ("name",)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)

    def __init__(self, *args: Any, score: Score | None, questions: list[Question], **kwargs: Any):
        self.score = score
        terms = {each.question.code: each for each in score.terms.all()} if score else {}
        initial = read_initial(score, ("name",)) if score else {}
        super().__init__(*args, initial=initial, **kwargs)
        self.add_languages()
        self.questions = questions
        for each in questions:
            term = terms.get(each.code)
            self.fields[f"part_{each.code}"] = forms.ChoiceField(
                label=each.text_i18n, required=False,
                choices=[("", _("doesn't count")), *ScorePart.choices],
                initial=term.part if term else "",
            )  # fmt: skip
            self.fields[f"weight_{each.code}"] = forms.IntegerField(
                label=_("Weight"), required=False, min_value=1, max_value=100,
                initial=term.weight if term else 1,
            )  # fmt: skip
        dress_form(self)

    def iter_own(self):
        return [self["name"]]

    def iter_parts(self):
        for each in self.questions:
            yield self[f"part_{each.code}"], self[f"weight_{each.code}"]

    def get_terms(self) -> ScoreTerms:
        data, words = self.cleaned_data, self.get_words()
        parts = [
            PartTerms(each.code, data[f"part_{each.code}"], data[f"weight_{each.code}"] or 1)
            for each in self.questions
            if data[f"part_{each.code}"]
        ]
        return ScoreTerms(self.score.code if self.score else "", words.pop("name"), parts, words)
