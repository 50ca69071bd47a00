"""What a member says when they ask for a reward."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from members.addresses import format_address
from members.models import Member
from members.postal import get_country_name, list_country_codes
from members.selectors.addresses import list_addresses
from members.selectors.club import get_club
from rewards.enums import RewardKind
from rewards.models import RewardSession
from rewards.selectors.catalogue import RewardPage
from rewards.services.redemption import Parcel

_LONGEST_KEY = 60


class RedeemForm(forms.Form):
    """Which date, where to, with whose points; the price that was seen, and a key that makes a
    repeated press harmless. Whether it can be had is said by the service.
    """

    key = forms.CharField(widget=forms.HiddenInput, max_length=_LONGEST_KEY)
    seen_points = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    seen_amount = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    session = forms.IntegerField(required=False)
    with_household = forms.BooleanField(
        label=_("Use points of my household where mine don't suffice"), required=False
    )
    is_named = forms.BooleanField(
        label=_("Thank me on the wall"),
        help_text=_("With a name that is half hidden. Without the tick you stay anonymous."),
        required=False,
    )
    address = forms.CharField(required=False)
    recipient = forms.CharField(
        label=_("Recipient"),
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    address_text = forms.CharField(
        label=_("Address"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        help_text=_("As it is written on a parcel, line by line, with the postal code."),
    )
    country = forms.ChoiceField(
        label=_("Country or region"),
        required=False,
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    phone = forms.CharField(
        label=_("Phone number, for the carrier"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    ADDRESS = ("recipient", "address_text", "country", "phone")

    def __init__(
        self, *args: Any, member: Member, page: RewardPage, pooled: int = 0, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.member, self.page = member, page
        self.reward = page.offer.reward
        self.use_required_attribute = False
        self.addresses: list[tuple[Any, list[str]]] = []
        self.initial = {
            "key": uuid.uuid4().hex,
            "with_household": True,
            "seen_points": page.offer.price_points,
            "seen_amount": page.offer.price_amount,
        }
        is_donation = self.reward.kind == RewardKind.DONATION
        if not pooled or is_donation:
            del self.fields["with_household"]
        if not is_donation:
            del self.fields["is_named"]
        if self.reward.is_delivered:
            self._set_up_addresses()
        else:
            for name in ("address", *self.ADDRESS):
                del self.fields[name]
        if not self.reward.has_sessions:
            del self.fields["session"]

    def _set_up_addresses(self) -> None:
        language = get_language() or ""
        countries = [(code, get_country_name(code, language)) for code in list_country_codes()]
        self.fields["country"].choices = sorted(countries, key=lambda country: country[1])
        self.addresses = [(each, format_address(each)) for each in list_addresses(self.member)]
        first = self.addresses[0][0].pk if self.addresses else ""
        self.initial |= {
            "address": str(first),
            "recipient": self.member.get_full_name(),
            "country": get_club().country,
        }

    @property
    def chosen_address(self) -> str:
        return str(self["address"].value() or "")

    @property
    def chosen_session(self) -> str:
        return str(self["session"].value() or "")

    def list_address_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ADDRESS]

    def show_present_price(self) -> None:
        """After a refusal: whoever presses again has seen the price as it is now."""
        data = self.data.copy()
        data["seen_points"] = self.page.offer.price_points
        data["seen_amount"] = self.page.offer.price_amount
        self.data = data

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.reward.is_delivered and self._find_address() is None:
            for name in ("recipient", "address_text", "country"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("This is needed to send it."))
        return cleaned

    def _find_address(self) -> tuple[Any, list[str]] | None:
        wanted = self.cleaned_data.get("address", "")
        return next((pair for pair in self.addresses if str(pair[0].pk) == wanted), None)

    def get_parcel(self) -> Parcel | None:
        if not self.reward.is_delivered:
            return None
        found = self._find_address()
        if found is None:
            data = self.cleaned_data
            return Parcel(
                data["recipient"].strip(),
                data["country"],
                data["address_text"].strip(),
                data["phone"].strip(),
            )
        address, lines = found
        recipient = address.recipient or self.member.get_full_name()
        return Parcel(recipient, address.country, "\n".join(lines), address.phone)

    def get_session(self) -> RewardSession | None:
        wanted = self.cleaned_data.get("session")
        return self.reward.sessions.filter(pk=wanted).first() if wanted else None

    def refuse(self, refusal: DomainError) -> None:
        """Show a refusal at the field that is meant, else above the form."""
        name = refusal.field if refusal.field in self.fields else None
        self.add_error(name, str(refusal))
