from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.enums import AddressPurpose
from members.models.member import Member


class AddressQuerySet(models.QuerySet):
    def of_purpose(self, purpose):
        return self.filter(purpose=purpose)

    def sorted(self):
        """Home before delivery, the usual one first."""
        return self.order_by("-purpose", "-is_default", "pk")


class Address(models.Model):
    """Where a member lives or has things delivered, in parts that each country orders itself.

    Nothing refers to an address: what is sent somewhere keeps the lines it was sent to. Made
    and changed by ``members.services.addresses``; written out by ``members.addresses``.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="addresses", verbose_name=_("member")
    )
    purpose = models.CharField(
        _("purpose"), max_length=8, choices=AddressPurpose, default=AddressPurpose.HOME
    )
    label = models.CharField(_("label"), max_length=40, blank=True, default="")
    is_default = models.BooleanField(_("the usual one"), default=False)
    country = models.CharField(_("country or region"), max_length=2)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True, default="")
    region = models.CharField(_("region"), max_length=80, blank=True, default="")
    city = models.CharField(_("city"), max_length=80, blank=True, default="")
    district = models.CharField(_("district"), max_length=80, blank=True, default="")
    street = models.CharField(_("street"), max_length=200)
    building = models.CharField(_("building"), max_length=120, blank=True, default="")
    recipient = models.CharField(_("recipient"), max_length=120, blank=True, default="")
    phone = models.CharField(_("phone number"), max_length=16, blank=True, default="")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed at"), default=timezone.now, editable=False)

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=AddressPurpose.values), name="address_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="address_country_is_iso"
            ),
            models.CheckConstraint(condition=~Q(street=""), name="address_has_street"),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[0-9]{4,15}$"),
                name="address_phone_is_e164",
            ),
            models.UniqueConstraint(
                fields=["member", "purpose"],
                condition=Q(is_default=True),
                name="address_one_default_per_purpose",
            ),
        ]

    def __str__(self):
        return self.label or str(self.get_purpose_display())
