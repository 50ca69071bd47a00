from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

SPENT_AFTER = 20  # wrong tries in a row; then the PIN never works again


class StaffPin(models.Model):
    """The six digits by which one of staff is told apart at a shared counter.

    It names a person to a device on which staff are logged in already; it opens no login. Only
    ``members.services.pins`` reads and writes it, under a lock on the row.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="staff_pin",
        verbose_name=_("login"),
    )
    pin_hash = models.CharField(_("PIN hash"), max_length=128, editable=False)
    set_at = models.DateTimeField(_("set at"))
    failed_count = models.PositiveSmallIntegerField(_("wrong tries in a row"), default=0)
    locked_until_at = models.DateTimeField(_("locked until"), null=True, blank=True)

    class Meta:
        verbose_name = _("PIN for the counter")
        verbose_name_plural = _("PINs for the counter")
        constraints = [
            models.CheckConstraint(
                condition=Q(failed_count__lte=SPENT_AFTER), name="staff_pin_tries_are_limited"
            ),
        ]

    def __str__(self):
        return str(self.user)

    @property
    def is_spent(self):
        """Tried too often: its owner must set a new one."""
        return self.failed_count >= SPENT_AFTER
