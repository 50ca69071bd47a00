import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models.member import Member

UNDO_DAYS = 30


class MemberMergeQuerySet(models.QuerySet):
    def standing(self):
        """Not undone. The same rule in Python: ``MemberMerge.is_undone``."""
        return self.filter(undo__isnull=True)

    def for_list(self):
        return self.select_related("source", "target", "merged_by", "undo")


class MemberMerge(models.Model):
    """One record went up in another: ``moved`` holds what each part moved, for the undoing.

    Append-only: a trigger refuses change. Ids, counts and names of fields only; the words of
    whoever merged stand in the audit note. Written by ``members.services.merging``.
    """

    source = models.ForeignKey(
        Member, models.PROTECT, related_name="merges_away", verbose_name=_("absorbed record")
    )
    target = models.ForeignKey(
        Member, models.PROTECT, related_name="merges_in", verbose_name=_("surviving record")
    )
    merged_at = models.DateTimeField(_("merged at"))
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("merged by"),
    )
    moved = models.JSONField(_("moved"))

    objects = MemberMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="merge_of_two_records"),
        ]

    def __str__(self):
        return _("Merge %(id)s") % {"id": self.pk}

    @property
    def is_undone(self):
        """The same rule in SQL: ``MemberMergeQuerySet.standing``."""
        return hasattr(self, "undo")

    @property
    def undo_until_at(self):
        return self.merged_at + dt.timedelta(days=UNDO_DAYS)


class MergeAddition(models.Model):
    """What reached the absorbed record after all, since it was under way while the two were
    merged, and followed to the survivor. Append-only; undone with its merge.
    """

    merge = models.ForeignKey(
        MemberMerge, models.PROTECT, related_name="additions", verbose_name=_("merge")
    )
    added_at = models.DateTimeField(_("added at"))
    moved = models.JSONField(_("moved"))

    class Meta:
        verbose_name = _("addition to a merge")
        verbose_name_plural = _("additions to merges")

    def __str__(self):
        return f"{self.merge_id} {self.added_at:%Y-%m-%d %H:%M}"


class MergeUndo(models.Model):
    """The end of a merge. Append-only, once per merge."""

    merge = models.OneToOneField(
        MemberMerge, models.PROTECT, related_name="undo", verbose_name=_("merge")
    )
    undone_at = models.DateTimeField(_("undone at"))
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )

    class Meta:
        verbose_name = _("undone merge")
        verbose_name_plural = _("undone merges")

    def __str__(self):
        return _("Undoing of merge %(id)s") % {"id": self.merge_id}
