"""Why a survey can't be made or published so, in words."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class InvalidSurvey(DomainError):
    code = "invalid_survey"

    def __init__(self, message: Any, *, field: str = "", **params: Any):
        super().__init__(message, **params)
        self.field = field


class CannotPublish(DomainError):
    code = "cannot_publish"
    message = _("This survey can't be published yet. %(reasons)s")


class NotAskedYet(DomainError):
    code = "not_asked_yet"
    status = 409
    message = _("Publish the survey first.")
