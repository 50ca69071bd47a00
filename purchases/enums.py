from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a bearer token may do."""

    WRITE_PURCHASES = "purchases.write", _("send purchases")
    READ_PURCHASES = "purchases.read", _("read purchases")
    WRITE_RETURNS = "returns.write", _("send returns")


class ImportState(models.TextChoices):
    """Where an import stands; only ``waiting`` and ``running`` are found by the sweep."""

    DRAFT = "draft", _("draft")
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
