"""What staff type about reviews."""

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.enums import ReviewRefusal
from surveys.forms_typed import WordsField
from surveys.models import ReviewTerms, Theme
from surveys.models.review import TEXT_LENGTH


class RefusalForm(forms.Form):
    refusal = forms.ChoiceField(
        label=_("Why it isn't shown"),
        choices=[("", "–"), *ReviewRefusal.choices],
        help_text=_("The author reads this. How many stars it has is no reason."),
    )
    note = forms.CharField(
        label=_("More, in words for the author"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReplyForm(forms.Form):
    text = WordsField(
        label=_("Reply in public"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("Everybody reads it below the review, in the language you write it in."),
    )


class ThemesForm(forms.Form):
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.order_by("name"),
        label=_("Themes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ReviewUploadForm(forms.Form):
    origin_name = forms.CharField(
        label=_("Site"), max_length=60,
        help_text=_("As readers know it. A column “site” in the file goes before it."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "CSV with the columns id, date and stars; also title, text, author, link, language and"
            " product, where there are any."
        ),
    )


class TermsForm(forms.ModelForm):
    class Meta:
        model = ReviewTerms
        fields = ("is_open", "points", "cap_points", "flagged_words")
