"""A low score that a person mends."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from surveys.enums import FollowUpEntryKind, FollowUpState
from surveys.models.response import Response


class FollowUpQuerySet(models.QuerySet):
    def unclosed(self):
        return self.exclude(state=FollowUpState.CLOSED)

    def for_list(self):
        return self.select_related("response__survey", "member", "owner")


class FollowUp(models.Model):
    """What staff owe a member who was not content. Of one response there is one at most; what
    came through the contact form has none.
    """

    response = models.OneToOneField(
        Response, models.PROTECT, null=True, blank=True, related_name="follow_up",
        verbose_name=_("response"),
    )  # fmt: skip
    member = models.ForeignKey(
        "members.Member", models.PROTECT, null=True, blank=True, related_name="follow_ups",
        verbose_name=_("member"),
    )  # fmt: skip
    subject = models.TextField(_("what it is about"), blank=True, default="")
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
    outcome = models.TextField(_("what was done"), blank=True, default="")

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=FollowUpState.CLOSED, closed_at__isnull=False)
                | Q(
                    state__in=[FollowUpState.OPEN, FollowUpState.WORKING],
                    closed_at__isnull=True,
                ),
                name="follow_up_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(response__isnull=False) | ~Q(subject=""),
                name="follow_up_is_about_something",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=~Q(state="closed"), name="follow_up_unclosed"
            ),
        ]

    def __str__(self):
        return f"{self.pk}"


class FollowUpEntry(models.Model):
    """What staff wrote down, or answered the member; written once."""

    follow_up = models.ForeignKey(
        FollowUp, models.CASCADE, related_name="entries", verbose_name=_("follow-up")
    )
    kind = models.CharField(_("kind"), max_length=11, choices=FollowUpEntryKind)
    text = models.TextField(_("text"), blank=True, default="")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("by"),
    )  # fmt: skip
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("entry of a follow-up")
        verbose_name_plural = _("entries of follow-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=FollowUpEntryKind.values), name="follow_up_entry_kind_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.follow_up_id} {self.kind}"
