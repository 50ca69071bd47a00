"""What people say in public about a product or the club, and what the club answers."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.photos import PhotoField
from core.words import Words
from surveys.enums import (
    ReviewFlag,
    ReviewImportState,
    ReviewName,
    ReviewRefusal,
    ReviewSource,
    ReviewState,
)

TITLE_LENGTH = 120
TEXT_LENGTH = 4000
NAME_LENGTH = 60
MOST_PHOTOS = 4
STARS = (1, 2, 3, 4, 5)


class Theme(models.Model):
    """What staff say a review, or an answer in own words, is about: "service", "packaging"."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    i18n: Any = Words(fields=("name",))
    name_i18n: str

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")

    def __str__(self):
        return self.name_i18n


class ReviewTerms(models.Model):
    """How this club takes reviews: one row. Points are the same for any number of stars."""

    is_open = models.BooleanField(_("members may write reviews"), default=True)
    points = models.PositiveIntegerField(
        _("points for a review"),
        default=0,
        help_text=_(
            "Given once for each product when the review is published, the same for any stars."
            " Reviews that earned points say so to everybody."
        ),
    )
    cap_points = models.PositiveIntegerField(
        _("most points of one member in a month"),
        null=True,
        blank=True,
        help_text=_("Empty: no limit. What is above it is not given later."),
    )
    flagged_words = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("words to look at twice"),
        default=list,
        blank=True,
        help_text=_("Separated by commas. They only mark a review; people decide."),
    )

    class Meta:
        verbose_name = _("terms of reviews")
        verbose_name_plural = _("terms of reviews")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="review_terms_are_one"),
        ]

    def __str__(self):
        return str(self._meta.verbose_name)


class ReviewImport(models.Model):
    """A file of reviews from elsewhere: read and shown first, taken in when somebody says so.

    ``rows`` are what can be taken in, ``errors`` of each line that can't its number, the heading
    of a column and a sentence.
    """

    origin_name = models.CharField(pgettext_lazy("of reviews", "site"), max_length=60)
    file_name = models.CharField(_("file"), max_length=200)
    state = models.CharField(
        _("state"), max_length=5, choices=ReviewImportState, default=ReviewImportState.DRAFT
    )
    rows = models.JSONField(_("rows"), default=list)
    errors = models.JSONField(_("errors"), default=list)
    made_at = models.DateTimeField(_("uploaded at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("uploaded by"),
    )  # fmt: skip
    done_at = models.DateTimeField(_("taken in at"), null=True, blank=True)
    taken_count = models.PositiveIntegerField(_("taken in"), default=0)
    known_count = models.PositiveIntegerField(_("known already"), default=0)

    class Meta:
        verbose_name = _("import of reviews")
        verbose_name_plural = _("imports of reviews")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ReviewImportState.DRAFT, done_at__isnull=True)
                | Q(state=ReviewImportState.DONE, done_at__isnull=False),
                name="review_import_done_has_time",
            ),
        ]

    def __str__(self):
        return self.file_name


class ReviewQuerySet(models.QuerySet):
    def published(self):
        """The same rule in Python: ``Review.is_published``."""
        return self.filter(state=ReviewState.PUBLISHED)

    def waiting(self):
        return self.filter(state=ReviewState.WAITING)

    def of_members(self):
        """Written here. What came from elsewhere is in no average of ours."""
        return self.filter(source=ReviewSource.CLUB)

    def about(self, product):
        """Of a product; of the club itself where it is None."""
        return self.filter(product=product) if product else self.filter(product__isnull=True)

    def for_list(self):
        return self.select_related("product", "product__category", "reply").prefetch_related(
            "photos"
        )


