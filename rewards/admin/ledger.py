"""The ledger, to look at: only its services write it, and the database refuses all else."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, link_to
from core.admin.naming import name_fields
from core.joining import join_comma, join_semicolon
from core.models import AuditEntry
from core.money import format_money
from members.selectors.club import get_club
from members.selectors.search import list_member_ids
from rewards.models import Account, Award, DayClose, EarningRule, Lot, LotMove, Reversal, Transfer
from rewards.selectors.explanations import explain_awards, explain_transfers, list_awards
from rewards.selectors.wording import format_count


class LedgerAdmin(ReadOnlyAdmin):
    """Rows of members, newest first, found by the member; sorted along the key alone."""

    search_fields = ("member__number",)
    search_help_text = _("Number, e-mail, phone or any part of a member's name")
    list_select_related = ("member",)
    ordering = ("-pk",)
    member_path = "member"

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        found = list_member_ids(search_term)
        return queryset.filter(**{f"{self.member_path}__in": found}), False

    def get_sortable_by(self, request):
        return ()

    @display(description=_("member"))
    def show_member(self, row):
        return link_to(row.member)


name_fields(Transfer, reversal=Reversal._meta.verbose_name)
name_fields(LotMove, decision=AuditEntry._meta.verbose_name)
name_fields(Award, rule=EarningRule._meta.verbose_name)


@admin.register(Transfer)
class TransferAdmin(LedgerAdmin):
    list_display = ("effective_at", "show_member", "reason", "show_amount", "unit", "show_way",
                    "is_late")  # fmt: skip
    list_display_links = ("effective_at",)
    list_select_related = ("member", "debit_account", "credit_account")
    list_filter = (
        ("effective_at", PeriodFilter),
        ("unit", ChoicesDropdownFilter),
        ("reason", ChoicesDropdownFilter),
    )
    fields = (
        "show_sentence",
        ("show_member", "reason", "is_late"),
        ("show_amount", "unit", "show_way"),
        ("effective_at", "recorded_at"),
        ("show_award", "reversal", "key"),
    )
    readonly_fields = ("show_sentence", "show_member", "show_amount", "show_way", "show_award")

    @display(description=_("amount"))
    def show_amount(self, transfer):
        return format_count(transfer.amount)

    @display(description=_("from → to"))
    def show_way(self, transfer):
        debit, credit = transfer.debit_account, transfer.credit_account
        return f"{debit.get_kind_display()} → {credit.get_kind_display()}"

    @display(description=_("in words"))
    def show_sentence(self, transfer):
        return explain_transfers([transfer], now=timezone.now())[0].sentence

    @display(description=_("award"))
    def show_award(self, transfer):
        return link_to(transfer.award)


@admin.register(Lot)
class LotAdmin(LedgerAdmin):
    list_display = ("opened_at", "show_member", "unit", "original", "pending", "available", "held",
                    "release_on", "expires_on")  # fmt: skip
    list_display_links = ("opened_at",)
    list_filter = (("unit", ChoicesDropdownFilter),)
    fields = (
        ("show_member", "unit", "show_award"),
        ("original", "pending", "available", "held"),
        ("opened_at", "release_on", "expires_on", "counts_on", "expires_after_days"),
        "show_moves",
    )
    readonly_fields = ("show_member", "show_award", "show_moves")

    @display(description=_("award"))
    def show_award(self, lot):
        return link_to(lot.award)

    @display(description=_("moves"))
    def show_moves(self, lot):
        moves = lot.moves.select_related("transfer").order_by("pk")[:50]
        texts = []
        for move in moves:
            moment = move.transfer.effective_at if move.transfer else None
            day = f"{timezone.localtime(moment):%Y-%m-%d} " if moment else ""
            texts.append(f"{day}{move.get_kind_display()} {format_count(move.amount)}")
        return join_semicolon(texts)


# Where points of a lot may lie; what is outside has no name.
_PLACES = {
    place: Lot._meta.get_field(place).verbose_name for place in ("pending", "available", "held")
}


@admin.register(LotMove)
class LotMoveAdmin(LedgerAdmin):
    list_display = ("show_number", "show_member", "show_lot", "kind", "amount", "show_source",
                    "show_target", "expires_on")  # fmt: skip
    list_select_related = ("lot__member", "transfer")
    member_path = "lot__member"
    fields = (
        ("show_member", "show_lot", "show_transfer"),
        ("kind", "amount", "show_source", "show_target", "expires_on"),
        "decision",
    )
    readonly_fields = ("show_member", "show_lot", "show_transfer", "show_source", "show_target")

    @display(description=pgettext_lazy("entry", "number"), ordering="pk")
    def show_number(self, move):
        return move.pk

    @display(description=pgettext_lazy("account", "from"))
    def show_source(self, move):
        return _PLACES.get(move.source, "–")

    @display(description=_("to"))
    def show_target(self, move):
        return _PLACES.get(move.target, "–")

    @display(description=_("member"))
    def show_member(self, move):
        return link_to(move.lot.member)

    @display(description=_("lot"))
    def show_lot(self, move):
        return link_to(move.lot)

    @display(description=_("ledger entry"))
    def show_transfer(self, move):
        return link_to(move.transfer)


@admin.register(Award)
class AwardAdmin(LedgerAdmin):
    list_display = ("effective_at", "show_member", "rule", "awarded_points", "unit", "show_basis",
                    "cap_trimmed_points", "budget_trimmed_points")  # fmt: skip
    list_display_links = ("effective_at",)
    list_select_related = ("member", "rule")
    fields = (
        "show_sentence",
        ("show_member", "show_purchase", "show_version"),
        ("awarded_points", "unit", "show_basis"),
        ("cap_trimmed_points", "budget_trimmed_points"),
        "show_allocations",
        ("effective_at", "recorded_at"),
    )
    readonly_fields = ("show_sentence", "show_member", "show_purchase", "show_version",
                       "show_basis", "show_allocations")  # fmt: skip

    @display(description=_("basis"))
    def show_basis(self, award):
        return format_money(award.basis_amount, get_club().currency)

    @display(description=_("in words"))
    def show_sentence(self, award):
        return explain_awards(list_awards(pk=award.pk), now=timezone.now())[0][1]

    @display(description=_("purchase"))
    def show_purchase(self, award):
        return link_to(award.purchase)

    @display(description=_("rule version"))
    def show_version(self, award):
        return link_to(award.rule, str(award.rule_version))

    @display(description=_("by line"))
    def show_allocations(self, award):
        pairs = zip(award.positions, award.allocations, strict=True)
        return join_comma(
            [
                _("line %(line)s: %(points)s") % {"line": line, "points": points}
                for line, points in pairs
            ]
        )


@admin.register(Reversal)
class ReversalAdmin(LedgerAdmin):
    list_display = ("effective_at", "show_member", "reversed_points", "pending_points",
                    "own_lot_points", "lapsed_points", "other_lots_points",
                    "owed_points")  # fmt: skip
    list_display_links = ("effective_at",)
    list_select_related = ("award__member",)
    member_path = "award__member"
    fields = (
        ("show_member", "show_award", "show_return", "purchase_version"),
        ("reversed_points", "pending_points", "own_lot_points"),
        ("lapsed_points", "other_lots_points", "owed_points"),
        ("effective_at", "recorded_at"),
    )
    readonly_fields = ("show_member", "show_award", "show_return")

    @display(description=_("member"))
    def show_member(self, reversal):
        return link_to(reversal.award.member)

    @display(description=_("award"))
    def show_award(self, reversal):
        return link_to(reversal.award)

    @display(description=_("return"))
    def show_return(self, reversal):
        return link_to(reversal.purchase_return)


@admin.register(Account)
class AccountAdmin(LedgerAdmin):
    """Balances of members; the programme's own accounts keep none, theirs is a sum."""

    list_display = ("show_member", "kind", "unit", "show_balance")
    list_display_links = ("kind",)
    list_filter = (("kind", ChoicesDropdownFilter), ("unit", ChoicesDropdownFilter))
    fields = readonly_fields = ("show_member", "kind", "unit", "show_balance")

    @display(description=_("member"))
    def show_member(self, account):
        return link_to(account.member) if account.member_id else _("the programme")

    @display(description=_("balance"))
    def show_balance(self, account):
        return "–" if account.balance is None else format_count(account.balance)


@admin.register(DayClose)
class DayCloseAdmin(ReadOnlyAdmin):
    """What the club owed its members at the end of each day; never rewritten."""

    list_display = ("day_on", "closed_at", "released_points", "expired_points", "tier_up_count",
                    "tier_down_count", "pending_points", "available_points", "held_points",
                    "owed_points")  # fmt: skip
    list_filter = (("day_on", PeriodFilter),)
    ordering = ("-day_on",)
