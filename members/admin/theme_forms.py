"""What the owner says of how the club looks: two colours, and words in each language."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.admin import dress_form, name_language
from core.colour import TEXT, get_contrast, get_least_contrast
from core.words import key_of, list_translations
from members import palette
from members.models import Theme
from members.services.theming import explain_refusal, format_contrast

PHOTOS = ("logo", "mark", "hero")
WORDS = ("hero_alt", "tagline", "story_title", "story", "story_values", "opening_hours")
JUDGES = {"accent": palette.judge_accent, "card": palette.judge_card}
HOUSE = {"accent": palette.HOUSE_ACCENT, "card": palette.HOUSE_CARD}
CLEAR = 7.0  # WCAG 2.2, success criterion 1.4.6
_ROWS = {"tagline": 2, "story": 10, "story_values": 6, "opening_hours": 4}


class ColorField(forms.CharField):
    """A colour as ``#rrggbb``. The house's own is kept as nothing, so that it may change."""

    def __init__(self, name, **kwargs):
        widget = forms.TextInput(
            attrs={"maxlength": 7, "autocomplete": "off", "spellcheck": "false", "data-color": name}
        )
        super().__init__(required=False, widget=widget, **kwargs)
        self.house = HOUSE[name]

    def clean(self, value):
        value = super().clean(value)
        try:
            color = palette.clean_color(value)
        except ValueError:
            raise forms.ValidationError(
                _("“%(value)s” is no colour. It is written as # and six digits or letters a to f, "
                  "as in %(example)s."),
                params={"value": value, "example": self.house},
            ) from None  # fmt: skip
        return "" if color == self.house else color


class ThemeForm(forms.Form):
    """``get_changes`` is what ``update_theme`` takes."""

    accent = ColorField(
        "accent",
        label=gettext_lazy("Accent colour"),
        help_text=gettext_lazy("Links, buttons, what is chosen. Shades for washes and for dark "
                               "paper are made from it."),
    )  # fmt: skip
    card = ColorField(
        "card",
        label=gettext_lazy("Card colour"),
        help_text=gettext_lazy("The membership card where a tier brings no colour of its own."),
    )

    def __init__(self, data=None, files=None, *, theme, is_open=True):
        super().__init__(data, files)
        self.theme = theme
        for name in JUDGES:
            self.fields[name].initial = getattr(theme, name) or HOUSE[name]
        for name in PHOTOS:
            self.fields[name] = Theme._meta.get_field(name).formfield()
            self.fields[name].initial = getattr(theme, name)
        for name in (*WORDS, "map_url"):
            self._add_word(name, Theme._meta.get_field(name))
        dress_form(self)
        for field in self.fields.values():
            field.disabled = not is_open

    def _add_word(self, name, field):
        self.fields[name] = self._build_word(name, field, field.formfield())
        self.fields[name].initial = getattr(self.theme, name)
        if name not in WORDS:
            return
        for language in list_translations():
            key = key_of(name, language)
            translated = field.formfield(label=name_language(language), help_text="")
            self.fields[key] = self._build_word(name, field, translated)
            self.fields[key].widget.attrs["lang"] = language
            self.fields[key].initial = getattr(self.theme, key) or ""

    def _build_word(self, name, field, form_field):
        if name in _ROWS:
            form_field.widget = forms.Textarea(attrs={"rows": _ROWS[name]})
            form_field.widget.attrs["maxlength"] = field.max_length
        form_field.widget.attrs["dir"] = "auto"
        return form_field

    def iter_photos(self):
        for name in PHOTOS:
            yield self[name]

    def iter_words(self):
        """(field, its translations, how many of them are written)."""
        for name in WORDS:
            others = [self[key_of(name, language)] for language in list_translations()]
            yield self[name], others, sum(bool(each.value()) for each in others)

    def get_picks(self):
        """The colours as they stand in the fields, where they are colours."""
        return {name: read_pick(name, self[name].value()) for name in JUDGES}

    def get_changes(self):
        return {name: self.cleaned_data[name] for name in self.changed_data} | {
            name: self.cleaned_data[name] for name in JUDGES
        }


def read_pick(name, typed):
    try:
        return palette.clean_color(str(typed or "")) or HOUSE[name]
    except ValueError:
        return getattr(palette, f"HOUSE_{name.upper()}")


# --- Figures ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """One pair of colours that meets on a page, and how it reads."""

    name: str
    ratio: str
    verdict: str
    is_enough: bool


def build_figures(picks):
    """For the picks: what would be refused, the figures, and the address of their preview.

    A pick that can't be kept is previewed in the nearest shade that can.
    """
    judged = {name: JUDGES[name](color) for name, color in picks.items()}
    refused = [
        {"name": name, "reason": explain_refusal(name, found), "nearest": found.nearest}
        for name, found in judged.items()
        if not found.is_legible
    ]
    shown = {
        name: found.color if found.is_legible else found.nearest for name, found in judged.items()
    }
    colours = palette.build_palette(shown["accent"], shown["card"])
    light, dark = colours.light, colours.dark
    on_card = palette.list_card_grounds(light["card"])
    figures = [
        _build(_("Links on light paper"), get_least_contrast(light["accent"], palette.ON_LIGHT)),
        _build(_("Words on a button"), get_contrast(light["on-accent"], light["accent"])),
        _build(_("Links on dark paper"), get_least_contrast(dark["accent"], palette.ON_DARK)),
        _build(_("Words on a button by night"), get_contrast(dark["on-accent"], dark["accent"])),
        _build(_("Words on the card"), get_least_contrast(light["card-ink"], on_card)),
        _build(_("Small words on the card"), get_least_contrast(light["card-soft"], on_card)),
    ]
    version = f"{palette.FORMULA}-{shown['accent'][1:]}-{shown['card'][1:]}"
    return {"refused": refused, "figures": figures, "version": version}


def _build(name, contrast):
    if contrast >= CLEAR:
        verdict = _("very clear")
    elif contrast >= TEXT:
        verdict = _("clear")
    else:
        verdict = _("too weak")
    return Figure(name, format_contrast(contrast), verdict, contrast >= TEXT)
