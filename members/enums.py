from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged into another")
    ERASED = "erased", _("Erased")


class Gender(models.TextChoices):
    """Only for the greeting (先生, 女士); nothing else may depend on it."""

    UNKNOWN = "", _("Not given")
    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")


class AudienceKind(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    TIER = "tier", _("Tier")
    CLUB = "club", _("Club")
    PLAN = "plan", _("Plan")
    SEGMENT = "segment", _("Segment")
    LIST = "list", _("List")
