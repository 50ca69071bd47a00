from members.models.activity import Activity, ActivityBatch, WorkItem
from members.models.address import Address
from members.models.audience import EVERYONE, Audience, AudienceMember
from members.models.claim import ClaimAttempt, ClaimCode
from members.models.club import Club
from members.models.consent import Consent, ConsentWording
from members.models.contact import ContactCap, ContactPolicy
from members.models.duplicate import DuplicatePair
from members.models.erasure import ErasedKey, Erasure, ErasureRequest
from members.models.export import DataExport
from members.models.household import Household, HouseholdInvitation, HouseholdMember
from members.models.member import Member, MemberReference
from members.models.merge import MemberMerge, MergeAddition, MergeUndo
from members.models.notice import Notice
from members.models.pin import StaffPin
from members.models.privacy import Guardian, Recipient
from members.models.theme import FooterLink, LegalPage, Theme
from members.models.user import User

__all__ = [
    "EVERYONE",
    "Activity",
    "ActivityBatch",
    "Address",
    "Audience",
    "AudienceMember",
    "ClaimAttempt",
    "ClaimCode",
    "Club",
    "Consent",
    "ConsentWording",
    "ContactCap",
    "ContactPolicy",
    "DataExport",
    "DuplicatePair",
    "ErasedKey",
    "Erasure",
    "ErasureRequest",
    "FooterLink",
    "Guardian",
    "Household",
    "HouseholdInvitation",
    "HouseholdMember",
    "LegalPage",
    "Member",
    "MemberMerge",
    "MemberReference",
    "MergeAddition",
    "MergeUndo",
    "Notice",
    "Recipient",
    "StaffPin",
    "Theme",
    "User",
    "WorkItem",
]
