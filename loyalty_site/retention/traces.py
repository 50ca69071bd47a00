"""What the club notes beside it: acts of staff, messages and files of shops, sessions."""

from django.utils.translation import gettext_lazy as _

from members.models.merge import UNDO_DAYS
from members.retention import MONTH, YEAR, AtErasure, Line, Then
from members.services.absorbed import list_full_merges

BLANKED, DELETED, KEPT = AtErasure.BLANKED, AtErasure.DELETED, AtErasure.KEPT

STAFF = (
    Line(
        "core.AuditEntry",
        "staff",
        _("What was done to your record, and when staff looked at it"),
        _("So that the club can answer for it. It holds ids and codes, no names."),
        KEPT,
    ),
    Line(
        "core.AuditNote",
        "staff",
        _("What staff noted with it"),
        _("To understand later why something was done."),
        DELETED,
        days=5 * YEAR,
        since="entry__recorded_at",
        then=Then.DELETE,
    ),
    Line(
        "members.DuplicatePair",
        "staff",
        _("Other records that may be yours too"),
        _("So that staff can join them, and your points are in one place."),
        DELETED,
    ),
    Line(
        "members.MemberMerge",
        "staff",
        _("Records of yours that were joined"),
        _("To find your older numbers, and to undo it where it was wrong."),
        KEPT,
        days=UNDO_DAYS,
        then=Then.EMPTY_ABSORBED,
        rows=list_full_merges,
    ),
    Line(
        "rewards.Adjustment",
        "staff",
        _("Points that staff gave or took by hand, and why"),
        _("To explain them, and to see who decided. Notes go after three years."),
        BLANKED,
        days=3 * YEAR,
        since="asked_at",
        then=Then.BLANK,
        columns=("note",),
    ),
    Line(
        "rewards.Approval",
        "staff",
        _("Decisions about you that needed a second person"),
        _("So that nobody decides alone about much. Notes go after three years."),
        BLANKED,
        days=3 * YEAR,
        since="asked_at",
        then=Then.BLANK,
        columns=("note",),
    ),
    Line(
        "rewards.StaffAct",
        "staff",
        _("How much staff gave or took on one day"),
        _("To hold limits that protect your points and those of others."),
        KEPT,
        days=YEAR,
        since="acted_at",
        then=Then.DELETE,
    ),
    Line(
        "rewards.BulkActMember",
        "staff",
        _("What the club did for many at once, and that you were among them"),
        _("To do it once for each, and to explain it."),
        KEPT,
    ),
)

TECHNICAL = (
    Line(
        "purchases.WebhookBody",
        "technical",
        _("Messages of connected shops about your orders"),
        _("To find out what went wrong where a purchase is missing."),
        DELETED,
        days=MONTH,
        since="delivery__received_at",
        then=Then.DELETE,
    ),
    Line(
        "purchases.WebhookDelivery",
        "technical",
        _("That a shop sent us a message, without what it said"),
        _("To find out what went wrong where a purchase is missing."),
        KEPT,
        days=YEAR,
        since="received_at",
        then=Then.DELETE,
    ),
    Line(
        "purchases.ImportJob",
        "technical",
        _("Files of purchases that shops sent in"),
        _("To look up what was refused, and why."),
        KEPT,
        days=3 * MONTH,
        since="finished_at",
        then=Then.FILE,
        columns=("file", "report"),
    ),
    Line(
        "core.IdempotencyRecord",
        "technical",
        _("Answers to tills and shops"),
        _("So that a message that comes twice counts once."),
        KEPT,
        days=3 * MONTH,
        since="recorded_at",
        then=Then.DELETE,
    ),
    Line(
        "sessions.Session",
        "technical",
        _("Sessions of browsers"),
        _("To keep you logged in while you want to be."),
        DELETED,
        days=1,
        since="expire_date",
        then=Then.DELETE,
    ),
)
