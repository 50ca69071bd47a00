"""How stamps fill cards: one member's cards of one challenge (docs/challenges.md).

A total of stamps fills the cards in the order of their rounds; a card keeps the target of the
version under which it got its first stamp. What falls away is taken from the last card back.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class CardState:
    """A card while it is being filled; ``is_new`` and ``is_changed`` say what to write."""

    round: int
    version_id: int
    target: int
    count: int
    begun_at: dt.datetime
    filled_at: dt.datetime | None = None
    is_paid: bool = False
    prize_count: int = 0
    id: int | None = None
    is_new: bool = False
    is_changed: bool = False

    @property
    def is_full(self) -> bool:
        return self.count >= self.target


@dataclass(frozen=True, slots=True)
class CardTerms:
    """What a version says of cards that begin under it."""

    version_id: int
    target: int
    round_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Stamps that came (or went) at an instant, under a version."""

    at: dt.datetime
    version_id: int
    amount: int


@dataclass(slots=True)
class BookState:
    """All cards of one member and challenge. ``total`` below zero is made up for first."""

    total: int
    cards: list[CardState] = field(default_factory=list)

    def fits(self, amount: int, terms: CardTerms) -> bool:
        """Whether so many stamps fill no card: then it is all the same in which order they came."""
        card = next((each for each in self.cards if not each.is_full), None)
        target = card.target if card and card.count else terms.target
        if card is None and not self._may_begin(terms):
            return True
        return (
            self.total + amount < sum(each.target for each in self.cards if each.is_full) + target
        )

    def apply(self, event: Event, terms: Mapping[int, CardTerms]) -> None:
        self.total += event.amount
        wanted = terms[event.version_id]
        left = max(self.total, 0)
        for card in self.cards:
            if left and not card.count and not card.prize_count:
                _begin_again(card, wanted, event.at)
            left -= _fill(card, min(left, card.target), event.at)
        while left > 0 and self._may_begin(wanted):
            card = CardState(
                round=self.cards[-1].round + 1 if self.cards else 1,
                version_id=wanted.version_id,
                target=wanted.target,
                count=0,
                begun_at=event.at,
                is_new=True,
            )
            self.cards.append(card)
            left -= _fill(card, min(left, card.target), event.at)

    def _may_begin(self, wanted: CardTerms) -> bool:
        return wanted.round_limit is None or len(self.cards) < wanted.round_limit

    def list_won(self) -> list[CardState]:
        """Full cards whose prize is still to be given."""
        return [card for card in self.cards if card.is_full and not card.is_paid]

    def list_shaken(self) -> list[CardState]:
        """Cards that lost stamps after their prize was given."""
        return [card for card in self.cards if card.is_paid and not card.is_full]


def _begin_again(card: CardState, terms: CardTerms, at: dt.datetime) -> None:
    """Emptied by returns, a card is as good as not begun."""
    if (card.version_id, card.begun_at) != (terms.version_id, at):
        card.version_id, card.target, card.begun_at = terms.version_id, terms.target, at
        card.is_changed = True


def _fill(card: CardState, count: int, at: dt.datetime) -> int:
    if count != card.count:
        card.count, card.is_changed = count, True
    if card.is_full and card.filled_at is None:
        card.filled_at = at
    elif not card.is_full:
        card.filled_at = None
    return card.count


def replay(
    total: int, cards: Sequence[CardState], events: Iterable[Event],
    terms: Mapping[int, CardTerms],
) -> BookState:  # fmt: skip
    """The book after these events, in order of their time."""
    book = BookState(total, sorted(cards, key=lambda card: card.round))
    for event in sorted(events, key=lambda each: (each.at, each.amount < 0)):
        book.apply(event, terms)
    return book
