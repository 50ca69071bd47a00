"""What a survey's answers add up to, its answers one by one, and both as files."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from core.admin import ReadOnlyAdmin
from core.services.audit import record_audit
from core.tables import stream_csv
from surveys.admin.result_charts import draw_groups, draw_question, say_estimate
from surveys.admin.review_forms import ThemesForm
from surveys.models import Response, Survey
from surveys.selectors.answer_rows import build_header, iterate_rows, list_words, write_xlsx
from surveys.selectors.results import (
    FEWEST,
    Filters,
    get_results,
    list_filter_choices,
    name_answer,
)
from surveys.services.answering.sorting import set_answer_themes

EXPORT = "core.export_lists"
_WORDS_SHOWN = 20
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class FilterForm(forms.Form):
    """Every field may be empty; what makes no sense is left out."""

    first_on = forms.DateField(
        label=pgettext_lazy("first day", "From"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    last_on = forms.DateField(
        label=pgettext_lazy("last day", "Until"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    store = forms.ChoiceField(label=gettext_lazy("Store"), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, choices in list_filter_choices().items():
            self.fields[name].choices = [("", gettext_lazy("all")), *choices]

    def get_filters(self) -> Filters:
        self.is_valid()
        told = getattr(self, "cleaned_data", {})  # what makes no sense is not among it
        store, segment = told.get("store"), told.get("segment")
        return Filters(
            first_on=told.get("first_on"),
            last_on=told.get("last_on"),
            store_id=int(store) if store else None,
            tier=told.get("tier") or "",
            audience_id=int(segment) if segment else None,
        )


class ResultPages:
    """Pages of ``SurveyAdmin`` about what came back."""

    def get_result_urls(self):
        return [
            self.build_path("<int:object_id>/results/", self.results_view, "results"),
            self.build_path("<int:object_id>/results.csv", self.csv_view, "results_csv"),
            self.build_path("<int:object_id>/results.xlsx", self.xlsx_view, "results_xlsx"),
        ]

    def results_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        form = FilterForm(request.GET or None)
        filters = form.get_filters()
        results = get_results(survey, filters)
        first = results.questions[0].reached if results.questions else 0
        main = results.main
        return self.render_page(
            request, "admin/surveys/survey_results.html", title=_("Results"), obj=survey,
            survey=survey, form=form, results=results, query=request.GET.urlencode(),
            main=draw_question(main, reached_first=first) if main else None,
            rate=say_estimate("stars", results.response_rate),
            groups=draw_groups(results), fewest=FEWEST,
            questions=[draw_question(each, reached_first=first) for each in results.questions],
            themes=[
                (name, count, None if score is None else score / 10)
                for name, count, score in results.themes
            ],
            words=[] if results.is_hidden else list_words(survey, filters, most=_WORDS_SHOWN),
            can_export=request.user.has_perm(EXPORT) and not results.is_hidden,
        )  # fmt: skip

    def csv_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        return answer or stream_csv(*self._build_file(request, survey, "csv"))

    def xlsx_view(self, request, object_id):
        survey, answer = self._get_to_read(request, object_id)
        if answer:
            return answer
        name, header, rows = self._build_file(request, survey, "xlsx")
        return FileResponse(
            write_xlsx(header, rows), as_attachment=True, filename=name, content_type=_XLSX
        )

    def _build_file(self, request, survey, ending):
        """Name, header and rows; who took how many is on record."""
        if not request.user.has_perm(EXPORT):
            raise PermissionDenied
        filters = FilterForm(request.GET or None).get_filters()
        results = get_results(survey, filters)
        questions = [] if results.is_hidden else results.questions
        rows = iterate_rows(survey, questions, filters)
        record_audit(
            "survey.exported", survey, by=request.user, now=timezone.now(),
            changes={"rows": 0 if results.is_hidden else results.complete, "file": ending},
        )  # fmt: skip
        language, zone = translation.get_language(), timezone.get_current_timezone()

        def in_language():
            # A stream is written after the request, out of its language and zone.
            while True:
                with translation.override(language), timezone.override(zone):
                    row = next(rows, None)
                if row is None:
                    return
                yield row

        day = timezone.localdate()
        name = f"{survey.code}-{day:%Y-%m-%d}.{ending}"
        return name, build_header(survey, questions), in_language()

    def _get_to_read(self, request, object_id):
        if not request.user.has_perm("surveys.view_response"):
            raise PermissionDenied
        survey = Survey.objects.filter(pk=object_id).first()
        return (survey, None) if survey else self.get_or_redirect(request, object_id)


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    """Answers one by one, but for those of anonymous surveys: a row with its day, store and tier
    may tell who it is. Their words stand among the results, from five people on.
    """

    list_display = ("show_day", "survey", "member", "show_score", "store", "state", "actor")
    list_filter = ("state", "actor", "survey", "store")
    ordering = ("-started_at", "-pk")

    def get_urls(self):
        themes = self.build_path("<int:object_id>/themes/", self.themes_view, "themes")
        return [themes, *super().get_urls()]

    def get_queryset(self, request):
        return super().get_queryset(request).for_list().filter(survey__is_anonymous=False)

    @display(description=gettext_lazy("day"), ordering="started_at")
    def show_day(self, response):
        return timezone.localtime(response.started_at).date()

    @display(description=gettext_lazy("score"), ordering="score_permille")
    def show_score(self, response):
        return None if response.score_permille is None else round(response.score_permille / 10)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        response, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        answers = response.answers.select_related("question").prefetch_related("question__choices")
        return self.render_page(
            request, "admin/surveys/response_page.html", title=str(response.survey), obj=response,
            response=response,
            answers=[
                (each.question, _say(each)) for each in answers.order_by("question__position")
            ],
            themes_form=ThemesForm(initial={"themes": response.themes.all()}),
            can_sort=request.user.has_perm("surveys.change_survey"),
        )  # fmt: skip

    def themes_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("surveys.change_survey"):
            raise PermissionDenied
        response, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        form = ThemesForm(request.POST)
        if form.is_valid():
            set_answer_themes(
                response, form.cleaned_data["themes"], by=request.user, now=timezone.now()
            )
            self.message_user(request, _("Saved."))
        return HttpResponseRedirect(reverse("admin:surveys_response_change", args=[response.pk]))


def _say(answer):
    if answer.choices:
        return [name_answer(answer.question, code) for code in answer.choices]
    if answer.number is not None:
        return [name_answer(answer.question, answer.number)]
    return [answer.day_on or answer.text]
