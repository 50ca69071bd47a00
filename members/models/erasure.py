import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.enums import ErasureState, RequestSource
from members.models.member import Member


class ErasureRequestQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(state=ErasureState.WAITING)

    def due(self, now):
        return self.waiting().filter(due_at__lte=now, try_at__lte=now)

    def to_be_told(self):
        """Waiting, and nobody has told the member yet."""
        return self.waiting().filter(told_at__isnull=True)

    def for_list(self):
        return self.select_related("member", "requested_by")


class ErasureRequest(models.Model):
    """A member asked to be forgotten; until ``due_at`` they may think again.

    Past it a worker claims the row and erases. Where something must be finished first
    (``held_up_by``) it waits and tries again. Written by ``members.services.erasure``.
    """

    uid = models.UUIDField(_("id in the log"), default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(
        Member,
        models.PROTECT,
        related_name="erasure_requests",
        db_index=False,
        verbose_name=_("member"),
    )
    state = models.CharField(
        _("state"), max_length=9, choices=ErasureState, default=ErasureState.WAITING
    )
    source = models.CharField(_("asked by"), max_length=9, choices=RequestSource)
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("entered by"),
    )
    reason = models.TextField(_("reason"), blank=True, default="", db_default="")
    due_at = models.DateTimeField(_("due at"))
    told_at = models.DateTimeField(_("member told at"), null=True, blank=True)

    # Where something is still open
    try_at = models.DateTimeField(_("next attempt at"))
    attempt_count = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    held_up_by = models.CharField(
        _("held up by"), max_length=60, blank=True, default="", db_default=""
    )

    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    logged_at = models.DateTimeField(_("cancellation logged at"), null=True, blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        indexes = [
            models.Index(fields=["member", "-id"], name="erasure_request_of_member"),
            models.Index(
                fields=["try_at"],
                condition=Q(state=ErasureState.WAITING),
                name="erasure_request_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(state=ErasureState.WAITING),
                name="erasure_request_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ErasureState.values), name="erasure_request_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=ErasureState.WAITING, closed_at__isnull=True)
                | (~Q(state=ErasureState.WAITING) & Q(closed_at__isnull=False)),
                name="erasure_request_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(due_at__gte=F("requested_at")), name="erasure_request_due_later"
            ),
            models.CheckConstraint(
                condition=~Q(state=ErasureState.DONE) | Q(reason=""),
                name="erasure_request_done_is_blank",
            ),
        ]

    def __str__(self):
        return _("Request %(id)s") % {"id": self.pk}

    @property
    def is_waiting(self):
        return self.state == ErasureState.WAITING


class ErasureQuerySet(models.QuerySet):
    def unlogged(self):
        return self.filter(logged_at__isnull=True)

    def unchecked(self, before):
        """Erased a while ago and not looked at again since."""
        return self.filter(rechecked_at__isnull=True, recorded_at__lte=before)


class Erasure(models.Model):
    """That a record was emptied: ids and times, nothing of the person.

    ``members`` lists ``[id, created at]`` of the record and of those merged into it. The same
    facts stand in a log outside of the database, from which a restored backup learns what was
    erased after it was made. Written by ``members.services.erasure``.
    """

    uid = models.UUIDField(_("id in the log"), default=uuid.uuid4, unique=True, editable=False)
    members = models.JSONField(_("records"))
    erased_at = models.DateTimeField(_("erased at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    logged_at = models.DateTimeField(_("logged at"), null=True, blank=True)
    rechecked_at = models.DateTimeField(_("looked at again at"), null=True, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [
            models.Index(
                fields=["id"], condition=Q(logged_at__isnull=True), name="erasure_unlogged"
            ),
            models.Index(
                fields=["recorded_at"],
                condition=Q(rechecked_at__isnull=True),
                name="erasure_unchecked",
            ),
        ]

    def __str__(self):
        return str(self.uid)


class ErasedKey(models.Model):
    """A contact or a shop's id of somebody who was erased, as a keyed hash.

    It keeps old files and shops from bringing the person back (``members.services.enrolment``).
    The key stays outside of the database, so that the hashes tell nothing by themselves;
    ``key_id`` says which key it was.
    """

    erasure = models.ForeignKey(
        Erasure, models.CASCADE, related_name="keys", verbose_name=_("erasure")
    )
    kind = models.CharField(_("kind"), max_length=9)
    key_id = models.CharField(_("key"), max_length=8)
    key_hash = models.CharField(_("hash"), max_length=64, unique=True)

    class Meta:
        verbose_name = _("erased contact")
        verbose_name_plural = _("erased contacts")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["email", "phone", "reference"]), name="erased_key_kind"
            ),
            models.CheckConstraint(
                condition=Q(key_hash__regex=r"^[0-9a-f]{64}$"), name="erased_key_is_a_hash"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.key_hash[:8]}"
