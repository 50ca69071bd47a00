from campaigns.models.automation import (
    Automation,
    AutomationVersion,
    Journey,
    JourneyStep,
    Step,
)
from campaigns.models.binding import CHAT_CHANNELS, ChannelBinding, ChannelPrice
from campaigns.models.campaign import (
    Campaign,
    CampaignAudience,
    CampaignVariant,
    SendingPolicy,
)
from campaigns.models.digest import DigestChoice, DigestMail
from campaigns.models.figures import CampaignFigures
from campaigns.models.mailing import PLAIN_VARIANT, Content, Edition, Link, Mailing
from campaigns.models.message import Handover, Message, MessageEvent
from campaigns.models.picture import MailingPicture
from campaigns.models.print_batch import PrintBatch
from campaigns.models.public_notice import PublicNotice, PublicNoticeUpdate
from campaigns.models.rate import RateLimit
from campaigns.models.segment import Segment, SegmentBuild, SegmentMove, SegmentPick
from campaigns.models.sms_price import SmsPrice
from campaigns.models.suppression import Suppression

__all__ = [
    "CHAT_CHANNELS",
    "PLAIN_VARIANT",
    "Automation",
    "AutomationVersion",
    "Campaign",
    "CampaignAudience",
    "CampaignFigures",
    "CampaignVariant",
    "ChannelBinding",
    "ChannelPrice",
    "Content",
    "DigestChoice",
    "DigestMail",
    "Edition",
    "Handover",
    "Journey",
    "JourneyStep",
    "Link",
    "Mailing",
    "MailingPicture",
    "Message",
    "MessageEvent",
    "PrintBatch",
    "PublicNotice",
    "PublicNoticeUpdate",
    "RateLimit",
    "Segment",
    "SegmentBuild",
    "SegmentMove",
    "SegmentPick",
    "SendingPolicy",
    "SmsPrice",
    "Step",
    "Suppression",
]
