"""What allauth asks of this product: phone numbers, sign-up, mail and second factors."""

from types import SimpleNamespace

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.http import Http404
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.sealing import seal, unseal
from members.contacts import InvalidPhone, clean_phone
from members.fields import PhoneField
from members.language_cookie import keep_language
from members.models import Member, User
from members.selectors.club import get_club
from members.services import logins
from members.sms import send_sms


def get_user_display(user):
    return user.get_full_name() or _("Member")


class AccountAdapter(DefaultAccountAdapter):
    """Logins by e-mail or phone and code."""

    # --- Stages and ways ---

    def get_login_stages(self):
        ours = "members.stages.VerifyEmailIfAnyStage"
        theirs = "allauth.account.stages.EmailVerificationStage"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def get_login_redirect_url(self, request):
        user = request.user
        if user.is_staff and not hasattr(user, "member"):
            return reverse("admin:index")
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def post_login(self, request, user, **words):
        """Whoever comes in reads on in the language of their profile, unless they chose another
        on this browser.
        """
        response = super().post_login(request, user, **words)
        if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
            return response
        locale = Member.objects.filter(user=user).values_list("locale", flat=True).first()
        if locale:
            keep_language(request, response, locale)
        return response

    def _get_login_attempts_cache_key(self, request, **credentials):
        # allauth counts failures by e-mail or user name only: all phones would share one limit.
        if phone := credentials.get("phone"):
            return super()._get_login_attempts_cache_key(request, username=f"tel:{phone}")
        return super()._get_login_attempts_cache_key(request, **credentials)

    # --- Phone numbers ---

    def phone_form_field(self, **kwargs):
        return PhoneField(**kwargs)

    def clean_phone(self, phone):
        return clean_phone(phone, get_club().country)

    def get_phone(self, user):
        return (user.phone, user.phone_verified_at is not None) if user.phone else None

    def set_phone(self, user, phone, verified):
        logins.set_phone(user, phone, is_verified=verified, now=timezone.now())

    def set_phone_verified(self, user, phone):
        logins.set_phone(user, phone, is_verified=True, now=timezone.now())

    def get_user_by_phone(self, phone):
        try:
            return User.objects.filter(phone=self.clean_phone(phone)).first()
        except InvalidPhone:
            return None

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        send_sms(
            phone,
            _("%(code)s is your code for %(club)s. Tell it to nobody.")
            % {"code": code, "club": get_club().name_i18n},
        )

    def send_unknown_account_sms(self, phone, **kwargs):
        send_sms(
            phone,
            _("Somebody asked %(club)s for a code, but there is no login with this number.")
            % {"club": get_club().name_i18n},
        )

    def send_account_already_exists_sms(self, phone):
        send_sms(
            phone,
            _("You already have a login at %(club)s with this number: log in with it.")
            % {"club": get_club().name_i18n},
        )

    # --- Mail ---

    def format_email_subject(self, subject):
        names = {"club": get_club().name_i18n, "subject": subject}
        # Translators: the subject of a letter, in the form usual for mail of a shop.
        return _("%(club)s: %(subject)s") % names

    def send_mail(self, template_prefix, email, context):
        """allauth's mails greet in the name of a site: here that is the club, not the host."""
        club = get_club()
        site = SimpleNamespace(name=club.name_i18n, domain=settings.SITE_URL)
        super().send_mail(template_prefix, email, {"club": club, "current_site": site, **context})


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Google, Apple, LINE and WeChat, each where its key is configured."""

    def get_app(self, request, provider, client_id=None):
        try:
            return super().get_app(request, provider, client_id=client_id)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error

    def populate_user(self, request, sociallogin, data):
        user = super().populate_user(request, sociallogin, data)
        parts = [data.get("first_name") or "", data.get("last_name") or ""]
        user.display_name = (data.get("name") or " ".join(filter(None, parts)))[:150].strip()
        return user


class MFAAdapter(DefaultMFAAdapter):
    """Second factors, whose secrets are encrypted at rest under the site's secret key."""

    def get_totp_issuer(self):
        return get_club().name_i18n

    def encrypt(self, text):
        return seal(text).decode()

    def decrypt(self, encrypted_text):
        return unseal(encrypted_text.encode())
