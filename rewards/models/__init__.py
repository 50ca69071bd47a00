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
from rewards.models.closing import DayClose, DayFigures
from rewards.models.control import ActLimit, Approval, StaffAct
from rewards.models.counter import Bill, Register
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
from rewards.models.standing import Standing, TierChange
from rewards.models.stock import RewardCode, RewardSession
from rewards.models.webhooks import WebhookEndpoint, WebhookMessage
from rewards.models.wheel import Wheel

__all__ = [
    "Account",
    "ActLimit",
    "Adjustment",
    "Alert",
    "Approval",
    "Award",
    "Bill",
    "BulkAct",
    "BulkActMember",
    "DayClose",
    "DayFigures",
    "Delivery",
    "EarningRule",
    "EarningRuleVersion",
    "Entitlement",
    "Lot",
    "LotMove",
    "Payment",
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
    "SpinGrant",
    "StaffAct",
    "Standing",
    "Tier",
    "TierChange",
    "TierLevel",
    "Transfer",
    "WebhookEndpoint",
    "WebhookMessage",
    "Wheel",
    "Wish",
]
