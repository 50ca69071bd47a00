from members.models.activity import Activity, ActivityBatch, WorkItem
from members.models.audience import EVERYONE, Audience, AudienceMember
from members.models.claim import ClaimAttempt, ClaimCode
from members.models.club import Club
from members.models.member import Member, MemberReference
from members.models.notice import Notice
from members.models.user import User

__all__ = [
    "EVERYONE",
    "Activity",
    "ActivityBatch",
    "Audience",
    "AudienceMember",
    "ClaimAttempt",
    "ClaimCode",
    "Club",
    "Member",
    "MemberReference",
    "Notice",
    "User",
    "WorkItem",
]
