from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.acts import name_act


class AuditQuerySet(models.QuerySet):
    def for_list(self):
        return self.select_related("actor", "note")

    def about(self, subject):
        return self.filter(subject_type=subject._meta.label_lower, subject_id=str(subject.pk))


class AuditEntry(models.Model):
    """One act of a person or of the system, as coded facts.

    Append-only: a trigger refuses change. It holds ids and codes, never names or free text,
    so that it may outlive an erasure. Written by services through ``core.services.audit``.
    """

    recorded_at = models.DateTimeField(_("recorded at"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("actor"),
        help_text=_("Empty where the system acted."),
    )
    action = models.CharField(_("action"), max_length=80)
    subject_type = models.CharField(_("subject type"), max_length=80)
    subject_id = models.CharField(_("subject"), max_length=64)
    changes = models.JSONField(_("changes"), default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        permissions = [("export_lists", _("Can export lists of the back office"))]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_of_subject"),
            models.Index(fields=["actor", "-id"], name="audit_of_actor"),
            models.Index(
                fields=["-id"],
                condition=models.Q(action__endswith=".viewed"),
                name="audit_of_views",
            ),
            models.Index(
                fields=["-id"],
                condition=models.Q(action__endswith=".exported"),
                name="audit_of_exports",
            ),
        ]

    def __str__(self):
        return f"{name_act(self.action)} {self.pk}"


class AuditNote(models.Model):
    """The words that a person wrote with an act; erasable, unlike the act itself."""

    entry = models.OneToOneField(AuditEntry, models.CASCADE, primary_key=True, related_name="note")
    text = models.TextField(_("note"))

    class Meta:
        verbose_name = _("audit note")
        verbose_name_plural = _("audit notes")

    def __str__(self):
        return self.text
