"""What entries of the ledger refer to, loaded together: awards, returns, lots, causes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.bulk import read_together
from core.money import format_money
from core.time import day_of
from members.selectors.club import get_club
from rewards.enums import Reason, Unit
from rewards.models import Award, Lot, Reversal, Transfer
from rewards.selectors.calculations import Causes, load_causes
from rewards.selectors.causes import CauseText, describe_causes
from rewards.selectors.wording import format_day, format_points


@dataclass(slots=True)
class Known:
    """What a set of transfers refers to, loaded together."""

    today: dt.date
    zone: str
    currency: str
    awards: dict[int, Award]
    reversals: dict[int, Reversal]
    lots: dict[int, Lot]
    causes: Causes
    abouts: dict[tuple[str, int], CauseText] = field(default_factory=dict)
    graces: dict[int, dt.date] = field(default_factory=dict)  # last day by id of a restoring entry

    def about(self, transfer: Transfer) -> CauseText | None:
        return self.abouts.get((transfer.cause_type, transfer.cause_id or 0))

    def amount(self, transfer: Transfer) -> str:
        """ "27 points", "$10.00"."""
        if transfer.unit == Unit.MONEY:
            return format_money(transfer.amount, self.currency)
        return format_points(transfer.amount, transfer.unit)

    def award_of(self, transfer: Transfer) -> Award | None:
        if transfer.award_id:
            return self.awards.get(transfer.award_id)
        if transfer.reversal_id and transfer.reversal_id in self.reversals:
            return self.awards.get(self.reversals[transfer.reversal_id].award_id)
        lot = self.lots.get(_lot_id_of(transfer) or 0)
        return self.awards.get(lot.award_id) if lot is not None and lot.award_id else None

    def day(self, moment: dt.datetime) -> str:
        return format_day(day_of(moment, self.zone), self.today)


def list_awards(**lookup: Any):
    """Awards with all that their explanation needs."""
    return Award.objects.filter(**lookup).select_related(
        "rule_version__rule", "purchase__store", "lot"
    )


def load_known(transfers: Sequence[Transfer], now: dt.datetime) -> Known:
    club = get_club()
    lot_ids = {pk for transfer in transfers if (pk := _lot_id_of(transfer))}
    lots = Lot.objects.in_bulk(lot_ids) if lot_ids else {}
    reversal_ids = {transfer.reversal_id for transfer in transfers if transfer.reversal_id}
    reversals = (
        Reversal.objects.select_related("purchase_return").in_bulk(reversal_ids)
        if reversal_ids
        else {}
    )
    award_ids = {transfer.award_id for transfer in transfers if transfer.award_id}
    award_ids |= {reversal.award_id for reversal in reversals.values()}
    award_ids |= {lot.award_id for lot in lots.values() if lot.award_id}
    awards = {award.pk: award for award in list_awards(pk__in=award_ids)} if award_ids else {}
    causes = load_causes(awards.values())
    today = day_of(now, club.zone)
    return Known(
        today, club.zone, club.currency, awards, reversals, lots, causes,
        describe_causes(transfers), _load_graces(transfers),
    )  # fmt: skip


# A lot that came back past its day, by the club's fault, got another day for that very entry.
_GRACES = """
    SELECT back.transfer_id, max(later.expires_on)
    FROM rewards_lotmove back JOIN rewards_lotmove later
        ON later.lot_id = back.lot_id AND later.transfer_id = back.transfer_id
        AND later.kind = 'redated'
    WHERE back.transfer_id = ANY(%s) AND back.kind = 'restored'
    GROUP BY back.transfer_id
"""


def _load_graces(transfers: Sequence[Transfer]) -> dict[int, dt.date]:
    ids = [
        each.pk for each in transfers if each.reason == Reason.RESTORE and each.unit == Unit.POINTS
    ]
    return dict(read_together([(_GRACES, [ids])])[0]) if ids else {}


def _lot_id_of(transfer: Transfer) -> int | None:
    """The lot that an entry's key names where no award does: a repayment, a gift that ended."""
    if transfer.award_id or transfer.reversal_id:
        return None
    if transfer.reason not in (Reason.REPAY, Reason.EXPIRE, Reason.RELEASE):
        return None
    _head, found, pk = transfer.key.rpartition("lot:")
    return int(pk) if found and pk.isdigit() else None
