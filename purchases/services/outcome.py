"""What became of a batch, item by item."""

from dataclasses import dataclass, field

from core.errors import DomainError
from members.registry import Receipt

PURCHASE = "purchase"
RETURN = "return"
CREATED, KNOWN, REFUSED = "created", "known", "refused"


@dataclass(slots=True)
class Outcome:
    """What became of one purchase or return: ``created``, ``known`` or ``refused``."""

    kind: str
    external_id: str
    state: str
    id: int | None = None
    refusal: DomainError | None = None

    def get_id(self) -> int:
        """Of the row that was written or known before. Raises the refusal of what was refused."""
        if self.refusal is not None:
            raise self.refusal
        if self.id is None:
            raise LookupError("Asked for before it was written.")
        return self.id


@dataclass(slots=True)
class IntakeResult:
    """What a batch did. ``outcomes`` stand in the order of the input, purchases first."""

    outcomes: list[Outcome] = field(default_factory=list)
    purchase_count: int = 0
    line_count: int = 0
    return_count: int = 0
    known_count: int = 0
    total_amount: int = 0
    member_ids: set[int] = field(default_factory=set)
    receipts: list[Receipt] = field(default_factory=list)
    batch_id: int | None = None  # of its activities, where there were some

    @property
    def refused(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state == REFUSED]


def refuse(outcome: Outcome, refusal: DomainError) -> None:
    outcome.state = REFUSED
    outcome.refusal = refusal
