"""The club's retention policy: reviewed data, which members read and a daily task executes.

Change it only with whoever answers for privacy in the club. A club with a policy of its own
names it with RETENTION_POLICY. See docs/privacy.md.
"""

import datetime as dt

from django.db.models import Exists, OuterRef
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from members.retention import AtErasure, Line, Policy, Then

DELETED, BLANKED, KEPT = AtErasure.DELETED, AtErasure.BLANKED, AtErasure.KEPT

_MONTH, _YEAR = 30, 365


def _closed_memberships(before: dt.datetime):
    """Records whose membership ended before then, and is still over."""
    from django.db.models import CharField

    from core.models import AuditEntry
    from members.enums import MemberStatus
    from members.models import Member

    about = AuditEntry.objects.filter(
        subject_type="members.member", subject_id=Cast(OuterRef("pk"), CharField())
    )
    closed = about.filter(action="member.closed", recorded_at__lt=before)
    since = about.filter(action="member.closed", recorded_at__gte=before)
    return Member.objects.filter(Exists(closed), ~Exists(since), status=MemberStatus.CLOSED)


POLICY = Policy(
    erasure_wait_days=7,
    export_hours=24,
    lines=(
        # --- The person
        Line(
            "members.Member",
            "you",
            _("Your record: names, contacts, birthday, language, and what else you told us"),
            _("To know you, address you rightly and hold your points. Most of it is optional."),
            BLANKED,
            days=3 * _YEAR,
            then=Then.ERASE,
            rows=_closed_memberships,
        ),
        Line(
            "members.MemberReference",
            "you",
            _("Your numbers at shops and tills"),
            _("So that a purchase there finds your membership."),
            DELETED,
        ),
        Line(
            "members.HouseholdInvitation",
            "you",
            _("Invitations to your household"),
            _("To let in whom you invited. The address goes once the invitation is over."),
            BLANKED,
            days=3 * _MONTH,
            since="expires_at",
            then=Then.BLANK,
            columns=("email",),
        ),
        Line(
            "members.Guardian",
            "you",
            _("Your parent or guardian, where you are young"),
            _("To ask them for their consent."),
            DELETED,
            days=2 * _YEAR,
            since="ended_at",
            then=Then.DELETE,
        ),
        Line(
            "members.Address",
            "you",
            _("Your addresses"),
            _("To send you what you order or what the club owes you."),
            DELETED,
        ),
        Line(
            "members.HouseholdMember",
            "you",
            _("Your household: since when you belong to it and whether you pool points"),
            _("To let those who agreed use their points together."),
            KEPT,
        ),
        # --- The login
        Line(
            "members.User",
            "login",
            _("Your login"),
            _("So that nobody but you gets in."),
            DELETED,
        ),
        Line(
            "account.EmailAddress",
            "login",
            _("E-mail addresses for logging in"),
            _("To send you codes, and to know that the address is yours."),
            DELETED,
        ),
        Line(
            "socialaccount.SocialAccount",
            "login",
            _("Connected accounts"),
            _("To log you in by them."),
            DELETED,
        ),
        Line(
            "usersessions.UserSession",
            "login",
            _("Where you are logged in: device and network address"),
            _("So that you can see and end log-ins that aren't yours."),
            DELETED,
            days=_YEAR,
            since="last_seen_at",
            then=Then.DELETE,
        ),
        Line(
            "mfa.Authenticator",
            "login",
            _("Passkeys and second factors"),
            _("To make your login safer, where you want it."),
            DELETED,
        ),
        Line(
            "members.ClaimAttempt",
            "login",
            _("Tries to claim a membership"),
            _("To stop whoever guesses."),
            DELETED,
            days=3 * _MONTH,
            since="attempted_at",
            then=Then.DELETE,
        ),
        Line(
            "members.ClaimCode",
            "login",
            _("A code from the counter"),
            _("To let you claim your membership; good for minutes."),
            DELETED,
            days=1,
            since="expires_at",
            then=Then.DELETE,
        ),
        # --- Agreed
        Line(
            "members.Consent",
            "agreed",
            _("What you agreed to and took back, in the words that you saw"),
            _("To keep to it, and to be able to prove it."),
            KEPT,
        ),
        Line(
            "members.DataExport",
            "agreed",
            _("Your downloads of everything"),
            _("To give you your data. The files go after a day, the trace stays a while."),
            DELETED,
            days=_YEAR,
            since="requested_at",
            then=Then.DELETE,
            only={"state__in": ["expired", "failed"]},
        ),
        Line(
            "members.ErasureRequest",
            "agreed",
            _("Your requests to be forgotten"),
            _("To do it in time, and to be able to prove that we did."),
            KEPT,
            days=3 * _YEAR,
            since="closed_at",
            then=Then.DELETE,
        ),
        # --- Bought
        Line(
            "purchases.Purchase",
            "bought",
            _("Your purchases and returns"),
            _("To give you points, take returns back, and keep the books as the law asks."),
            KEPT,
        ),
        Line(
            "purchases.ReceiptClaim",
            "bought",
            _("Receipts that you claimed later"),
            _("To give you the points of a purchase without your card, and to stop who guesses."),
            DELETED,
            days=3 * _MONTH,
            since="attempted_at",
            then=Then.DELETE,
        ),
        Line(
            "purchases.ShopPrivacyRequest",
            "agreed",
            _("Requests about your data that came by way of a shop"),
            _("To do them in time, and to be able to prove that we did."),
            KEPT,
        ),
        Line(
            "purchases.WebhookBody",
            "technical",
            _("Messages of connected shops about your orders"),
            _("To find out what went wrong where a purchase is missing."),
            DELETED,
            days=_MONTH,
            since="delivery__received_at",
            then=Then.DELETE,
        ),
        Line(
            "purchases.WebhookDelivery",
            "technical",
            _("That a shop sent us a message, without what it said"),
            _("To find out what went wrong where a purchase is missing."),
            KEPT,
            days=_YEAR,
            since="received_at",
            then=Then.DELETE,
        ),
        Line(
            "purchases.ImportJob",
            "technical",
            _("Files of purchases that shops sent in"),
            _("To look up what was refused, and why."),
            KEPT,
            days=3 * _MONTH,
            since="finished_at",
            then=Then.FILE,
            columns=("file", "report"),
        ),
        # --- Points
        Line(
            "rewards.Account",
            "points",
            _("Your balances"),
            _("To know what you have."),
            KEPT,
        ),
        Line(
            "rewards.Transfer",
            "points",
            _("Every movement of points"),
            _("So that nothing is lost, and every point can be explained."),
            KEPT,
        ),
        Line(
            "rewards.Lot",
            "points",
            _("Points by when they were earned and until when they can be used"),
            _("So that the oldest are used first."),
            KEPT,
        ),
        Line(
            "rewards.Award",
            "points",
            _("How the points of each purchase were reckoned"),
            _("To explain them, and to undo them rightly with a return."),
            KEPT,
        ),
        Line(
            "rewards.Standing",
            "points",
            _("Your tier"),
            _("To give you what it holds."),
            KEPT,
        ),
        Line(
            "rewards.TierChange",
            "points",
            _("When your tier changed"),
            _("To reckon points by the tier that you had."),
            KEPT,
        ),
        Line(
            "rewards.Redemption",
            "points",
            _("What you got for points: rewards, vouchers, places"),
            _("To give it to you, and to keep the books."),
            KEPT,
        ),
        Line(
            "rewards.RedemptionShare",
            "points",
            _("What you and your household put together for a reward"),
            _("To give everybody theirs back, should it be cancelled."),
            KEPT,
        ),
        Line(
            "rewards.Payment",
            "points",
            _("What you paid with points or store credit"),
            _("To take it back where a purchase is returned, and to keep the books."),
            KEPT,
        ),
        Line(
            "rewards.Bill",
            "points",
            _("Bills at the counter that points or store credit paid in part"),
            _("To take the rest of the money, and to keep the books."),
            KEPT,
        ),
        Line(
            "rewards.Wish",
            "points",
            _("Your wish list"),
            _("To show you how far you are."),
            DELETED,
        ),
        # --- Did
        Line(
            "members.Activity",
            "did",
            _("What you did, as ids and codes"),
            _("So that it earns what it should, once."),
            KEPT,
        ),
        Line(
            "members.AudienceMember",
            "did",
            _("Which groups you are in: your tier, lists of staff"),
            _("To open to you what is open to them."),
            DELETED,
        ),
        Line(
            "members.Notice",
            "did",
            _("News for you on these pages"),
            _("To tell you what happened to your points and your membership."),
            DELETED,
            days=2 * _YEAR,
            since="effective_at",
            then=Then.DELETE,
        ),
        # --- Staff
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
            days=5 * _YEAR,
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
        ),
        Line(
            "rewards.Adjustment",
            "staff",
            _("Points that staff gave or took by hand, and why"),
            _("To explain them, and to see who decided. Notes go after three years."),
            BLANKED,
            days=3 * _YEAR,
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
            days=3 * _YEAR,
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
            days=_YEAR,
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
        # --- Technical
        Line(
            "core.IdempotencyRecord",
            "technical",
            _("Answers to tills and shops"),
            _("So that a message that comes twice counts once."),
            KEPT,
            days=3 * _MONTH,
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
    ),
)
