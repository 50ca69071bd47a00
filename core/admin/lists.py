"""Lists that read one row more than they show, instead of counting; filters by whole days."""

import datetime as dt

from django import forms
from django.db import connection, models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.views import ChangeList
from unfold.widgets import INPUT_CLASSES

from core.time import start_of

LAST_PAGE = 200  # an OFFSET reads all rows before it: whoever is that deep should search instead


class LookAhead:
    """What a list knows of its pages without counting: whether there is a next one.

    ``estimate`` is what PostgreSQL's own statistics say of the whole table, where the list
    shows the whole table.
    """

    template_name = "admin/_pages.html"

    def __init__(self, queryset, per_page, number):
        self.queryset, self.per_page = queryset, per_page
        self.number = min(max(number, 1), LAST_PAGE)

    @cached_property
    def rows(self):
        start = (self.number - 1) * self.per_page
        return list(self.queryset[start : start + self.per_page + 1])

    @property
    def object_list(self):
        return self.rows[: self.per_page]

    @property
    def has_next(self):
        return len(self.rows) > self.per_page and self.number < LAST_PAGE

    @property
    def is_cut_off(self):
        return len(self.rows) > self.per_page and self.number == LAST_PAGE

    @property
    def has_previous(self):
        return self.number > 1

    @property
    def first(self):
        return (self.number - 1) * self.per_page + bool(self.rows)

    @property
    def last(self):
        return (self.number - 1) * self.per_page + len(self.object_list)

    @cached_property
    def estimate(self):
        if not (self.has_next or self.has_previous) or self.queryset.query.where:
            return None
        return estimate_rows(self.queryset.model)


def estimate_rows(model) -> int | None:
    """Rows of a table as of its last ANALYZE, in one look-up; None where there was none yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        (rows,) = cursor.fetchone()
    return rows if rows >= 0 else None


class LookAheadChangeList(ChangeList):
    """A list that reads one row more than it shows, instead of counting them all."""

    def get_results(self, request):
        pages = LookAhead(self.queryset, self.list_per_page, self.page_num)
        self.paginator = pages
        self.page_num = pages.number
        self.result_list = pages.object_list
        self.result_count = self.full_result_count = pages.last
        self.show_full_result_count = False
        self.show_admin_actions = bool(self.result_list)
        self.can_show_all = False
        self.multi_page = False  # the numbers of all pages; ours are turned one by one


class _PeriodForm(forms.Form):
    """Two days, by the browser's own calendar."""

    def __init__(self, name, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for ending, label in (("_from", _("From")), ("_to", _("To, that day included"))):
            self.fields[name + ending] = forms.DateField(
                label=label,
                required=False,
                widget=forms.DateInput(
                    attrs={
                        "type": "date",
                        "class": " ".join(INPUT_CLASSES),
                        "aria-label": label,
                        "title": label,
                    }
                ),
            )


class PeriodFilter(RangeDateFilter):
    """From one day to another, both included, in the zone that the page shows.

    (Django's date hierarchy would read the whole table to find out which years it holds.)
    """

    form_class = _PeriodForm

    def queryset(self, request, queryset):
        for ending, lookup, days in (("_from", "gte", 0), ("_to", "lt", 1)):
            text = self.used_parameters.get(self.parameter_name + ending)
            try:
                day = dt.date.fromisoformat(text or "")
            except ValueError:
                continue
            start = start_of(day + dt.timedelta(days=days), timezone.get_current_timezone_name())
            value = start if isinstance(self.field, models.DateTimeField) else day
            if value is day:
                lookup = {"lt": "lte"}.get(lookup, lookup)
            queryset = queryset.filter(**{f"{self.field_path}__{lookup}": value})
        return queryset
