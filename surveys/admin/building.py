"""The builder: questions of a draft one below the other, and calculated scores."""

from django.contrib import messages
from django.http import Http404, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from surveys.admin.preview import PreviewPages
from surveys.admin.question_forms import QuestionForm, ScoreForm, build_choices, build_rules
from surveys.admin.survey_forms import focus_on_errors, refuse
from surveys.engine.path import CHOOSING
from surveys.enums import QuestionKind
from surveys.selectors.versions import get_version, list_questions, list_scores
from surveys.services.building import (
    add_question,
    change_question,
    move_question,
    remove_question,
    remove_score,
    set_score,
)

# Their answers count for nothing in a calculated score.
_WORTHLESS = (
    QuestionKind.TEXT, QuestionKind.DATE, QuestionKind.QUOTE, QuestionKind.MULTIPLE,
)  # fmt: skip


class BuildingPages(PreviewPages):
    """Pages of ``SurveyAdmin`` about questions and scores. A change of what is live begins a
    draft: members see nothing of it before it is published.
    """

    def get_building_urls(self):
        survey, path = "<int:object_id>/", self.build_path
        return [
            path(f"{survey}questions/<slug:kind>/", self.add_question_view, "add_question"),
            path(f"{survey}question/<slug:code>/", self.question_view, "question"),
            path(f"{survey}question/<slug:code>/act/", self.question_act_view, "question_act"),
            path(f"{survey}scores/", self.score_view, "add_score"),
            path(f"{survey}scores/<slug:code>/", self.score_view, "score"),
            path(f"{survey}preview/", self.preview_view, "preview"),
        ]

    # --- Questions ---

    def add_question_view(self, request, object_id, kind):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        if kind not in QuestionKind.values:
            raise Http404
        return self._edit_question(request, survey, kind, None)

    def question_view(self, request, object_id, code):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        question = self._get_question(survey, code)
        return self._edit_question(request, survey, question.kind, question)

    def _edit_question(self, request, survey, kind, question):
        data = request.POST if request.method == "POST" else None
        questions = list_questions(self._get_newest(survey))
        form = QuestionForm(data, kind=kind, question=question)
        choices = build_choices(data, question) if kind in CHOOSING else None
        # A new question is the last: its jumps could only lead to the end.
        rules = build_rules(data, kind, question, questions) if question is not None else None
        parts = [each for each in (form, choices, rules) if each is not None]
        are_valid = [data is not None and each.is_valid() for each in parts]
        if all(are_valid):
            terms = form.get_terms(
                choices.list_choices() if choices is not None else [],
                rules.list_rules() if rules is not None else [],
            )
            by, now = request.user, timezone.now()
            try:
                if question is None:
                    question = add_question(survey, terms, by=by, now=now)
                else:
                    change_question(survey, question.code, terms, by=by, now=now)
            except DomainError as error:
                self._refuse(error, form, choices, rules)
            else:
                messages.success(request, _("Saved."))
                if "_more" in data:
                    return self.redirect_to(
                        request, "question", survey.pk, question.code, needs=self.can_change
                    )
                return self.go_to(survey, question=question.code)
        if data is None:
            form.fields["text"].widget.attrs["autofocus"] = True
        else:
            focus_on_errors(*parts)
        return self.render_page(
            request, "admin/surveys/question_form.html",
            title=QuestionKind(kind).label, obj=survey, survey=survey, question=question,
            form=form, choices=choices, rules=rules,
            has_errors=data is not None and any(_has_errors(each) for each in parts),
            status=422 if data is not None else 200,
        )  # fmt: skip

    def _refuse(self, error, form, choices, rules):
        """Of answers and jumps above their lines."""
        lines = {"choices": choices, "rules": rules}.get(getattr(error, "field", ""))
        if lines is None:
            refuse(form, error)
        else:
            lines.non_form_errors().append(str(error))

    def question_act_view(self, request, object_id, code):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        place = self._get_question(survey, code).position
        act, by, now = request.POST.get("act", ""), request.user, timezone.now()
        try:
            if act in ("up", "down"):
                move_question(survey, code, is_up=act == "up", by=by, now=now)
            elif act == "remove":
                remove_question(survey, code, by=by, now=now)
                messages.success(request, _("The question is taken out of the draft."))
                code = self._find_neighbour(survey, place)
        except DomainError as error:
            messages.error(request, str(error))
        return self.go_to(survey, question=code)

    def _find_neighbour(self, survey, place):
        """The code of the question that stands where one was taken out, "" where none is left."""
        codes = [each.code for each in list_questions(self._get_newest(survey))]
        return codes[min(place, len(codes)) - 1] if codes else ""

    def _get_newest(self, survey):
        return get_version(survey.versions.latest("number").pk)

    def _get_question(self, survey, code):
        questions = list_questions(self._get_newest(survey))
        found = next((each for each in questions if each.code == code), None)
        if found is None:
            raise Http404
        return found

    # --- Scores ---

    def score_view(self, request, object_id, code=""):
        survey, answer = self.get_own(request, object_id)
        if answer:
            return answer
        newest = self._get_newest(survey)
        score = next((each for each in list_scores(newest) if each.code == code), None)
        if code and score is None:
            raise Http404
        by, now = request.user, timezone.now()
        if score is not None and request.POST.get("act") == "remove":
            remove_score(survey, code, by=by, now=now)
            return self.go_to(survey)
        questions = [
            each for each in list_questions(newest)
            if each.kind not in _WORTHLESS
        ]  # fmt: skip
        form = ScoreForm(request.POST or None, score=score, questions=questions)
        return self.edit(
            request, survey, form,
            lambda: set_score(survey, form.get_terms(), by=by, now=now),
            _("Calculated score"), can_remove=score is not None,
        )  # fmt: skip


def _has_errors(part):
    return part.errors if not hasattr(part, "total_error_count") else part.total_error_count()
