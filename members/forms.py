from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import RequestLoginCodeForm as AllauthRequestLoginCodeForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from members import registry
from members.contacts import InvalidPhone, clean_phone
from members.selectors.club import get_club

SIGNUP_PROFILE = "members_signup_profile"  # in the session, until the member is made
SIGNUP_SOURCE = "members_signup_source"  # likewise: what led here, a poster in a store, say


class LoginForm(AllauthLoginForm):
    """E-mail or phone; with the password where one was set, else a code is sent."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address or phone number")
        self.fields["login"].widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].label = _("Password, if you have set one")
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def _setup_password_field(self):
        # Sign-up asks for no password; who has set one later may still use it.
        self.fields["password"].required = False
        self.fields["password"].widget.is_required = False

    def clean_login(self):
        login = super().clean_login()
        if "@" in login:
            return login.lower()
        try:
            return clean_phone(login, get_club().country)
        except InvalidPhone:
            return login


class RequestLoginCodeForm(AllauthRequestLoginCodeForm):
    """One of the two contacts; allauth's own form fails where both are empty."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (("email", _("E-mail address")), ("phone", _("Phone number"))):
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Give an e-mail address or a phone number."))
        return cleaned


class _CodeField:
    """The six digits: called by their own name, and typed on a phone's keys for numbers."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = pgettext_lazy("proves an address", "Code")
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs["inputmode"] = "numeric"


class ConfirmLoginCodeForm(_CodeField, allauth_forms.ConfirmLoginCodeForm):
    pass


class ConfirmEmailCodeForm(_CodeField, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmPasswordResetCodeForm(_CodeField, allauth_forms.ConfirmPasswordResetCodeForm):
    pass


class VerifyPhoneForm(_CodeField, allauth_forms.VerifyPhoneForm):
    pass


class SignupForm(AllauthSignupForm):
    """An e-mail address or a phone number, and what to call them. No password: a code proves it.

    Without a password nobody can lie in wait in an account that somebody else completes.
    """

    given_name = forms.CharField(
        label=_("Given name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    family_name = forms.CharField(
        label=_("Family name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    # The browser's own, where it runs js/zone.js: for quiet hours, and changed in the profile.
    zone = forms.CharField(
        max_length=64, required=False, widget=forms.HiddenInput(attrs={"data-zone": ""})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["phone"].label = _("Phone number")
        for name in ("email", "phone"):
            self.fields[name].required = False
            self.fields[name].widget.is_required = False
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["phone"].help_text = _("Instead of an e-mail address, or beside it.")
        self.fields["given_name"].help_text = _("So that we know what to call you.")
        names = ["given_name", "family_name"]
        if (get_language() or "").startswith(("zh", "ja")):
            names.reverse()
        self.order_fields(["email", "phone", *names])

    def clean_zone(self):
        """A zone that is none, or the club's own, is nobody's mistake: it is left out."""
        zone = self.cleaned_data["zone"]
        is_known = zone in available_timezones() and zone != get_club().zone
        return zone if is_known else ""

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error("email", _("Give an e-mail address or a phone number."))
        return cleaned

    def save(self, request):
        request.session[SIGNUP_PROFILE] = {
            name: self.cleaned_data.get(name, "").strip()
            for name in ("family_name", "given_name", "zone")
        } | {"locale": get_language() or "", "source": request.session.get(SIGNUP_SOURCE, "")}
        return super().save(request)


def _list_fact_choices():
    return [("", "—"), *((fact.code, fact.label) for fact in registry.claim_facts)]


class ClaimForm(forms.Form):
    """Claiming a record: by the verified contact, or by number and a code from the counter."""

    number = forms.CharField(
        label=_("Membership number"),
        max_length=40,
        required=False,
        help_text=_("On your card or receipt; needed with a code from the counter."),
    )
    claim_code = forms.CharField(
        label=_("Code from the counter"),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    fact_code = forms.ChoiceField(
        label=_("Something only you know"), choices=_list_fact_choices, required=False
    )
    fact_answer = forms.CharField(label=_("Answer"), max_length=80, required=False)

    def clean(self):
        cleaned = super().clean() or {}
        if cleaned.get("claim_code") and not cleaned.get("number"):
            self.add_error("number", ValidationError(_("The code needs the membership number.")))
        return cleaned
