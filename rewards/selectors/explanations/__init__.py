"""Every entry of the ledger as a sentence, for the member and for staff (docs/points.md 5)."""

from rewards.selectors.explanations.explaining import (
    Explanation,
    explain_awards,
    explain_transfers,
)
from rewards.selectors.explanations.known import list_awards

__all__ = ["Explanation", "explain_awards", "explain_transfers", "list_awards"]
