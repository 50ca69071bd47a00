from rewards.models.adjustment import Adjustment
from rewards.models.alert import Alert
from rewards.models.bulk import BulkAct, BulkActMember
from rewards.models.catalogue import (
    Reward,
    RewardCategory,
    RewardGate,
    Rotation,
    Wish,
)
from rewards.models.challenge import Challenge, ChallengeGate, ChallengeVersion
from rewards.models.charity import Appeal, AppealUpdate, Charity, MatchOffer
from rewards.models.closing import DayClose, DayFigures
from rewards.models.control import ActLimit, Approval, StaffAct
from rewards.models.counter import Bill, Register
from rewards.models.donation import CharitySettlement, Donation, StandingDonation
from rewards.models.earning import Award, EarningRule, EarningRuleVersion, Reversal
from rewards.models.ledger import Account, Lot, LotMove, Transfer
from rewards.models.payment import Payment, PointsRate
from rewards.models.prize import Entitlement, PrizeFields, SpinGrant
from rewards.models.programme import ProgrammeVersion, Tier, TierLevel
from rewards.models.redemption import (
    Delivery,
    Redemption,
    RedemptionEvent,
    RedemptionShare,
)
from rewards.models.refund import ReturnRefund
from rewards.models.stamps import Stamp, StampBook, StampCard, StampGrant
from rewards.models.standing import Standing, TierChange
from rewards.models.stock import RewardCode, RewardSession
from rewards.models.surprise import Surprise, SurpriseGift
from rewards.models.webhooks import WebhookEndpoint, WebhookMessage
from rewards.models.wheel import Wheel
from rewards.models.wheel_draws import PlayerSeed, Spin, WheelDay, WheelPlayer
from rewards.models.wheel_versions import (
    Slice,
    Substitute,
    WheelAllowance,
    WheelGate,
    WheelVersion,
)

__all__ = [
    "Account",
    "ActLimit",
    "Adjustment",
    "Alert",
    "Appeal",
    "AppealUpdate",
    "Approval",
    "Award",
    "Bill",
    "BulkAct",
    "BulkActMember",
    "Challenge",
    "ChallengeGate",
    "ChallengeVersion",
    "Charity",
    "CharitySettlement",
    "DayClose",
    "DayFigures",
    "Delivery",
    "Donation",
    "EarningRule",
    "EarningRuleVersion",
    "Entitlement",
    "Lot",
    "LotMove",
    "MatchOffer",
    "Payment",
    "PlayerSeed",
    "PointsRate",
    "PrizeFields",
    "ProgrammeVersion",
    "Redemption",
    "RedemptionEvent",
    "RedemptionShare",
    "Register",
    "ReturnRefund",
    "Reversal",
    "Reward",
    "RewardCategory",
    "RewardCode",
    "RewardGate",
    "RewardSession",
    "Rotation",
    "Slice",
    "Spin",
    "SpinGrant",
    "StaffAct",
    "Stamp",
    "StampBook",
    "StampCard",
    "StampGrant",
    "Standing",
    "StandingDonation",
    "Substitute",
    "Surprise",
    "SurpriseGift",
    "Tier",
    "TierChange",
    "TierLevel",
    "Transfer",
    "WebhookEndpoint",
    "WebhookMessage",
    "Wheel",
    "WheelAllowance",
    "WheelDay",
    "WheelGate",
    "WheelPlayer",
    "WheelVersion",
    "Wish",
]
