"""Lists of results in the back office: sorted, turned and taken along as files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import django_tables2 as tables
from django.core.paginator import EmptyPage
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django_tables2.paginators import LazyPaginator

from core.percent import format_percent
from surveys.models import Question, Response
from surveys.selectors.answer_rows import list_given
from surveys.selectors.results import ResultQuestions

_NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}
_PER_PAGE = 25


class CountColumn(tables.Column):
    """A whole number; the largest first when it is sorted for the first time."""

    def __init__(self, *arguments: Any, **options: Any):
        options.setdefault("initial_sort_descending", True)
        super().__init__(*arguments, attrs=_NUMBER, **options)

    def render(self, value: int) -> str:
        return number_format(value, force_grouping=True)

    def value(self, **arguments: Any) -> Any:
        return arguments["value"]


class FigureColumn(CountColumn):
    """A number with one digit after the point, of 0 to 100 by default."""

    def render(self, value: float) -> str:
        return number_format(value, 1)

    def value(self, **arguments: Any) -> Any:
        value = arguments["value"]
        return None if value is None else round(value, 1)


class ShareColumn(CountColumn):
    """A part of a hundred."""

    def render(self, value: float) -> str:
        return format_percent(round(value), 0)

    def value(self, **arguments: Any) -> Any:
        return round(arguments["value"], 1)


class ResultTable(tables.Table):
    """Sorted and turned by the address, below a prefix of its own where a page has several.
    ``label`` says what it lists.
    """

    label: Any = ""

    class Meta:
        template_name = "admin/surveys/_result_table.html"
        attrs = {"class": "staff-table results-table"}
        default = "–"

    def configure(self, request: HttpRequest, *, per_page: int = _PER_PAGE, **options: Any) -> None:
        """Cut out the page that the address asks for; a wrong number shows the first."""
        self.request = request
        self.sort(request)
        number = request.GET.get(self.prefixed_page_field, "")
        wanted = int(number) if number.isdecimal() and len(number) < 7 else 1
        try:
            self.paginate(page=max(wanted, 1), per_page=per_page, **options)
        except EmptyPage:
            self.paginate(page=1, per_page=per_page, **options)

    def sort(self, request: HttpRequest) -> None:
        order = request.GET.getlist(self.prefixed_order_by_field)
        if order:
            self.order_by = order

    def list_rows(self) -> tuple[list[Any], Iterator[list[Any]]]:
        """Header and rows of a file, in the order shown."""
        rows = self.as_values()
        header = [str(cell) for cell in next(rows)]
        return header, (["" if cell is None else cell for cell in row] for row in rows)


class MainColumn(FigureColumn):
    """The main question's figure, as its kind is told; a number in files."""

    def render(self, record: Mapping[str, Any]) -> str:
        return record["figure"]


class GroupTable(ResultTable):
    """The main question by store, tier, kind of goods, segment or period, with what is reckoned."""

    name = tables.Column()
    count = CountColumn(verbose_name=_("Answers"))
    value = MainColumn()
    low = FigureColumn(verbose_name=_("Interval from"), visible=False)
    high = FigureColumn(verbose_name=_("Interval to"), visible=False)
    picture = tables.TemplateColumn(
        template_name="admin/surveys/_interval.html", verbose_name=_("Where it may lie"),
        orderable=False, exclude_from_export=True, attrs={"td": {"class": "is-picture"}},
    )  # fmt: skip

    class Meta(ResultTable.Meta):
        sequence = ("name", "count", "value", "low", "high", "picture", "...")

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        by: str,
        label: Any,
        title: Any,
        figure: Any,
        scores: Sequence[str],
    ):
        """``figure`` is what the main question's is called, "" without one; ``scores`` the names of
        those that rows have as ``score0``, ``score1`` and so on.
        """
        self.label = label
        is_period = by == "period"
        more: list[tuple[str, tables.Column]] = [
            ("name", tables.Column(
                verbose_name=title, attrs={"td": {"class": "is-main"}},
                **({"order_by": "key", "initial_sort_descending": True} if is_period else {}),
            )),
            ("value", MainColumn(verbose_name=figure)),
            *((f"score{at}", FigureColumn(verbose_name=name)) for at, name in enumerate(scores)),
        ]  # fmt: skip
        super().__init__(
            rows,
            prefix=f"{by}-",
            extra_columns=more,
            exclude=() if figure else ("value", "low", "high", "picture"),
            order_by="-name" if is_period else (),
        )


