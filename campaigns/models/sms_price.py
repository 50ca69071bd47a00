"""What a text message costs, by country: the owner's table."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SmsPrice(models.Model):
    """The price of one segment to numbers of a country; the row without one is for all others."""

    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        unique=True,
        help_text=_("Two letters, such as JP. Empty: every country without a row of its own."),
    )
    price = models.DecimalField(
        _("price of a segment"),
        max_digits=8,
        decimal_places=4,
        help_text=_("In the club's currency."),
    )

    class Meta:
        verbose_name = _("price of text messages")
        verbose_name_plural = _("prices of text messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^([A-Z]{2})?$"), name="sms_price_country_is_a_code"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="sms_price_not_negative"),
        ]

    def __str__(self):
        return self.country or str(_("all others"))
