"""The statement of one settlement, as a charity reads it: by appeal and rate, naming nobody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from core.money import get_exponent, to_decimal
from members.selectors.club import get_club
from rewards.models import Appeal, CharitySettlement

HEADER = (
    _("Appeal"), _("Donations"), _("Points given"), _("Points matched"),
    _("A hundred points are worth"), _("Worth"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Gifts to one appeal at one rate, in the club's money; ``hundredths`` as in the settlement."""

    appeal: Appeal
    donation_count: int
    points: int
    match_points: int
    hundred_amount: int
    currency: str

    @property
    def hundredths(self) -> int:
        return (self.points + self.match_points) * self.hundred_amount

    @property
    def worth(self) -> str:
        """To be read: exact, with groups."""
        return format_worth(self.hundredths, self.currency)


@dataclass(frozen=True, slots=True)
class Statement:
    settlement: CharitySettlement
    currency: str
    lines: Sequence[StatementLine]


def get_statement(settlement: CharitySettlement) -> Statement:
    rows = list(
        settlement.donations.values("appeal_id", "hundred_amount")
        .annotate(count=Count("pk"), given=Sum("points"), matched=Sum("match_points"))
        .order_by("appeal_id", "hundred_amount")
    )
    currency = get_club().currency
    appeals = Appeal.objects.in_bulk({row["appeal_id"] for row in rows})
    lines = [
        StatementLine(
            appeals[row["appeal_id"]], row["count"], row["given"], row["matched"],
            row["hundred_amount"], currency,
        )
        for row in rows
    ]  # fmt: skip
    return Statement(settlement, currency, lines)


def write_worth(hundredths: int, currency: str) -> str:
    """Exact, with the two places that rounding takes away: 12.3456."""
    return f"{to_decimal(hundredths, currency) / 100:f}"


def format_worth(hundredths: int, currency: str) -> str:
    """The same for people: ``1,234.5678``, and no places that hold nothing."""
    exact = to_decimal(hundredths, currency) / 100
    places = get_exponent(currency) + (2 if hundredths % 100 else 0)
    return number_format(exact, decimal_pos=places, force_grouping=True)


def build_rows(statement: Statement) -> Iterable[tuple]:
    """The table as a file, with what was carried and what is paid below it."""
    settlement, currency = statement.settlement, statement.currency
    for line in statement.lines:
        yield (
            line.appeal.name_i18n, line.donation_count, line.points, line.match_points,
            str(to_decimal(line.hundred_amount, currency)), write_worth(line.hundredths, currency),
        )  # fmt: skip
    yield ("", "", "", "", str(_("Carried from before")),
           write_worth(settlement.carried_in, currency))  # fmt: skip
    yield ("", settlement.donation_count, settlement.points, settlement.match_points,
           str(_("To be paid")), str(to_decimal(settlement.amount, currency)))  # fmt: skip
    yield ("", "", "", "", str(_("Carried on")), write_worth(settlement.carried_out, currency))
