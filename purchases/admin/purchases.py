"""Purchases and returns as they came in; intake alone writes them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, ReadOnlyInline, link_to
from core.money import format_money
from members.selectors.club import get_club
from members.selectors.search import list_member_ids
from purchases.incoming import write_quantity
from purchases.models import Line, Purchase, PurchaseVersion, Return, ReturnLine, Source
from purchases.registry import staff_links

_FOUND = 200  # purchases of one external id, over all sources


def find_by_external_id(model, text):
    """Ids by external id in any source, along the unique index that begins with the source."""
    sources = list(Source.objects.values_list("pk", flat=True))
    found = model.objects.filter(source__in=sources, external_id=text)
    return list(found.values_list("pk", flat=True)[:_FOUND])


class LineInline(ReadOnlyInline):
    model = Line
    per_page = 100
    fields = ("position", "product", "category", "show_quantity", "show_amount", "show_discount",
              "show_tax", "show_otherwise")  # fmt: skip
    readonly_fields = fields
    ordering = ("position",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("product", "category")

    @display(description=_("quantity"))
    def show_quantity(self, line):
        return write_quantity(line.quantity)

    @display(description=_("amount"))
    def show_amount(self, line):
        return format_money(line.amount, get_club().currency)

    @display(description=_("discount"))
    def show_discount(self, line):
        return format_money(line.discount_amount, get_club().currency)

    @display(description=_("tax"))
    def show_tax(self, line):
        return format_money(line.tax_amount, get_club().currency)

    @display(description=_("with credit or points"))
    def show_otherwise(self, line):
        return format_money(line.paid_otherwise_amount, get_club().currency)


class ReturnInline(ReadOnlyInline):
    model = Return
    fields = readonly_fields = ("external_id", "returned_at", "show_total")
    show_change_link = True
    ordering = ("returned_at",)

    @display(description=_("total"))
    def show_total(self, item):
        return format_money(item.total_amount, get_club().currency)


class VersionInline(ReadOnlyInline):
    """What its shop said of the order each time; purchases of tills have none."""

    model = PurchaseVersion
    fields = readonly_fields = ("number", "said_at", "recorded_at", "show_total", "is_void")
    ordering = ("number",)

    @display(description=_("total"))
    def show_total(self, version):
        return format_money(version.total_amount, get_club().currency)


@admin.register(Purchase)
class PurchaseAdmin(ReadOnlyAdmin):
    empty_note = _("Purchases come from the counter, a file, a shop or the API.")
    list_display = ("purchased_at", "show_member", "external_id", "store", "channel", "line_count",
                    "show_total")  # fmt: skip
    list_display_links = ("purchased_at", "external_id")
    list_select_related = ("member", "store", "channel", "source")
    list_filter = (
        ("purchased_at", PeriodFilter),
        ("store", AutocompleteSelectFilter),
        ("channel", RelatedDropdownFilter),
        ("source", RelatedDropdownFilter),
    )
    search_fields = ("external_id",)
    search_help_text = _("Purchase id, or a member's number, e-mail, phone or name")
    ordering = ("-purchased_at", "-pk")
    inlines = (LineInline, ReturnInline, VersionInline)
    fields = (
        ("show_member", "purchased_at"),
        ("external_id", "source"),
        ("store", "channel"),
        ("show_total", "show_discount", "recorded_at"),
    )
    readonly_fields = ("show_member", "show_total", "show_discount")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        if found := find_by_external_id(Purchase, term):
            return queryset.filter(pk__in=found), False
        return queryset.filter(member__in=list_member_ids(term)), False

    change_form_template = "admin/purchases/purchase_form.html"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        links = [link for link in staff_links if request.user.has_perm(link.permission)]
        context["staff_links"] = [(link, link.build_url(obj)) for link in links]
        return super().render_change_form(request, context, add, change, form_url, obj)

    @display(description=_("member"))
    def show_member(self, purchase):
        return link_to(purchase.member)

    @display(description=_("total"), ordering="total_amount")
    def show_total(self, purchase):
        return format_money(purchase.total_amount, purchase.currency)

    @display(description=_("discount"))
    def show_discount(self, purchase):
        return format_money(purchase.discount_amount, purchase.currency)

    def get_sortable_by(self, request):
        """Only along the index: any other order would sort the whole table."""
        return ("purchased_at",)


class ReturnLineInline(ReadOnlyInline):
    model = ReturnLine
    fields = readonly_fields = ("show_line", "show_quantity", "show_amount")
    ordering = ("line__position",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("line__product")

    @display(description=_("line"))
    def show_line(self, item):
        return f"{item.line.position} {item.line.product or ''}"

    @display(description=_("quantity"))
    def show_quantity(self, item):
        return write_quantity(item.quantity)

    @display(description=_("amount"))
    def show_amount(self, item):
        return format_money(item.amount, get_club().currency)


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    list_display = ("returned_at", "external_id", "show_purchase", "show_member", "show_total")
    list_display_links = ("returned_at", "external_id")
    list_select_related = ("purchase__member", "source")
    search_fields = ("external_id",)
    search_help_text = _("Return id")
    ordering = ("-pk",)
    inlines = (ReturnLineInline,)
    fields = (
        ("show_member", "show_purchase"),
        ("external_id", "source"),
        ("returned_at", "recorded_at", "show_total"),
    )
    readonly_fields = ("show_member", "show_purchase", "show_total")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(pk__in=find_by_external_id(Return, term)), False

    def get_sortable_by(self, request):
        return ()

    @display(description=_("purchase"))
    def show_purchase(self, item):
        return link_to(item.purchase)

    @display(description=_("member"))
    def show_member(self, item):
        return link_to(item.purchase.member)

    @display(description=_("total"))
    def show_total(self, item):
        return format_money(item.total_amount, get_club().currency)
