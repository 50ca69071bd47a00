from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast, Mod
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members import names
from members.enums import Gender, IncomeBand, Interest, MemberStatus, Preference
from members.models.club import validate_zone
from members.models.fields import OptionalEmailField, OptionalPhoneField

_NAME_PARTS = (
    "family_name",
    "given_name",
    "family_name_reading",
    "given_name_reading",
    "display_name",
)
BIRTHDAY_PARTS = ("birth_year", "birth_month", "birth_day")
# What tells of the person, and what stands there once it is gone.
PERSONAL_BLANKS: dict[str, Any] = {
    **dict.fromkeys(_NAME_PARTS, ""),
    "email": None,
    "phone": None,
    "gender": "",
    **dict.fromkeys(BIRTHDAY_PARTS),
    "household_size": None,
    "child_birth_years": [],
    "income_band": "",
    "interests": [],
    "preferences": [],
    "traits": "",
    "zone": "",
    "mourning_ends_on": None,
}
# Of it, what is kept only as long as they agree to "sensitive details" (members.purposes).
SENSITIVE_DETAILS = ("traits",)


class MemberQuerySet(models.QuerySet):
    def active(self):
        """Belongs to the club: earns, expires and moves between tiers."""
        return self.filter(status=MemberStatus.ACTIVE)

    def claimed(self):
        return self.filter(user__isnull=False)

    def unclaimed(self):
        return self.filter(user__isnull=True)

    def able_to_spend(self):
        """The same rule in Python: ``Member.can_spend``."""
        return self.active().claimed()

    def able_to_be_messaged(self):
        """The same rule in Python: ``Member.can_be_messaged``."""
        return self.active().claimed()

    def sorted_by_name(self):
        """By reading (kana order, pinyin), then by number of entry."""
        return self.order_by("name_sort", "pk")

    def for_list(self):
        return self.select_related("user")


