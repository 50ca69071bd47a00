from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last sign of life of one kind of process.

    Written by ``core.services.heartbeat``, read by the readiness probe: who beats has reached
    the broker and the database.
    """

    code = models.CharField(_("process"), max_length=20, primary_key=True)
    beaten_at = models.DateTimeField(_("last sign of life"))

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self):
        return self.code
