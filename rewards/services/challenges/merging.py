"""Two memberships become one, and two again: their stamps count together, and apart."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q

from rewards.engine.stamps import BookState, CardState, Event
from rewards.models import StampBook, StampCard
from rewards.services.challenges.cards import Change, read_cards, settle_cards
from rewards.services.challenges.counting import count_totals
from rewards.services.challenges.terms import VersionTerms, load_versions
from rewards.services.ledger import lock_standings

_AWAY = 1_000_000  # beyond any round


@transaction.atomic
def merge_books(source: Any, target: Any, now: dt.datetime) -> list[dict[str, Any]]:
    """Put the stamps of ``source`` beside those of ``target``; cards go over, full ones first.

    Seven stamps here and three there are a full card of ten. Returns what ``undo_merge`` needs.
    """
    lock_standings([source.pk, target.pk])
    own = {book.challenge_id: book for book in _list_books(target)}
    moved: list[dict[str, Any]] = []
    for book in _list_books(source):
        beside = own.get(book.challenge_id)
        if beside is None:
            StampBook.objects.filter(pk=book.pk).update(member=target)
            moved.append({"book": book.pk})
            continue
        rounds = dict(StampCard.objects.filter(book=book).values_list("pk", "round"))
        inside = list(book.merged_books.values_list("pk", flat=True))
        StampBook.objects.filter(Q(pk=book.pk) | Q(pk__in=inside)).update(
            merged_into=beside, total=0
        )
        _hand_over(book.pk, beside.pk)
        moved.append(
            {"book": book.pk, "beside": beside.pk, "inside": inside,
             "rounds": {str(pk): number for pk, number in rounds.items()}}
        )  # fmt: skip
    _settle([entry["beside"] for entry in moved if "beside" in entry], now)
    return moved


@transaction.atomic
def undo_merge(source: Any, target: Any, moved: list[dict[str, Any]], now: dt.datetime) -> None:
    """Each side has its own stamps and cards again. What was counted meanwhile stays where the
    purchases are: with the survivor.
    """
    lock_standings([source.pk, target.pk])
    shaken = []
    for entry in moved or ():
        if "beside" not in entry:
            StampBook.objects.filter(pk=entry["book"], member=target).update(member=source)
            continue
        StampBook.objects.filter(pk=entry["book"]).update(merged_into=None)
        StampBook.objects.filter(pk__in=entry["inside"]).update(merged_into=entry["book"])
        ids = [int(pk) for pk in entry["rounds"]]
        # Out of each other's way first: a round stands once in a book.
        StampCard.objects.filter(pk__in=ids).update(book=entry["book"], round=F("round") + _AWAY)
        for pk, number in entry["rounds"].items():
            StampCard.objects.filter(pk=int(pk)).update(round=number)
        shaken += [entry["book"], entry["beside"]]
    _settle(shaken, now)


def _list_books(member: Any) -> list[StampBook]:
    return list(StampBook.objects.filter(member=member, merged_into=None).order_by("pk"))


def _hand_over(giver_id: int, taker_id: int) -> None:
    """Cards of the one stand behind those of the other; their order is settled anew."""
    last = StampCard.objects.filter(book=taker_id).aggregate(last=Max("round"))["last"] or 0
    StampCard.objects.filter(book=giver_id).update(book=taker_id, round=F("round") + last)


def _settle(book_ids: list[int], now: dt.datetime) -> None:
    """Cards by the stamps that count together now: those with a prize first, then as they began."""
    if not book_ids:
        return
    versions = load_versions()
    totals = count_totals(book_ids)
    cards = read_cards(book_ids)
    changes = []
    for book in StampBook.objects.filter(pk__in=book_ids).order_by("pk"):
        mine = _reorder(book.pk, cards[book.pk])
        state = BookState(totals.get(book.pk, 0), mine)
        state.apply(Event(now, _newest(book.challenge_id, versions), 0), _terms(versions))
        changes.append(Change(book.pk, book.challenge_id, state, now))
    settle_cards(changes, versions, now=now)


def _reorder(book_id: int, cards: list[CardState]) -> list[CardState]:
    ordered = sorted(cards, key=lambda card: (not card.is_paid, -card.count, card.round))
    if [card.round for card in ordered] == sorted(card.round for card in cards):
        return ordered
    StampCard.objects.filter(book=book_id).update(round=F("round") + _AWAY)
    for number, card in enumerate(ordered, 1):
        card.round = number
        if card.id is not None:
            StampCard.objects.filter(pk=card.id).update(round=number)
    return ordered


def _newest(challenge_id: int, versions: dict[int, VersionTerms]) -> int:
    return max(each.id for each in versions.values() if each.challenge_id == challenge_id)


def _terms(versions: dict[int, VersionTerms]) -> dict:
    return {version.id: version.cards for version in versions.values()}
