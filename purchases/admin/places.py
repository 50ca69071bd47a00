"""Where purchases come from and where they are made."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import StaffAdmin, WordsAdmin
from core.joining import join_comma
from purchases.models import Channel, Source, Store


class CodedAdmin(StaffAdmin):
    """The code is how tills name the row: chosen once."""

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "code") if obj else self.readonly_fields


@admin.register(Channel)
class ChannelAdmin(CodedAdmin, WordsAdmin):
    list_display = ("name", "code", "return_window_days")
    search_fields = ("name", "code")
    ordering = ("name",)
    fields = ("name", "code", "return_window_days")


@admin.register(Store)
class StoreAdmin(CodedAdmin, WordsAdmin):
    list_display = ("name", "code", "channel", "zone")
    list_select_related = ("channel",)
    list_filter = ("channel",)
    search_fields = ("name", "code")
    ordering = ("name", "pk")
    fields = ("name", "code", "channel", "zone")


@admin.register(Source)
class SourceAdmin(CodedAdmin):
    """A till or shop, with the way its files are read as the last import confirmed it."""

    list_display = ("name", "code", "default_channel", "default_store", "encoding")
    list_select_related = ("default_channel", "default_store")
    search_fields = ("name", "code")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "code", ("default_channel", "default_store"))}),
        (_("Forgotten cards"), {"fields": (("claim_days", "has_random_numbers"),)}),
        (_("How its files are read"),
         {"fields": (("encoding", "date_format"), "zone", "show_mapping")}),
    )  # fmt: skip
    readonly_fields = ("show_mapping",)

    @display(description=_("columns"))
    def show_mapping(self, source):
        pairs = [f"{field} ← {' + '.join(names)}" for field, names in source.mapping.items()]
        return join_comma(pairs) or _("The first import asks for them.")
