"""What a member types and brings when they write a review."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.photos import CleanPhoto, PhotoRefused, read_photo
from surveys.engine.pen_names import build_pen_name
from surveys.enums import ReviewName
from surveys.forms_typed import WordsField
from surveys.models import Review
from surveys.models.review import MOST_PHOTOS, NAME_LENGTH, STARS, TEXT_LENGTH, TITLE_LENGTH


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class _PhotosField(forms.FileField):
    """Any number of files; the form judges each by itself (``clean_photos``)."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return data


class ReviewForm(forms.Form):
    """``photos`` are the good ones afterwards; what was wrong with others stands in
    ``refused_photos`` as (file name, sentence), and holds nothing else up.
    """

    edition = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    stars = forms.TypedChoiceField(
        label=_("Stars"),
        coerce=int,
        choices=[(number, str(number)) for number in STARS],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one to five stars.")},
    )
    title = forms.CharField(
        label=_("In a few words"), max_length=TITLE_LENGTH, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )  # fmt: skip
    text = WordsField(
        label=_("What was it like?"),
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
        help_text=_("What was good, what wasn't, and for whom would it be right?"),
        error_messages={"required": _("Say in a few words what it was like.")},
    )
    photos = _PhotosField(
        label=_("Photographs"),
        required=False,
        widget=_SeveralFiles(
            attrs={
                "multiple": True,
                "accept": "image/jpeg,image/png,image/webp,image/avif",
                "data-photo-preview": "photo-preview",
            }
        ),
        help_text=_(
            "Up to four, 12 MB each. Where and when they were taken is removed. Show nobody who"
            " doesn't wish it."
        ),
    )
    removed = forms.TypedMultipleChoiceField(coerce=int, required=False)
    name_kind = forms.ChoiceField(
        label=_("Show me as"), choices=ReviewName.choices, widget=forms.RadioSelect
    )
    nickname = forms.CharField(
        label=_("Nickname"), max_length=NAME_LENGTH, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "dir": "auto"}),
    )  # fmt: skip
    may_quote = forms.BooleanField(
        label=_("The club may quote this review"),
        help_text=_("On its first page, in the shop or in its letters, with the name above."),
        required=False,
    )

    def __init__(self, *args: Any, member: Any, review: Review | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.review = review
        self.refused_photos: list[tuple[str, str]] = []
        self.kept_photos = list(review.photos.all()) if review else []
        removed = self.fields["removed"]
        removed.choices = [(each.pk, "") for each in self.kept_photos]  # type: ignore[attr-defined]
        self.short_name = build_pen_name(member, ReviewName.SHORT)
        if not self.short_name:
            names = [pair for pair in ReviewName.choices if pair[0] != ReviewName.SHORT]
            self.fields["name_kind"].choices = names  # type: ignore[attr-defined]
        self.initial = {**_read(review, self.short_name), **self.initial}

    def clean_photos(self) -> list[CleanPhoto]:
        """Each file by itself; reading stops where no place is left."""
        removed = self.data.getlist("removed") if hasattr(self.data, "getlist") else []
        kept = [each for each in self.kept_photos if str(each.pk) not in removed]
        room = MOST_PHOTOS - len(kept)
        good: list[CleanPhoto] = []
        for upload in self.files.getlist(self.add_prefix("photos")) if self.files else []:
            name = (upload.name or "")[:80]
            if len(good) >= room:
                words = _("At most %(most)s photographs.") % {"most": MOST_PHOTOS}
                self.refused_photos.append((name, str(words)))
                continue
            try:
                good.append(read_photo(upload))
            except PhotoRefused as refusal:
                self.refused_photos.append((name, str(refusal)))
        return good

    @property
    def chosen_stars(self) -> str:
        return str(self["stars"].value() or "")

    @property
    def chosen_name(self) -> str:
        return str(self["name_kind"].value() or "")

    @property
    def removed_ids(self) -> set[str]:
        return {str(each) for each in (self["removed"].value() or ())}


def _read(review: Review | None, short_name: str) -> dict[str, Any]:
    kind = ReviewName.SHORT if short_name else ReviewName.ANONYMOUS
    if review is None:
        return {"edition": 0, "name_kind": kind}
    is_nickname = review.name_kind == ReviewName.NICKNAME
    return {
        "edition": review.edition,
        "stars": review.stars,
        "title": review.title,
        "text": review.text,
        "name_kind": review.name_kind,
        "nickname": review.shown_name if is_nickname else "",
        "may_quote": review.may_quote,
    }
