"""What staff type about a follow-up."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.forms_typed import WordsField
from surveys.models import TEXT_LENGTH
from surveys.selectors.follow_ups import list_workers


def _words(rows=3):
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


class NoteForm(forms.Form):
    text = WordsField(
        label=_("Note"), max_length=TEXT_LENGTH, widget=_words(2),
        help_text=_("For colleagues; the member doesn't read it."),
    )  # fmt: skip


class AnswerForm(forms.Form):
    text = WordsField(
        label=_("Your answer"), max_length=TEXT_LENGTH, widget=_words(5),
        help_text=_("They read it on their pages and get it by e-mail, as you write it."),
    )  # fmt: skip


class ClosingForm(forms.Form):
    text = WordsField(
        label=pgettext_lazy("a follow-up", "What was done"), max_length=TEXT_LENGTH,
        widget=_words(2),
        help_text=_("For colleagues. Promotions go to the member again from now on."),
    )  # fmt: skip


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(queryset=None, label=pgettext_lazy("of a follow-up", "To whom"))
    text = WordsField(label=_("Note"), max_length=TEXT_LENGTH, required=False,
                      widget=_words(2))  # fmt: skip

    def __init__(self, *args, but=None, **kwargs):
        super().__init__(*args, **kwargs)
        workers = list_workers()
        self.fields["to"].queryset = workers.exclude(pk=but) if but else workers