class Member(models.Model):
    """A person of the club; may exist before any login (``user`` empty: unclaimed).

    E-mail and phone are contacts, not identities: two members of a household may share one.
    Made and changed by ``members.services`` only; never deleted (erasure empties it, a merge
    points to the survivor). ``number`` never changes and ends in two check digits
    (ISO 7064 MOD 97-10).
    """

    # Identity
    number = models.CharField(_("membership number"), max_length=12, unique=True)
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=MemberStatus,
        default=MemberStatus.ACTIVE,
        db_default=MemberStatus.ACTIVE,
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="member",
        verbose_name=_("login"),
        help_text=_("Empty until the person claims the membership."),
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merged into"),
    )

    # Name, in parts
    family_name = models.CharField(
        _("family name"), max_length=80, blank=True, default="", db_default=""
    )
    given_name = models.CharField(
        _("given name"), max_length=80, blank=True, default="", db_default=""
    )
    family_name_reading = models.CharField(
        _("reading of the family name"),
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text=_("Kana, or pinyin."),
    )
    given_name_reading = models.CharField(
        _("reading of the given name"), max_length=80, blank=True, default="", db_default=""
    )
    display_name = models.CharField(
        _("display name"),
        max_length=150,
        blank=True,
        default="",
        db_default="",
        help_text=_("What they want to be called, where it differs."),
    )

    # Contact and person
    email = OptionalEmailField(_("e-mail address"), null=True, blank=True)
    phone = OptionalPhoneField(_("phone number"), null=True, blank=True)
    gender = models.CharField(
        _("gender"), max_length=8, choices=Gender, blank=True, default="", db_default=""
    )
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(_("month of birth"), null=True, blank=True)
    birth_day = models.PositiveSmallIntegerField(_("day of birth"), null=True, blank=True)
    household_size = models.PositiveSmallIntegerField(
        _("people in the household"), null=True, blank=True
    )
    child_birth_years = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("children's years of birth"),
        default=list,
        db_default=[],
        blank=True,
    )
    income_band = models.CharField(
        _("income"), max_length=12, choices=IncomeBand, blank=True, default="", db_default=""
    )
    interests = ArrayField(
        models.CharField(max_length=12, choices=Interest),
        verbose_name=_("interests"),
        default=list,
        db_default=[],
        blank=True,
    )
    preferences = ArrayField(
        models.CharField(max_length=12, choices=Preference),
        verbose_name=_("preferences"),
        default=list,
        db_default=[],
        blank=True,
    )
    traits = models.CharField(
        _("good to know"), max_length=300, blank=True, default="", db_default=""
    )
    locale = models.CharField(
        _("language"),
        max_length=12,
        choices=settings.LANGUAGES,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty: the club's."),
    )
    zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        validators=[validate_zone],
        help_text=_("Where they live, for hours at which nobody is disturbed. Empty: the club's."),
    )
    mourning_ends_on = models.DateField(
        _("in mourning until"),
        null=True,
        blank=True,
        help_text=_("No New Year cards and no festive wishes until then (喪中)."),
    )

    # Membership
    source = models.CharField(
        _("source"),
        max_length=40,
        default="",
        db_default="",
        help_text=_("Where the record came from."),
    )
    joined_at = models.DateTimeField(_("joined at"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    # Search, kept by the database itself
    name_sort = models.GeneratedField(
        verbose_name=_("sort key"),
        expression=Func(*map(F, _NAME_PARTS), function="members_name_sort"),
        output_field=models.CharField(max_length=400, db_collation="C"),
        db_persist=True,
    )
    name_words = models.GeneratedField(
        verbose_name=_("search words"),
        expression=Func(*map(F, _NAME_PARTS), function="members_name_words"),
        output_field=SearchVectorField(null=True),
        db_persist=True,
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            models.Index(
                fields=["email"], condition=Q(email__isnull=False), name="member_by_email"
            ),
            models.Index(
                fields=["phone"], condition=Q(phone__isnull=False), name="member_by_phone"
            ),
            models.Index(fields=["name_sort", "id"], name="member_by_name_sort"),
            GinIndex(
                fields=["name_words"],
                condition=Q(name_words__isnull=False),
                gin_pending_list_limit=512,
                name="member_by_name_words",
            ),
            models.Index(
                fields=["birth_month", "birth_day"],
                condition=Q(birth_month__isnull=False),
                name="member_by_birthday",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__regex=r"^[0-9]{12}$"), name="member_number_is_12_digits"
            ),
            models.CheckConstraint(
                condition=Q(
                    models.expressions.ExpressionWrapper(
                        models.lookups.Exact(Mod(Cast("number", models.BigIntegerField()), 97), 1),
                        output_field=models.BooleanField(),
                    )
                ),
                name="member_number_check_digits",
            ),
            models.CheckConstraint(
                condition=Q(status__in=MemberStatus.values), name="member_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status=MemberStatus.MERGED, merged_into__isnull=False)
                | (~Q(status=MemberStatus.MERGED) & Q(merged_into__isnull=True)),
                name="member_merged_has_survivor",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="member_not_merged_into_itself",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[MemberStatus.MERGED, MemberStatus.ERASED])
                | Q(user__isnull=True),
                name="member_gone_has_no_login",
            ),
            models.CheckConstraint(
                condition=~Q(status=MemberStatus.ERASED)
                | Q(
                    **{
                        f"{name}__isnull" if blank is None else name: True
                        if blank is None
                        else blank
                        for name, blank in PERSONAL_BLANKS.items()
                    }
                ),
                name="member_erased_is_blank",
            ),
            models.CheckConstraint(
                condition=Q(birth_year__isnull=True) | Q(birth_year__range=(1880, 2200)),
                name="member_birth_year_is_sane",
            ),
            models.CheckConstraint(
                condition=Q(birth_month__isnull=True) | Q(birth_month__range=(1, 12)),
                name="member_birth_month_is_a_month",
            ),
            models.CheckConstraint(
                condition=Q(birth_day__isnull=True)
                | (
                    Q(birth_day__range=(1, 31), birth_month__isnull=False)
                    & ~Q(birth_month=2, birth_day__gt=29)
                    & ~Q(birth_month__in=[4, 6, 9, 11], birth_day=31)
                ),
                name="member_birth_day_is_in_month",
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[0-9]{4,15}$"),
                name="member_phone_is_e164",
            ),
            models.CheckConstraint(
                condition=Q(household_size__isnull=True) | Q(household_size__range=(1, 30)),
                name="member_household_size_is_sane",
            ),
            models.CheckConstraint(
                condition=Q(child_birth_years__len__lte=12), name="member_children_are_few"
            ),
            models.CheckConstraint(
                condition=Q(income_band__in=["", *IncomeBand.values]),
                name="member_income_band_is_known",
            ),
            models.CheckConstraint(
                condition=Q(interests__contained_by=Interest.values),
                name="member_interests_are_known",
            ),
            models.CheckConstraint(
                condition=Q(preferences__contained_by=Preference.values),
                name="member_preferences_are_known",
            ),
        ]

    def __str__(self):
        return self.get_full_name()

    def get_full_name(self, locale=None):
        """The name as it is written in its own order; the number where no name is known."""
        return names.get_full_name(self, locale) or names.format_number(self.number)

    @property
    def is_active(self):
        return self.status == MemberStatus.ACTIVE

    @property
    def is_claimed(self):
        return self.user_id is not None

    @property
    def can_spend(self):
        """The same rule in SQL: ``MemberQuerySet.able_to_spend``."""
        return self.is_active and self.is_claimed

    @property
    def can_be_messaged(self):
        """The same rule in SQL: ``MemberQuerySet.able_to_be_messaged``."""
        return self.is_active and self.is_claimed


class MemberReference(models.Model):
    """A till's or shop's own id for a member. Unique per source; written by enrolment."""

    source_code = models.CharField(_("source"), max_length=50)
    external_id = models.CharField(_("external id"), max_length=120)
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="references", verbose_name=_("member")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("member reference")
        verbose_name_plural = _("member references")
        constraints = [
            models.UniqueConstraint(
                fields=["source_code", "external_id"], name="reference_once_per_source"
            ),
        ]

    def __str__(self):
        return f"{self.source_code}:{self.external_id}"
