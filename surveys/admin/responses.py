"""Answers one by one, and what staff say they are about."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from core.admin import ReadOnlyAdmin
from surveys.admin.review_forms import ThemesForm
from surveys.models import Response
from surveys.selectors.results import name_answer
from surveys.services.answering.sorting import set_answer_themes


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