class StepTable(ResultTable):
    """Question by question: how many came so far, and how many went no further."""

    label = _("How far they came")
    position = CountColumn(verbose_name=_("Position"), initial_sort_descending=False)
    text = tables.Column(verbose_name=_("Question"), attrs={"td": {"class": "is-main"}})
    reached = CountColumn(verbose_name=_("Answered"))
    of_first = ShareColumn(verbose_name=_("Of those who began"))
    stopped = CountColumn(verbose_name=_("Stopped here"))
    of_reached = ShareColumn(verbose_name=_("Of those who answered it"))

    class Meta(ResultTable.Meta):
        pass

    def __init__(self, rows: Sequence[Mapping[str, Any]]):
        super().__init__(rows, prefix="steps-")


class ThemeTable(ResultTable):
    label = _("Themes")
    name = tables.Column(verbose_name=_("Theme"), attrs={"td": {"class": "is-main"}})
    count = CountColumn(verbose_name=_("Answers"))
    share = ShareColumn(verbose_name=_("Of all answers"))
    score = FigureColumn(verbose_name=_("Score (0 to 100)"))

    class Meta(ResultTable.Meta):
        pass

    def __init__(self, rows: Sequence[Mapping[str, Any]]):
        super().__init__(rows, prefix="themes-")

    def render_name(self, record: Mapping[str, Any], value: str) -> str:
        return format_html('<a class="text-link" href="{}">{}</a>', record["url"], value)

    def value_name(self, value: str) -> str:
        return value


class SaidColumn(tables.Column):
    """What was answered to one question."""

    def __init__(self, question: Question):
        super().__init__(
            verbose_name=question.text_i18n, accessor="pk", orderable=False,
            attrs={"td": {"class": "is-said"}},
        )  # fmt: skip
        self.code = question.code

    def render(self, record: Response, table: "AnswerTable") -> Any:
        said = table.given.get(record.pk, {}).get(self.code, "–")
        return Truncator(said).chars(120) if isinstance(said, str) else said


class AnswerTable(ResultTable):
    """Complete answers of a survey one by one; never of an anonymous one."""

    label = _("Answers")
    day = tables.Column(
        verbose_name=_("Day"), accessor="started_at", attrs={"td": {"class": "when"}}
    )
    member = tables.Column(verbose_name=_("Member"), order_by="member__number")
    store = tables.Column(verbose_name=_("Store"), order_by=("store__name", "store_id"))
    tier = tables.Column(verbose_name=_("Tier"))
    score = FigureColumn(verbose_name=_("Score (0 to 100)"), accessor="score_permille")

    class Meta(ResultTable.Meta):
        pass

    def __init__(self, rows: Any, asked: ResultQuestions, *, tiers: Mapping[str, str]):
        """``tiers`` are their names by code."""
        self.asked, self.tiers = asked, tiers
        self.given: dict[int, dict[str, Any]] = {}
        said = [(f"said{at}", SaidColumn(each)) for at, each in enumerate(asked.by_code.values())]
        super().__init__(rows, extra_columns=said, order_by="-day")

    def configure(self, request: HttpRequest, **options: Any) -> None:
        super().configure(request, paginator_class=LazyPaginator, **options)
        self.page.object_list = rows = list(self.page.object_list)
        self.given = list_given([row.record for row in rows], self.asked)

    def render_day(self, record: Response) -> str:
        return format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("admin:surveys_response_change", args=[record.pk]),
            date_format(timezone.localtime(record.started_at), "SHORT_DATE_FORMAT"),
        )

    def render_member(self, record: Response) -> str:
        url = reverse("admin:members_member_change", args=[record.member_id])
        return format_html('<a class="text-link" href="{}">{}</a>', url, record.member)

    def render_store(self, value: Any) -> str:
        return value.name_i18n

    def render_tier(self, value: str) -> str:
        return self.tiers.get(value, value)

    def render_score(self, value: int) -> str:
        return number_format(value / 10, 0)
