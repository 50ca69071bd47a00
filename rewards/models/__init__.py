from rewards.models.catalogue import (
    Reward,
    RewardCategory,
    RewardCode,
    RewardGate,
    RewardSession,
    Rotation,
    Wish,
)
from rewards.models.closing import DayClose
from rewards.models.earning import Award, EarningRule, EarningRuleVersion, Reversal
from rewards.models.ledger import Account, Lot, LotMove, Transfer
from rewards.models.payment import Payment, PointsRate
from rewards.models.programme import ProgrammeVersion, Tier, TierLevel
from rewards.models.redemption import (
    Delivery,
    Redemption,
    RedemptionEvent,
    RedemptionShare,
)
from rewards.models.refund import ReturnRefund
from rewards.models.standing import Standing, TierChange

__all__ = [
    "Account",
    "Award",
    "DayClose",
    "Delivery",
    "EarningRule",
    "EarningRuleVersion",
    "Lot",
    "LotMove",
    "Payment",
    "PointsRate",
    "ProgrammeVersion",
    "Redemption",
    "RedemptionEvent",
    "RedemptionShare",
    "ReturnRefund",
    "Reversal",
    "Reward",
    "RewardCategory",
    "RewardCode",
    "RewardGate",
    "RewardSession",
    "Rotation",
    "Standing",
    "Tier",
    "TierChange",
    "TierLevel",
    "Transfer",
    "Wish",
]
