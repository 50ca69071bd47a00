"""What a survey's answers add up to, its answers one by one, and both as files."""

from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.services.audit import record_audit
from core.tables import stream_csv
from surveys.admin.result_charts import (
    draw_courses,
    draw_funnel,
    draw_question,
    draw_score,
    say_estimate,
    say_interval,
)
from surveys.admin.result_forms import AnonymousFilterForm, FilterForm
from surveys.admin.result_lists import GROUPS, build_cards, build_tables, build_words
from surveys.enums import QuestionKind
from surveys.models import Survey, Theme
from surveys.selectors.answer_rows import (
    build_header,
    iterate_rows,
    select_responses,
    write_xlsx,
)
from surveys.selectors.results import (
    FEWEST,
    Filters,
    build_scope,
    find_said,
    get_results,
    list_result_questions,
    list_words,
)
from surveys.services.answering.sorting import set_answer_themes
from surveys.tables import AnswerTable

EXPORT = "core.export_lists"
_WORDS_SHOWN = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES = ("csv", "xlsx")


class ResultPages:
    """Pages of ``SurveyAdmin`` about what came back."""

    def get_result_urls(self):
        own = "<int:object_id>/results"
        return [
            self.build_path(f"{own}/", self.results_view, "results"),
            self.build_path(f"{own}.csv", self.csv_view, "results_csv"),
            self.build_path(f"{own}.xlsx", self.xlsx_view, "results_xlsx"),
            self.build_path(f"{own}/answers/", self.answers_view, "results_answers"),
            self.build_path(f"{own}/themes/", self.said_themes_view, "results_themes"),
            self.build_path(f"{own}/<slug:part>.<slug:ending>", self.part_view, "results_part"),
        ]

    # --- Pages ---

    def results_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        form, filters = self._read_filters(request, survey)
        scope = build_scope(survey, filters)
        results = get_results(scope)
        page = _read_number(request.GET.get("words_page")) or 1
        words, has_more = list_words(scope, most=_WORDS_SHOWN, page=page, theme_id=filters.theme_id)
        tables = build_tables(results, survey, filters)
        for table in tables.values():
            table.configure(request)
        return self.render_page(
            request, "admin/surveys/survey_results.html", title=_("Results"), obj=survey,
            survey=survey, form=form, results=results, fewest=FEWEST, tables=tables,
            group_tables=[(by, tables[by]) for by in GROUPS if by in tables],
            query=request.GET.urlencode(), is_narrowed=filters.are_of_answers,
            cards=build_cards(results),
            rate=say_estimate(QuestionKind.STARS, results.funnel.response_rate),
            rate_interval=say_interval(QuestionKind.STARS, results.funnel.response_rate),
            courses=draw_courses(results, filters.division),
            funnel=draw_funnel(results.funnel),
            questions=[
                draw_question(each)
                for each in results.questions
                if each.question.kind != QuestionKind.TEXT  # they stand below, word by word
            ],
            scores=[draw_score(each) for each in results.scores],
            words=build_words(words, results, form.choices["theme"]),
            pages={"number": page, "before": page - 1, "after": page + 1 if has_more else 0},
            can_sort=request.user.has_perm("surveys.change_survey"),
            can_export=request.user.has_perm(EXPORT) and not results.is_hidden,
        )  # fmt: skip

    def answers_view(self, request, object_id):
        """One row for each; an anonymous survey has no such page."""
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        if survey.is_anonymous:
            return HttpResponseRedirect(self._find_results(survey))
        form, filters = self._read_filters(request, survey)
        del form.fields["division"]  # a list has no course
        table = AnswerTable(
            select_responses(build_scope(survey, filters)), list_result_questions(survey),
            tiers=dict(form.choices["tier"]),
        )  # fmt: skip
        table.configure(request)
        return self.render_page(
            request, "admin/surveys/survey_answers.html", title=_("Answers"), obj=survey,
            survey=survey, form=form, table=table, query=request.GET.urlencode(),
            can_export=request.user.has_perm(EXPORT),
        )  # fmt: skip

    def said_themes_view(self, request, object_id):
        """A theme is added to what somebody said, or taken off, and back to where it stands."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("surveys.change_survey"):
            raise PermissionDenied
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        response = find_said(build_scope(survey, Filters()), request.POST.get("said", ""))
        theme = Theme.objects.filter(pk=_read_number(request.POST.get("theme"))).first()
        if response is not None and theme is not None:
            own = {each.pk: each for each in response.themes.all()} | {theme.pk: theme}
            if request.POST.get("act") == "remove":
                del own[theme.pk]
            set_answer_themes(response, own.values(), by=request.user, now=timezone.now())
        query = QueryDict(request.POST.get("query", "")).urlencode()
        return HttpResponseRedirect(f"{self._find_results(survey)}?{query}#words")

    # --- Files ---

    def csv_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        return answer or self._send(request, survey, "csv", *self._list_answers(request, survey))

    def xlsx_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        return answer or self._send(request, survey, "xlsx", *self._list_answers(request, survey))

    def part_view(self, request, object_id, part, ending):
        """One table of the page, in its order."""
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        _form, filters = self._read_filters(request, survey)
        self._check_export(request)
        results = get_results(build_scope(survey, filters))
        table = build_tables(results, survey, filters).get(part)
        if table is None or ending not in _FILES:
            raise Http404
        table.sort(request)
        return self._send(request, survey, ending, *table.list_rows(), count=len(table.rows),
                          part=part)  # fmt: skip

    def _list_answers(self, request, survey):
        """Header, rows and how many; of every answer by itself."""
        self._check_export(request)
        _form, filters = self._read_filters(request, survey)
        scope = build_scope(survey, filters)
        asked = list_result_questions(survey)
        count = 0 if scope.is_empty else select_responses(scope).count()
        return build_header(survey, asked), iterate_rows(scope, asked), count

    def _send(self, request, survey, ending, header, rows, count, part=""):
        """The file; who took how many is on record."""
        changes = {"rows": count, "file": ending} | ({"part": part} if part else {})
        record_audit(
            "survey.exported", survey, by=request.user, now=timezone.now(), changes=changes
        )
        name = "-".join(filter(None, [survey.code, part, f"{timezone.localdate():%Y-%m-%d}"]))
        told = _in_language(rows)
        if ending == "csv":
            return stream_csv(f"{name}.csv", header, told)
        return FileResponse(
            write_xlsx(header, told), as_attachment=True, filename=f"{name}.xlsx",
            content_type=_XLSX,
        )  # fmt: skip

    def _check_export(self, request):
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied

    # --- What they are about ---

    def _get_to_read(self, request, object_id):
        if not request.user.has_perm("surveys.view_response"):
            raise PermissionDenied
        survey = Survey.objects.filter(pk=object_id).first()
        return (survey, None) if survey else self.get_or_redirect(request, object_id)

    def _find_results(self, survey):
        return reverse("admin:surveys_survey_results", args=[survey.pk])

    def _read_filters(self, request, survey):
        kind = AnonymousFilterForm if survey.is_anonymous else FilterForm
        form = kind(request.GET or None)
        return form, form.get_filters()


def _read_number(text):
    """A small number of an address or a form; 0 for whatever else stands there."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _in_language(rows):
    """A stream is written after the request, out of its language and zone."""
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def tell():
        while True:
            with translation.override(language), timezone.override(zone):
                row = next(rows, None)
            if row is None:
                return
            yield row

    return tell()
