from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models.audience import Audience


class Gate(models.Model):
    """One way into something: an audience and the span in which it may pass.

    Abstract: each thing with a gate (a reward, an event, a survey) has its own table of them.
    A thing without a gate is closed; the earliest that a member satisfies wins. Asked through
    ``members.selectors.gates`` at the press, against the audience's rows.
    """

    audience = models.ForeignKey(Audience, models.PROTECT, related_name="+")
    opens_at = models.DateTimeField(_("opens at"))
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="%(app_label)s_%(class)s_closes_after_opening",
            )
        ]

    def __str__(self):
        return f"{self.audience} {self.opens_at}"
