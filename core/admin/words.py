"""Forms with a tab for each language beside the club's own."""

from django.contrib.admin.utils import flatten_fieldsets
from django.utils.html import format_html
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _
from modeltrans.fields import TranslatedVirtualField
from modeltrans.translator import get_i18n_field
from unfold.decorators import display

from core.admin.base import StaffAdmin
from core.joining import join_comma
from core.words import key_of, list_active_paths, list_translations


def name_language(language):
    """As its readers call it: 日本語."""
    return get_language_info(language)["name_local"]


def dress_translation(field, language):
    """A translation may stay empty: then it isn't kept, and the club's own words show."""
    field.required, field.empty_value, field.help_text = False, None, ""
    field.widget.attrs["lang"] = language
    return field


class TranslatedFields:
    """Form fields of translations, for admin classes and inlines of models with ``Words``."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(db_field, TranslatedVirtualField):
            dress_translation(field, db_field.language)
        return field


def build_column(field):
    """A column of a list with the words as its reader knows them; sorted as the club wrote them."""

    @display(description=field.verbose_name, ordering=field.name)
    def show(row):
        return getattr(row, f"{field.name}_i18n")

    return show


class WordsList:
    """Lists show the words in the language of whoever looks, and find them in it too."""

    def __init__(self, model, admin_site):
        super().__init__(model, admin_site)
        self.words = get_i18n_field(model).fields
        for name in self.words:
            setattr(self, f"show_{name}", build_column(model._meta.get_field(name)))

    def _get_columns(self, names):
        return [f"show_{name}" if name in self.words else name for name in names]

    def get_list_display(self, request):
        return self._get_columns(super().get_list_display(request))

    def get_list_display_links(self, request, list_display):
        return self._get_columns(super().get_list_display_links(request, list_display))

    def get_search_fields(self, request):
        asked = super().get_search_fields(request)
        return [*asked, *(list_active_paths(self.words) if asked else ())]


class WordsAdmin(WordsList, TranslatedFields, StaffAdmin):
    """A tab for each language. It says which words are missing, and what members read instead."""

    def get_fieldsets(self, request, obj=None):
        return self.add_languages(super().get_fieldsets(request, obj), obj)

    def add_languages(self, fieldsets, obj):
        fieldsets = list(fieldsets)
        asked = set(flatten_fieldsets(fieldsets))
        fields = [name for name in self.words if name in asked]
        if not fields:
            return fieldsets
        return [*fieldsets, *(self._build_tab(fields, obj, code) for code in list_translations())]

    def _build_tab(self, fields, obj, language):
        name = name_language(language)
        missing = [
            str(self.opts.get_field(field).verbose_name)
            for field in fields
            if obj is not None and getattr(obj, field) and not getattr(obj, key_of(field, language))
        ]
        if missing:
            title = ngettext(
                "%(language)s: %(count)s missing", "%(language)s: %(count)s missing", len(missing)
            ) % {"language": name, "count": len(missing)}
            told = _("Missing: %(words)s. Members who read %(language)s see the club's own words.")
            note = told % {"words": join_comma(missing), "language": name}
        else:
            title, note = name, _("What is left empty is shown in the club's own words.")
        return title, {
            "fields": [key_of(field, language) for field in fields],
            "classes": ["tab"],
            "description": format_html("{}", note),
        }

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in self.words:
            for language in list_translations():
                key = key_of(field, language)
                if key in form.base_fields and field in form.base_fields:
                    form.base_fields[key].label = form.base_fields[field].label
        return form
