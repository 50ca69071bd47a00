from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyRecord(models.Model):
    """The result of an operation under a caller's key, so that a repeat answers the same.

    Written in the transaction of the operation by ``core.services.idempotency``; a refused
    operation leaves none. Old rows may be deleted once no caller retries any more.
    """

    caller = models.CharField(_("caller"), max_length=80)
    operation = models.CharField(_("operation"), max_length=80)
    key = models.CharField(_("key"), max_length=200)
    payload_hash = models.BinaryField(_("payload hash"), max_length=32)
    result = models.JSONField(_("result"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_index=True)

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "operation", "key"], name="idempotency_once_per_key"
            ),
        ]

    def __str__(self):
        return f"{self.caller} {self.operation} {self.key}"
