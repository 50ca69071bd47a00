"""Opening books under their locks and writing what they hold: the only writer of the ledger.

The lock order is fixed: standings in order of member, then budgets in order of rule. Three
round trips serve one member or a thousand: locks and state, ids, rows.
"""

from rewards.services.ledger.opening import Ledger, lock_standings, open_ledger
from rewards.services.ledger.terms import load_terms
from rewards.services.ledger.writing import write_ledger

__all__ = ["Ledger", "load_terms", "lock_standings", "open_ledger", "write_ledger"]
