"""Who members are: their record, their logins, and what they agreed to."""

import datetime as dt

from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from core.models import AuditEntry
from members.enums import MemberStatus
from members.models import Member
from members.retention import MONTH, YEAR, AtErasure, Line, Then

BLANKED, DELETED, KEPT = AtErasure.BLANKED, AtErasure.DELETED, AtErasure.KEPT


def _closed_memberships(before: dt.datetime):
    """Records whose membership ended before then, and is still over."""
    about = AuditEntry.objects.filter(
        subject_type="members.member", subject_id=Cast(OuterRef("pk"), CharField())
    )
    closed = about.filter(action="member.closed", recorded_at__lt=before)
    since = about.filter(action="member.closed", recorded_at__gte=before)
    return Member.objects.filter(Exists(closed), ~Exists(since), status=MemberStatus.CLOSED)


YOU = (
    Line(
        "members.Member",
        "you",
        _("Your record: names, contacts, birthday, language, and what else you told us"),
        _("To know you, address you rightly and hold your points. Most of it is optional."),
        BLANKED,
        days=3 * YEAR,
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
        days=3 * MONTH,
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
        days=2 * YEAR,
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
        "campaigns.ChannelBinding",
        "you",
        _("LINE and WeChat accounts that you connected: what these call you towards the club"),
        _("To write to you there, where you agreed to it. It goes a year after you disconnect."),
        DELETED,
        days=YEAR,
        since="ended_at",
        then=Then.DELETE,
    ),
    Line(
        "members.HouseholdMember",
        "you",
        _("Your household: since when you belong to it and whether you pool points"),
        _("To let those who agreed use their points together."),
        KEPT,
    ),
)

LOGIN = (
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
        days=YEAR,
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
        days=3 * MONTH,
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
)

AGREED = (
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
        days=YEAR,
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
        days=3 * YEAR,
        since="closed_at",
        then=Then.DELETE,
    ),
    Line(
        "purchases.ShopPrivacyRequest",
        "agreed",
        _("Requests about your data that came by way of a shop"),
        _("To do them in time, and to be able to prove that we did."),
        KEPT,
    ),
)
