from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.acts import name_act
from members.models.member import Member


class ActivityBatch(models.Model):
    """Activities that were recorded together; a single event is a batch of one."""

    kind = models.CharField(_("kind"), max_length=40)
    recorded_at = models.DateTimeField(_("recorded at"))
    activity_count = models.PositiveIntegerField(_("activities"))

    class Meta:
        verbose_name = _("activity batch")
        verbose_name_plural = _("activity batches")

    def __str__(self):
        return f"{name_act(self.kind)} {self.pk}"


class ActivityQuerySet(models.QuerySet):
    def of_member(self, member):
        """Newest first, along ``activity_of_member``."""
        return self.filter(member=member).order_by("-effective_at", "-id")


class Activity(models.Model):
    """One thing that a member did, as ids and coded facts.

    Append-only: a trigger refuses change. Written in batches by
    ``members.services.activities.record_batch``.
    """

    batch = models.ForeignKey(
        ActivityBatch, models.PROTECT, related_name="activities", verbose_name=_("batch")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="activities", db_index=False, verbose_name=_("member")
    )
    kind = models.CharField(_("kind"), max_length=40)
    effective_at = models.DateTimeField(_("happened at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    subject_type = models.CharField(_("subject type"), max_length=40, default="", db_default="")
    subject_id = models.BigIntegerField(_("subject"), null=True)
    facts = models.JSONField(_("facts"), default=dict)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        indexes = [
            models.Index(fields=["member", "-effective_at", "-id"], name="activity_of_member"),
        ]

    def __str__(self):
        return f"{name_act(self.kind)} {self.pk}"


class WorkItemQuerySet(models.QuerySet):
    def due(self, now):
        return self.filter(due_at__lte=now)

    def of_consumer(self, consumer):
        return self.filter(consumer=consumer)


class WorkItem(models.Model):
    """A batch that a consumer has yet to look at; deleted in the transaction that did.

    Claimed with ``skip_locked`` by ``members.services.work``. After a failure it waits until
    ``due_at``, longer each time, and never blocks others.
    """

    batch = models.ForeignKey(
        ActivityBatch, models.PROTECT, related_name="work_items", verbose_name=_("batch")
    )
    consumer = models.CharField(_("consumer"), max_length=40)
    recorded_at = models.DateTimeField(_("recorded at"))
    due_at = models.DateTimeField(_("due at"))
    attempt_count = models.PositiveIntegerField(_("failed attempts"), default=0, db_default=0)
    last_error = models.CharField(
        _("last error"), max_length=200, default="", db_default="", blank=True
    )

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        indexes = [models.Index(fields=["consumer", "due_at", "id"], name="work_of_consumer")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "consumer"], name="work_once_per_consumer"),
            models.CheckConstraint(condition=~Q(consumer=""), name="work_has_consumer"),
        ]

    def __str__(self):
        return f"{self.consumer} {self.batch_id}"