class Review(models.Model):
    """Words and stars of one person about a product, or about the club (``product`` empty).

    A member has one review of each. What a member changes waits for staff again, and the old
    words are gone at once: whoever takes something back does not want it to stand there until
    Monday. ``edition`` counts changes, so that two windows don't overwrite each other.
    ``shown_name`` is the name as it stood when it was written ("" for none). One with a
    ``purchase`` is verified. ``points`` are what it earned, for being published, once for each
    member and product; they are never taken back. From elsewhere (IMPORT) it has no member, and
    is known by its site and its id there.
    """

    # What it is about, and whose it is
    product = models.ForeignKey(
        "purchases.Product", models.PROTECT, null=True, blank=True, related_name="reviews",
        db_index=False, verbose_name=_("product"),
    )  # fmt: skip
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="reviews",
        verbose_name=_("member"),
    )  # fmt: skip
    purchase = models.ForeignKey(
        "purchases.Purchase", models.PROTECT, null=True, blank=True, related_name="reviews",
        verbose_name=_("purchase"),
    )  # fmt: skip
    name_kind = models.CharField(
        _("shown as"), max_length=9, choices=ReviewName, default=ReviewName.SHORT
    )
    shown_name = models.CharField(_("shown name"), max_length=NAME_LENGTH, blank=True, default="")

    # What was said
    stars = models.PositiveSmallIntegerField(_("stars"))
    title = models.CharField(
        pgettext_lazy("of a review", "title"), max_length=TITLE_LENGTH, blank=True, default=""
    )
    text = models.TextField(_("review"), blank=True, default="", max_length=TEXT_LENGTH)
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    may_quote = models.BooleanField(_("may be quoted"), default=False)
    written_at = models.DateTimeField(_("written at"))
    edited_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    edition = models.PositiveIntegerField(_("edition"), default=1)

    # What staff made of it
    state = models.CharField(
        _("state"), max_length=9, choices=ReviewState, default=ReviewState.WAITING
    )
    refusal = models.CharField(
        _("reason"), max_length=10, choices=ReviewRefusal, blank=True, default=""
    )
    refusal_note = models.CharField(
        _("in words for the author"), max_length=300, blank=True, default=""
    )
    flags = ArrayField(
        models.CharField(max_length=10, choices=ReviewFlag),
        verbose_name=_("look at"),
        default=list,
        blank=True,
    )
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="reviews", verbose_name=_("themes")
    )
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("judged by"),
    )  # fmt: skip
    published_at = models.DateTimeField(_("first published at"), null=True, blank=True)
    points = models.PositiveIntegerField(_("points given"), default=0)

    # Where it comes from
    source = models.CharField(
        _("source"), max_length=6, choices=ReviewSource, default=ReviewSource.CLUB
    )
    origin_name = models.CharField(
        pgettext_lazy("of a review", "site"), max_length=60, blank=True, default=""
    )
    origin_url = models.URLField(_("address there"), max_length=500, blank=True, default="")
    external_id = models.CharField(_("id there"), max_length=200, blank=True, default="")
    imported_with = models.ForeignKey(
        ReviewImport, models.PROTECT, null=True, blank=True, related_name="reviews",
        verbose_name=_("import of reviews"),
    )  # fmt: skip

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        permissions = [
            ("moderate_review", "Can publish, refuse and take down reviews"),
            ("import_review", "Can bring in reviews from elsewhere"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(stars__gte=1, stars__lte=5), name="review_has_one_to_five_stars"
            ),
            models.UniqueConstraint(
                fields=["member", "product"],
                condition=Q(product__isnull=False),
                name="review_once_per_member_product",
            ),
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(product__isnull=True),
                name="review_once_per_member_of_club",
            ),
            models.UniqueConstraint(
                fields=["origin_name", "external_id"],
                condition=Q(source=ReviewSource.IMPORT),
                name="review_imported_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    source=ReviewSource.CLUB,
                    member__isnull=False,
                    origin_name="",
                    external_id="",
                    imported_with__isnull=True,
                )
                | Q(
                    ~Q(origin_name=""),
                    ~Q(external_id=""),
                    source=ReviewSource.IMPORT,
                    member__isnull=True,
                    purchase__isnull=True,
                    points=0,
                    may_quote=False,
                ),
                name="review_is_a_members_or_imported",
            ),
            models.CheckConstraint(
                condition=Q(source=ReviewSource.IMPORT) | ~Q(text=""),
                name="review_of_member_has_text",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ReviewState.turned_down_states(), judged_at__isnull=False)
                & ~Q(refusal="")
                | Q(
                    state__in=[ReviewState.WAITING, ReviewState.PUBLISHED, ReviewState.INTERNAL],
                    refusal="",
                    refusal_note="",
                ),
                name="review_turned_down_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReviewState.PUBLISHED) | Q(published_at__isnull=False),
                name="review_published_has_time",
            ),
            models.CheckConstraint(
                condition=Q(edited_at__isnull=True) | Q(edited_at__gte=F("written_at")),
                name="review_edited_after_written",
            ),
            models.CheckConstraint(
                condition=Q(name_kind=ReviewName.ANONYMOUS, shown_name="")
                | Q(name_kind__in=[ReviewName.SHORT, ReviewName.NICKNAME]),
                name="review_anonymous_has_no_name",
            ),
        ]
        indexes = [
            # A product's page, and its stars counted from the index alone.
            models.Index(
                fields=["product", "-written_at"],
                condition=Q(state="published"),
                name="review_shown_of_product",
            ),
            models.Index(
                fields=["product", "stars"],
                condition=Q(state="published", source="club"),
                name="review_stars_of_product",
            ),
            models.Index(
                fields=["written_at"], condition=Q(state="waiting"), name="review_waiting"
            ),
            models.Index(fields=["-written_at"], name="review_newest"),
        ]

    def __str__(self):
        return f"{self.get_subject()} · {self.stars}/5"

    def get_absolute_url(self):
        """The public page on which it stands."""
        page = reverse("product_page", args=[self.product_id]) if self.product_id else (
            reverse("review_list"))  # fmt: skip
        return f"{page}#review-{self.pk}"

    def get_subject(self):
        """The product's name, or what the club is called in such a list."""
        return self.product.shown_name if self.product else _now("The club")

    @property
    def is_published(self):
        return self.state == ReviewState.PUBLISHED

    @property
    def is_verified(self):
        return self.purchase_id is not None

    @property
    def is_rewarded(self):
        """Said to everybody who reads it."""
        return self.points > 0

    @property
    def is_imported(self):
        return self.source == ReviewSource.IMPORT


class ReviewPhoto(models.Model):
    """A photograph of a review; what is kept was written anew (``core.photos``)."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="photos", db_index=False)
    position = models.PositiveSmallIntegerField(_("position"))
    photo = PhotoField(_("photograph"))

    class Meta:
        verbose_name = _("photograph of a review")
        verbose_name_plural = _("photographs of reviews")
        ordering = ("position",)  # always shown as they were chosen
        constraints = [
            models.UniqueConstraint(
                fields=["review", "position"], name="review_photo_once_per_place"
            ),
            models.CheckConstraint(
                condition=Q(position__lt=MOST_PHOTOS), name="review_has_at_most_four_photos"
            ),
        ]

    def __str__(self):
        return f"{self.review_id} · {self.position}"


class ReviewReply(models.Model):
    """What the club answers in public, below the review."""

    review = models.OneToOneField(
        Review, models.CASCADE, related_name="reply", verbose_name=_("review")
    )
    text = models.TextField(_("reply"), max_length=TEXT_LENGTH)
    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    replied_at = models.DateTimeField(_("replied at"))
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("replied by"),
    )  # fmt: skip
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reply to a review")
        verbose_name_plural = _("replies to reviews")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="review_reply_has_text"),
        ]

    def __str__(self):
        return f"{self.review_id}"
