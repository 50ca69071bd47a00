from rewards.models.closing import DayClose
from rewards.models.earning import Award, EarningRule, EarningRuleVersion, Reversal
from rewards.models.ledger import Account, Lot, LotMove, Transfer
from rewards.models.programme import ProgrammeVersion, Tier, TierLevel
from rewards.models.standing import Standing, TierChange

__all__ = [
    "Account",
    "Award",
    "DayClose",
    "EarningRule",
    "EarningRuleVersion",
    "Lot",
    "LotMove",
    "ProgrammeVersion",
    "Reversal",
    "Standing",
    "Tier",
    "TierChange",
    "TierLevel",
    "Transfer",
]
