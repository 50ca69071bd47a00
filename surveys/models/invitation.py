"""One member, asked once: what became of the invitation, and who followed its links."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.registry import message_reasons
from surveys.enums import InvitationState, ResponseActor, SkipReason
from surveys.models.survey import Survey
from surveys.models.trigger import Trigger
from surveys.models.version import SurveyVersion


class InvitationQuerySet(models.QuerySet):
    def due(self, now):
        """Along ``invitation_due``."""
        return self.filter(state=InvitationState.PLANNED, due_at__lte=now)

    def of_member(self, member):
        return self.filter(member=member)

    def answerable(self, now):
        return self.filter(
            state__in=[*InvitationState.waiting_states(), InvitationState.ANSWERED],
            expires_at__gt=now,
        )

    def for_list(self):
        return self.select_related("survey", "member")


class Invitation(models.Model):
    """One member, one survey, one occurrence (the purchase's key, the round's day).

    ``version`` is chosen when it is first shown. ``facts`` are ids and codes only, never words.
    ``sent_at`` is set when a message really left: it alone starts the member's clock.
    ``detail`` is the sending app's own word for why nothing was sent. Written in sets by
    ``surveys.services.inviting``.
    """

    survey = models.ForeignKey(
        Survey, models.PROTECT, related_name="invitations", db_index=False,
        verbose_name=_("survey"),
    )  # fmt: skip
    version = models.ForeignKey(
        SurveyVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("version of the survey"),
    )  # fmt: skip
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="survey_invitations", db_index=False,
        verbose_name=_("member"),
    )  # fmt: skip
    trigger = models.ForeignKey(
        Trigger, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("trigger"),
    )  # fmt: skip
    occurrence = models.CharField(_("occurrence"), max_length=80, default="", blank=True)
    facts = models.JSONField(_("facts"), default=dict, db_default={}, blank=True)

    state = models.CharField(
        _("state"), max_length=9, choices=InvitationState, default=InvitationState.PLANNED,
        db_default="planned",
    )  # fmt: skip
    reason = models.CharField(
        _("reason"), max_length=16, choices=SkipReason, default=SkipReason.NONE, db_default="",
        blank=True,
    )  # fmt: skip
    detail = models.CharField(
        _("reason of the sender"), max_length=200, default="", db_default="", blank=True
    )
    planned_at = models.DateTimeField(_("planned at"))
    due_at = models.DateTimeField(_("due at"))
    released_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    reminder_due_at = models.DateTimeField(_("reminder due at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"))

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to a survey")
        verbose_name_plural = _("invitations to surveys")
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "member", "occurrence"], name="invitation_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=InvitationState.values), name="invitation_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.SKIPPED) | ~Q(reason=""),
                name="invitation_skipped_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.ANSWERED) | Q(answered_at__isnull=False),
                name="invitation_answered_has_time",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("due_at")),
                name="invitation_expires_after_due",
            ),
            models.CheckConstraint(
                condition=Q(reminded_at__isnull=True) | Q(sent_at__isnull=False),
                name="invitation_reminded_was_sent",
            ),
        ]
        indexes = [
            # The clock (the last sent_at of a member), and the member's own list.
            models.Index(fields=["member", "sent_at"], name="invitation_clock"),
            models.Index(
                fields=["due_at"], condition=Q(state="planned"), name="invitation_due"
            ),
            models.Index(
                fields=["reminder_due_at"],
                condition=Q(reminder_due_at__isnull=False, reminded_at__isnull=True),
                name="invitation_reminder_due",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["planned", "released", "sent", "opened"]),
                name="invitation_expiring",
            ),
            models.Index(
                fields=["survey", "sent_at"], condition=Q(sent_at__isnull=False),
                name="invitation_sent_by_survey",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.survey_id} {self.member_id} {self.occurrence}".strip()

    def say_reason(self) -> str:
        """Why it wasn't sent; in the sender's words where the survey knows no more than that."""
        of_sender = message_reasons.get(self.detail) if self.reason == SkipReason.NOT_SENT else None
        return str(of_sender or self.get_reason_display())


class Touch(models.Model):
    """One request of an answer link, and what it tells of who asked; written once."""

    invitation = models.ForeignKey(
        Invitation, models.CASCADE, related_name="touches", db_index=False,
        verbose_name=_("invitation"),
    )  # fmt: skip
    method = models.CharField(_("method"), max_length=8)
    number = models.SmallIntegerField(
        _("answer of the link"), null=True, blank=True,
        help_text=_("Empty: the link to the survey itself."),
    )  # fmt: skip
    touched_at = models.DateTimeField(_("at"))
    evidence = models.JSONField(_("evidence"), default=dict, db_default={})
    actor = models.CharField(
        _("who"), max_length=7, choices=ResponseActor, default=ResponseActor.UNKNOWN
    )

    class Meta:
        verbose_name = _("use of an answer link")
        verbose_name_plural = _("uses of answer links")
        constraints = [
            models.CheckConstraint(
                condition=Q(actor__in=ResponseActor.values), name="touch_actor_is_known"
            ),
        ]
        indexes = [models.Index(fields=["invitation", "touched_at"], name="touch_of_invitation")]

    def __str__(self):
        return f"{self.invitation_id} {self.method}"
