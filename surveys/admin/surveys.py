"""Surveys: begun from a ready one or from nothing, looked over, published, closed."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import WordsAdmin
from core.errors import DomainError
from core.joining import join_label
from surveys.admin.building import BuildingPages
from surveys.admin.results import ResultPages
from surveys.admin.survey_forms import (
    RulesForm,
    StartForm,
    TriggerForm,
    VersionForm,
    focus_on_errors,
    refuse,
)
from surveys.enums import QuestionKind, SurveyState, VersionState
from surveys.flow import draw_flow
from surveys.models import Survey
from surveys.selectors.triggers import say_trigger
from surveys.selectors.versions import (
    find_main_question,
    get_version,
    list_questions,
    list_scores,
)
from surveys.selectors.wording import list_jumps
from surveys.services.building import (
    change_survey,
    change_words,
    close_survey,
    create_from_ready,
    create_survey,
    drop_draft,
    list_ready,
    open_draft,
    publish_survey,
    remove_trigger,
    reopen_survey,
    set_trigger,
)
from surveys.services.building.ready import read_ready
from surveys.services.findings import list_findings

_ACTS = {
    "draft": open_draft, "publish": publish_survey, "drop": drop_draft, "close": close_survey,
    "reopen": reopen_survey,
}  # fmt: skip
_PUBLISHING = ("publish", "close", "reopen")
_DONE = {
    "draft": gettext_lazy("A draft is begun."),
    "publish": gettext_lazy("Published: members are asked by this version from now on."),
    "drop": gettext_lazy("The draft is thrown away."),
    "close": gettext_lazy("Closed: nobody is invited, and no answer is taken."),
    "reopen": gettext_lazy("Open again."),
}
_ICONS = {
    QuestionKind.NPS: "speed", QuestionKind.FACES: "mood", QuestionKind.EFFORT: "fitness_center",
    QuestionKind.STARS: "star", QuestionKind.SINGLE: "radio_button_checked",
    QuestionKind.MULTIPLE: "check_box", QuestionKind.TEXT: "notes", QuestionKind.NUMBER: "pin",
    QuestionKind.DATE: "calendar_today", QuestionKind.QUOTE: "format_quote",
}  # fmt: skip


@admin.register(Survey)
class SurveyAdmin(BuildingPages, ResultPages, WordsAdmin):
    empty_note = gettext_lazy(
        "Ask members what they think. The ready surveys are a good beginning."
    )
    list_display = ("name", "kind", "show_state", "show_draft", "priority", "points")
    list_display_links = ("name",)
    search_fields = ("name", "code")
    list_filter = ("state", "kind")
    ordering = ("priority", "name", "pk")

    class Media:
        css = {"all": ["css/admin_automations.css", "css/admin_surveys.css"]}

    def get_urls(self):
        return [
            self.build_path("new/", self.new_view, "new"),
            self.build_path("<int:object_id>/rules/", self.rules_view, "rules"),
            self.build_path("<int:object_id>/words/", self.words_view, "words"),
            self.build_path("<int:object_id>/act/", self.act_view, "act"),
            self.build_path("<int:object_id>/triggers/", self.trigger_view, "add_trigger"),
            self.build_path(
                "<int:object_id>/triggers/<int:trigger_id>/", self.trigger_view, "trigger"
            ),
            *self.get_building_urls(),
            *self.get_result_urls(),
            *super().get_urls(),
        ]

    # --- List ---

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_list_display(self, request):
        """Whoever may read answers goes there from the list; what nobody was asked has none."""
        can_read = request.user.has_perm("surveys.view_response")
        return [*self.list_display, *(["show_results"] if can_read else [])]

    def get_export_fields(self, request):
        return list(self.list_display)

    @display(description=gettext_lazy("Results"))
    def show_results(self, survey):
        if survey.state == SurveyState.DRAFT:
            return None
        return format_html(
            '<a class="text-link" href="{}" aria-label="{}">{}</a>',
            reverse("admin:surveys_survey_results", args=[survey.pk]),
            join_label(_("Results"), survey.name_i18n),
            _("Results"),
        )

    @display(
        description=gettext_lazy("state"),
        label={"open": "success", "closed": "warning", "draft": "info"},
    )
    def show_state(self, survey):
        return survey.state, survey.get_state_display()

    @display(description=gettext_lazy("draft"), label=True)
    def show_draft(self, survey):
        """Of one that members are asked already: what isn't published yet."""
        is_new = survey.state == SurveyState.DRAFT
        if is_new or not any(version.is_draft for version in survey.versions.all()):
            return None
        return _("not published")

    # --- Permissions ---

    def can_change(self, request):
        return request.user.has_perm("surveys.change_survey")

    def can_publish(self, request):
        return request.user.has_perm("surveys.publish_survey")

    def get_own(self, request, object_id):
        """The survey for whoever may change it, or the answer that is given instead."""
        if not self.can_change(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def go_to(self, survey, *, question=""):
        """Its page; with the code of a question, there."""
        place = f"#question-{question}" if question else ""
        return HttpResponseRedirect(f"{survey.get_absolute_url()}{place}")

    # --- Begin ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "new", needs=self.has_add_permission)

    def new_view(self, request):
        """From a ready one with a press, or from nothing by a form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        by, now = request.user, timezone.now()
        ready = request.POST.get("ready", "")
        if ready in read_ready():
            return self.go_to(create_from_ready(ready, by=by, now=now))
        form = StartForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self.go_to(create_survey(by=by, now=now, **form.get_terms()))
            except DomainError as error:
                refuse(form, error)
        focus_on_errors(form)
        return self.render_page(
            request, "admin/surveys/survey_new.html", title=_("New survey"), form=form,
            ready=list_ready(), status=422 if form.errors else 200,
        )  # fmt: skip

    # --- Its page ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        survey, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        versions = {
            each.state: get_version(each.pk)
            for each in survey.versions.all()
            if each.state != VersionState.RETIRED
        }
        draft, live = versions.get(VersionState.DRAFT), versions.get(VersionState.LIVE)
        retired = [each for each in survey.versions.all() if each.state == VersionState.RETIRED]
        asked_for = request.GET.get("version")
        old = next((each for each in retired if str(each.number) == asked_for), None)
        can_change = self.can_change(request)
        triggers = survey.triggers.select_related(
            "category", "product", "store", "channel", "audience"
        ).order_by("pk")
        return self.render_page(
            request, "admin/surveys/survey_page.html", title=survey.name_i18n, obj=survey,
            survey=survey, draft=draft, live=live,
            state_label={"open": "success", "closed": "warning"}.get(survey.state, "info"),
            findings=list_findings(survey, draft) if draft else [],
            parts=[
                self._build_part(each, can_change and (each.is_draft or draft is None))
                for each in (get_version(old.pk) if old else None, draft, live)
                if each is not None
            ],
            retired=sorted(retired, key=lambda each: -each.number), shown=old,
            main=find_main_question(survey, list_questions(draft or live)),
            triggers=[(each, say_trigger(each)) for each in triggers],
            kinds=[(kind, label, _ICONS[kind]) for kind, label in QuestionKind.choices],
            can_change=can_change, can_publish=self.can_publish(request),
            is_new=survey.state == SurveyState.DRAFT,
            can_read=request.user.has_perm("surveys.view_response"),
        )  # fmt: skip

    def _build_part(self, version, is_open):
        questions = list_questions(version)
        return {
            "version": version,
            "is_open": is_open,
            "questions": [
                {"question": each, "icon": _ICONS[each.kind], "jumps": list_jumps(each, questions)}
                for each in questions
            ],
            "scores": list_scores(version),
            "flow": draw_flow(questions) if questions else "",
        }

    def act_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act = request.POST.get("act", "")
        if act in _PUBLISHING and not self.can_publish(request):
            raise PermissionDenied
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        if act in _ACTS:
            try:
                _ACTS[act](survey, by=request.user, now=timezone.now())
            except DomainError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _DONE[act])
        if not Survey.objects.filter(pk=survey.pk).exists():
            return HttpResponseRedirect(reverse("admin:surveys_survey_changelist"))
        return self.go_to(survey)

    # --- Forms ---

    def rules_view(self, request, object_id):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        questions = list_questions(get_version(survey.versions.latest("number").pk))
        form = RulesForm(request.POST or None, survey=survey, questions=questions)
        return self.edit(request, survey, form, lambda: change_survey(
            survey, by=request.user, now=timezone.now(), **form.get_terms()
        ), _("Rules"))  # fmt: skip

    def words_view(self, request, object_id):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        form = VersionForm(request.POST or None, version=survey.versions.latest("number"))
        return self.edit(request, survey, form, lambda: change_words(
            survey, by=request.user, now=timezone.now(), **form.get_words()
        ), _("Title and words"))  # fmt: skip

    def trigger_view(self, request, object_id, trigger_id=None):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        trigger = survey.triggers.filter(pk=trigger_id).first() if trigger_id else None
        if trigger_id and trigger is None:
            return self.go_to(survey)
        if trigger is not None and request.POST.get("act") == "remove":
            remove_trigger(survey, trigger, by=request.user, now=timezone.now())
            return self.go_to(survey)
        form = TriggerForm(request.POST or None, trigger=trigger)
        return self.edit(request, survey, form, lambda: set_trigger(
            survey, trigger, by=request.user, now=timezone.now(), **form.get_terms()
        ), _("After what members are asked"), can_remove=trigger is not None)  # fmt: skip

    def edit(self, request, survey, form, act, title, **context):
        """A page with one form; a refusal of the service is shown beside its field."""
        if request.method == "POST" and form.is_valid():
            try:
                act()
            except DomainError as error:
                refuse(form, error)
            else:
                messages.success(request, _("Saved."))
                return self.go_to(survey)
        focus_on_errors(form)
        return self.render_page(
            request, "admin/surveys/survey_form.html", title=title, obj=survey, survey=survey,
            media=self.media + form.media, form=form, status=422 if form.errors else 200, **context,
        )  # fmt: skip
