from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5, Cast, Random
from django.utils.translation import gettext_lazy as _

from core.time import get_zone
from core.words import Words

# From which age on people decide about their own data or, where later, sign contracts alone.
GUARDIAN_AGES = {"CN": 14, "HK": 18, "JP": 18, "KR": 14, "TW": 18, "SG": 13, "US": 13, "GB": 13}
GUARDIAN_AGE = 16


def validate_zone(value):
    try:
        get_zone(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(
            _("“%(value)s” is no time zone."), code="zone", params={"value": value}
        ) from error


class Club(models.Model):
    """The club itself: one row, read everywhere through ``members.selectors.club.get_club``.

    ``number_key`` scrambles the order of membership numbers; it is made once by the database
    and never changes, or numbers could repeat.
    """

    name = models.CharField(_("name"), max_length=120, default="Our club")
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters, as in USD."))],
        help_text=_("ISO 4217. One programme currency; purchases in others are refused."),
    )
    zone = models.CharField(
        _("time zone"), max_length=64, default="America/Los_Angeles", validators=[validate_zone]
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        default="US",
        validators=[RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters, as in US."))],
        help_text=_("ISO 3166. Phone numbers without a country code belong here."),
    )
    locale = models.CharField(_("language"), max_length=12, default="en")
    phone = models.CharField(_("phone number"), max_length=40, blank=True, default="")
    email = models.EmailField(_("e-mail address"), blank=True, default="")
    address = models.TextField(_("address"), blank=True, default="")
    i18n: Any = Words(fields=("name", "address"))
    name_i18n: str
    address_i18n: str
    guardian_age = models.PositiveSmallIntegerField(
        _("guardian needed below the age of"),
        null=True,
        blank=True,
        help_text=_(
            "Younger members need a parent's or guardian's consent. Empty: what is usual in the "
            "club's country (14 in China, 18 in Japan and Taiwan)."
        ),
    )
    number_key = models.CharField(
        _("key of membership numbers"),
        max_length=32,
        editable=False,
        db_default=MD5(Cast(Random(), models.TextField())),
    )

    class Meta:
        verbose_name = _("club")
        verbose_name_plural = _("club")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="club_is_one_row"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="club_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="club_country_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(guardian_age__isnull=True) | Q(guardian_age__lte=25),
                name="club_guardian_age_is_sane",
            ),
        ]

    def __str__(self):
        return self.name_i18n

    def get_guardian_age(self) -> int:
        """Below this age a member needs a guardian."""
        if self.guardian_age is not None:
            return self.guardian_age
        return GUARDIAN_AGES.get(self.country, GUARDIAN_AGE)
