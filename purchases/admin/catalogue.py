"""Goods and their categories."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from core.admin import WordsAdmin
from purchases.models import Category, Product
from purchases.services.catalogue import add_category


@admin.register(Category)
class CategoryAdmin(WordsAdmin):
    """The tree: a category is placed once, by its parent; afterwards only its name changes.

    Imports find it by its slug, which a new name leaves alone.
    """

    list_display = ("show_path", "slug")
    list_select_related = ("parent__parent__parent",)
    search_fields = ("name", "slug")
    ordering = ("slug",)
    fields = ("name", "parent")
    autocomplete_fields = ("parent",)

    def get_readonly_fields(self, request, obj=None):
        return ("parent", "slug") if obj else ()

    def get_fields(self, request, obj=None):
        return ("name", "parent", "slug") if obj else ("name", "parent")

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            return
        made = add_category(
            obj.name, parent=obj.parent, i18n=obj.i18n, by=request.user, now=timezone.now()
        )
        obj.__dict__.update(made.__dict__)

    @display(description=_("category"), ordering="slug")
    def show_path(self, category):
        names, above = [category.name_i18n], category.parent
        for _level in range(3):
            if above is None:
                break
            names.append(above.name_i18n)
            above = above.parent if above.parent_id else None
        return " › ".join(reversed(names))


@admin.register(Product)
class ProductAdmin(WordsAdmin):
    list_display = ("name", "external_id", "category", "brand", "source")
    list_display_links = ("name", "external_id")
    list_select_related = ("category", "source")
    list_filter = (("category", AutocompleteSelectFilter), "source")
    search_fields = ("name", "external_id")
    autocomplete_fields = ("category",)
    ordering = ("-pk",)
    fields = (("source", "external_id"), ("name", "brand"), ("category", "margin"))

    def get_readonly_fields(self, request, obj=None):
        return ("source", "external_id") if obj else ()
