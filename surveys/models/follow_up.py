"""A low score, or a message of the contact form, that a person sees to."""

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.enums import FollowUpEnding, FollowUpEntryKind, FollowUpState, ReplyFate
from surveys.models.response import TEXT_LENGTH, Response

NAME_LENGTH = 120  # of whoever writes by the contact form


class FollowUpQuerySet(models.QuerySet):
    def unclosed(self):
        return self.exclude(state=FollowUpState.CLOSED)

    def overdue(self, now):
        return self.unclosed().filter(due_at__lt=now)

    def for_list(self):
        return self.select_related("response__survey", "member", "owner")

    def open_first(self):
        """Unclosed ones by when they are due, then closed ones, the newest first."""
        is_closed = Case(When(state=FollowUpState.CLOSED, then=Value(1)), default=Value(0))
        return self.order_by(is_closed, Case(When(~Q(state=FollowUpState.CLOSED), then="due_at")),
                             "-closed_at", "-pk")  # fmt: skip


class FollowUp(models.Model):
    """What staff owe somebody who was not content, or who wrote to the club.

    About a ``response`` (one at most for each) or, by the contact form, about what stands in
    ``subject``; whoever was not logged in is no ``member`` and left name and address instead.
    ``due_at`` counts plain hours by the clock, nights and Sundays included. Written by
    ``surveys.services.follow_ups``.
    """

    response = models.OneToOneField(
        Response, models.PROTECT, null=True, blank=True, related_name="follow_up",
        verbose_name=_("response"),
    )  # fmt: skip
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="follow_ups",
        verbose_name=_("member"),
    )  # fmt: skip
    subject = models.TextField(
        _("what it is about"), blank=True, default="", max_length=TEXT_LENGTH
    )
    sender_name = models.CharField(
        _("name"), max_length=NAME_LENGTH, blank=True, default="", db_default=""
    )
    sender_email = models.EmailField(_("e-mail address"), blank=True, default="", db_default="")
    score_permille = models.PositiveSmallIntegerField(
        _("score (‰)"), null=True, blank=True,
        help_text=_("The score that it was last about; a lower one opens it again."),
    )  # fmt: skip
    locale = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=pgettext_lazy("of a follow-up", "owner"),
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=7, choices=FollowUpState, default=FollowUpState.OPEN
    )
    opened_at = models.DateTimeField(_("opened at"))
    due_at = models.DateTimeField(_("due at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    ending = models.CharField(
        _("why it is closed"), max_length=6, choices=FollowUpEnding, blank=True, default="",
        db_default="",
    )  # fmt: skip
    outcome = models.TextField(_("what was done"), blank=True, default="", max_length=TEXT_LENGTH)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        permissions = [("oversee_followup", _("Can work every follow-up, whoever owns it"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state=FollowUpState.CLOSED,
                    closed_at__isnull=False,
                    ending__in=[
                        FollowUpEnding.DONE, FollowUpEnding.RAISED, FollowUpEnding.LEFT,
                    ],
                )
                | Q(
                    state__in=[FollowUpState.OPEN, FollowUpState.WORKING],
                    closed_at__isnull=True,
                    ending=FollowUpEnding.NONE,
                    outcome="",
                ),
                name="follow_up_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(ending=FollowUpEnding.DONE) | ~Q(outcome=""),
                name="follow_up_says_what_was_done",
            ),
            models.CheckConstraint(
                condition=Q(
                    response__isnull=False, member__isnull=False, subject="", sender_email=""
                )
                | (Q(response__isnull=True) & ~Q(subject="")),
                name="follow_up_is_about_something",
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False) | ~Q(sender_email=""),
                name="follow_up_is_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("subject"), TEXT_LENGTH))
                & Q(LessThanOrEqual(Length("outcome"), TEXT_LENGTH)),
                name="follow_up_words_are_short",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["due_at"], condition=~Q(state="closed"), name="follow_up_unclosed"
            ),
            # Whether promotions pause.
            models.Index(
                fields=["member"], condition=~Q(state="closed"), name="follow_up_of_member"
            ),
        ]

    def __str__(self):
        return f"{self.pk}"

    def get_absolute_url(self):
        return reverse("admin:surveys_followup_change", args=[self.pk])

    @property
    def is_closed(self):
        return self.state == FollowUpState.CLOSED

    def is_overdue(self, now):
        return not self.is_closed and self.due_at < now


class FollowUpEntry(models.Model):
    """What staff wrote down, did, or answered; written once. ``by`` nobody: it came by itself.

    ``to`` is whom it was handed to. Of a reply ``fate`` tells whether its message left.
    """

    follow_up = models.ForeignKey(
        FollowUp, models.CASCADE, related_name="entries", verbose_name=_("follow-up")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=FollowUpEntryKind)
    text = models.TextField(_("text"), blank=True, default="", max_length=TEXT_LENGTH)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=pgettext_lazy("of a follow-up", "to"),
    )  # fmt: skip
    fate = models.CharField(
        _("message"), max_length=8, choices=ReplyFate, blank=True, default="", db_default=""
    )
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("entry of a follow-up")
        verbose_name_plural = _("entries of follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=FollowUpEntryKind.values), name="follow_up_entry_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=FollowUpEntryKind.wordy_kinds()) | ~Q(text=""),
                name="follow_up_entry_says_something",
            ),
            models.CheckConstraint(
                condition=Q(LessThanOrEqual(Length("text"), TEXT_LENGTH)),
                name="follow_up_entry_is_short",
            ),
            models.CheckConstraint(
                condition=Q(kind=FollowUpEntryKind.REPLY) | Q(fate=ReplyFate.NONE),
                name="follow_up_entry_fate_is_of_replies",
            ),
        ]

    def __str__(self):
        return f"{self.follow_up_id} {self.kind}"
