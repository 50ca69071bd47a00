"""Surveys: made, built, looked over, published, closed."""

from django.contrib import admin

from core.admin import WordsAdmin
from surveys.models import Survey


@admin.register(Survey)
class SurveyAdmin(WordsAdmin):
    list_display = ("name", "code", "kind", "state")
    search_fields = ("name", "code")
    list_filter = ("state", "kind")
    ordering = ("name",)
