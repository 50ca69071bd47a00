from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models.fields import OptionalEmailField, OptionalPhoneField


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email=None, password=None, **fields):
        user = self.model(email=(email or "").strip().lower() or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        """Who may run commands vouches for the address: it counts as verified, so that a first
        owner can log in before the club can send mail.
        """
        from allauth.account.models import EmailAddress  # its app loads after the user model

        user = self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )
        if user.email:
            EmailAddress.objects.using(self._db).create(
                user=user, email=user.email, verified=True, primary=True
            )
        return user

    def get_by_natural_key(self, username):
        return self.get(email=username.strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A login: of a member, of staff, or of both.

    It has an e-mail address, a phone number, both, or (through a social account) neither.
    ``email`` and ``phone`` are the primary contacts; whether an address is verified is
    allauth's ``EmailAddress``, whether a number is, ``phone_verified_at``. Changed by allauth
    through ``members.adapter``.
    """

    email = OptionalEmailField(_("e-mail address"), unique=True, null=True, blank=True)
    phone = OptionalPhoneField(_("phone number"), unique=True, null=True, blank=True)
    phone_verified_at = models.DateTimeField(_("phone verified at"), null=True, blank=True)
    display_name = models.CharField(_("display name"), max_length=150, blank=True, default="")
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("May enter the back office.")
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear this instead of deleting a login.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("login")
        verbose_name_plural = _("logins")
        constraints = [
            models.CheckConstraint(
                condition=Q(phone_verified_at__isnull=True) | Q(phone__isnull=False),
                name="user_verified_phone_exists",
            ),
        ]

    def __str__(self):
        return self.get_full_name() or _("Login %(id)s") % {"id": self.pk}

    def get_full_name(self):
        return self.display_name or self.email or self.phone or ""

    def get_short_name(self):
        return self.get_full_name()
