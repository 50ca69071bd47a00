"""Segments: who belongs is a definition, and its members are the rows of an audience."""

import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.enums import SegmentSchedule


class SegmentQuerySet(models.QuerySet):
    def due(self, now, midnight):
        """To be rebuilt: asked for, or its hour or the club's new day has come. ``midnight`` is
        where that day began.
        """
        never, hour = Q(tried_at__isnull=True), now - dt.timedelta(hours=1)
        return self.filter(
            Q(wanted_at__isnull=False) & (never | Q(tried_at__lt=F("wanted_at")))
            | Q(schedule=SegmentSchedule.HOURLY) & (never | Q(tried_at__lte=hour))
            | Q(schedule=SegmentSchedule.DAILY) & (never | Q(tried_at__lt=midnight))
        )

    def for_list(self):
        return self.select_related("audience", "changed_by")


class Segment(models.Model):
    """A set of members that follows a definition.

    Who is in it are the rows of its ``audience`` (of kind SEGMENT), as of ``built_at``; gates,
    campaigns and automations ask those. ``definition`` is the tree that
    ``campaigns.selectors.segments`` reads; an empty one holds nobody but those picked by hand.
    Written by ``campaigns.services.segments``, which holds the row while it builds.
    """

    audience = models.OneToOneField(
        "members.Audience", models.PROTECT, related_name="segment", verbose_name=_("audience")
    )
    code = models.SlugField(
        _("ready segment"),
        max_length=40,
        blank=True,
        default="",
        help_text=_("Which of the ready ones it came from; empty for the club's own."),
    )
    note = models.CharField(
        _("note"), max_length=300, blank=True, default="", help_text=_("What it is for.")
    )
    definition = models.JSONField(_("definition"), default=dict, blank=True)
    schedule = models.CharField(
        _("rebuilt"),
        max_length=8,
        choices=SegmentSchedule,
        default=SegmentSchedule.DAILY,
    )

    # As it stands
    wanted_at = models.DateTimeField(_("asked to be rebuilt at"), null=True, blank=True)
    tried_at = models.DateTimeField(_("last tried at"), null=True, blank=True)
    built_at = models.DateTimeField(_("rebuilt at"), null=True, blank=True)
    member_count = models.PositiveIntegerField(_("members"), default=0, db_default=0)
    last_error = models.CharField(
        _("why it could not be rebuilt"), max_length=300, blank=True, default="", db_default=""
    )

    # Trail
    created_at = models.DateTimeField(_("created at"))
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("changed by"),
    )

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="segment_once_per_code"
            ),
            models.CheckConstraint(
                condition=Q(schedule__in=SegmentSchedule.values), name="segment_schedule_is_known"
            ),
        ]

    def __str__(self):
        return str(self.audience)

    @property
    def is_waiting(self) -> bool:
        """Asked to be rebuilt, and not yet."""
        return self.wanted_at is not None and (
            self.tried_at is None or self.tried_at < self.wanted_at
        )


class SegmentBuild(models.Model):
    """One rebuild: how long it took, and how many came and went."""

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="builds", db_index=False, verbose_name=_("segment")
    )
    built_at = models.DateTimeField(_("rebuilt at"))
    took_ms = models.PositiveIntegerField(_("milliseconds"))
    member_count = models.PositiveIntegerField(_("members"))
    added_count = models.PositiveIntegerField(_("came in"))
    removed_count = models.PositiveIntegerField(_("went out"))
    built_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("asked for by"),
        help_text=_("Empty where its schedule did."),
    )

    class Meta:
        verbose_name = _("rebuild of a segment")
        verbose_name_plural = _("rebuilds of segments")
        constraints = [
            models.CheckConstraint(
                condition=Q(added_count__lte=F("member_count")), name="segment_build_adds_up"
            ),
        ]
        indexes = [models.Index(fields=["segment", "-built_at"], name="segment_build_history")]

    def __str__(self):
        return f"{self.segment_id} {self.built_at:%Y-%m-%d %H:%M}"


class SegmentPick(models.Model):
    """A member whom staff put into a segment, or keep out of it, whatever its definition says."""

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="picks", db_index=False, verbose_name=_("segment")
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="segment_picks", verbose_name=_("member")
    )
    is_in = models.BooleanField(
        pgettext_lazy("segment", "in"), help_text=_("Off: kept out of the segment.")
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    picked_at = models.DateTimeField(_("picked at"))
    picked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("picked by"),
    )

    class Meta:
        verbose_name = _("pick by hand")
        verbose_name_plural = _("picks by hand")
        constraints = [
            models.UniqueConstraint(fields=["segment", "member"], name="segment_pick_once"),
        ]

    def __str__(self):
        return f"{self.segment_id}:{self.member_id}"


class SegmentMove(models.Model):
    """A member came into a segment, or left it: what automations begin with.

    The first build of a segment writes none: to be there from the beginning is not to come in.
    """

    segment = models.ForeignKey(
        Segment, models.CASCADE, related_name="moves", db_index=False, verbose_name=_("segment")
    )
    member = models.ForeignKey(
        "members.Member", models.PROTECT, related_name="segment_moves", verbose_name=_("member")
    )
    is_entry = models.BooleanField(_("came in"))
    moved_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("move of a segment")
        verbose_name_plural = _("moves of segments")
        indexes = [
            models.Index(fields=["segment", "id"], name="segment_move_of"),
            models.Index(fields=["moved_at"], name="segment_move_by_time"),
        ]

    def __str__(self):
        return f"{self.segment_id}:{self.member_id}"
