"""Redemptions in the back office: found, looked at, moved on step by step through the services."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, dress_form, link_to
from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from members.selectors.search import list_member_ids
from rewards.admin.redemption_packing import PackingPages
from rewards.codes import read_own_code, read_pool_code
from rewards.enums import DeliveryState, RedemptionState
from rewards.models import Redemption, RewardCode, Transfer
from rewards.selectors.explanations import explain_transfers
from rewards.selectors.redemption_words import get_delivery, list_milestones, word_state
from rewards.selectors.redemptions import count_given_back
from rewards.selectors.wording import format_count
from rewards.services.redemption import (
    cancel_redemption,
    check_cancellable,
    check_usable,
    confirm_redemption,
    end_delivery,
    pack_deliveries,
    send_delivery,
    use_redemption,
)

USE, CANCEL, SEND = (f"rewards.{verb}_redemption" for verb in ("use", "cancel", "send"))
COLOURS = {
    "reserved": "warning", "confirmed": "info", "fulfilled": "info", "used": "success",
    "cancelled": "danger", "expired": "danger",
}  # fmt: skip


class NoteForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For the audit trail; the member reads only that it was the club."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


class ParcelForm(forms.Form):
    carrier = forms.CharField(label=gettext_lazy("Carrier"), max_length=80, required=False)
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"), max_length=80, required=False
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


@admin.register(Redemption)
class RedemptionAdmin(PackingPages, ReadOnlyAdmin):
    """Rows that services write; each step has a button that calls one."""

    list_display = ("reserved_at", "show_member", "show_reward", "show_state", "show_points",
                    "show_amount", "show_place", "expires_on")  # fmt: skip
    list_display_links = ("reserved_at",)
    list_select_related = ("member", "reward")
    list_filter = (
        ("reserved_at", PeriodFilter),
        ("state", ChoicesDropdownFilter),
        ("reward__kind", ChoicesDropdownFilter),
        ("reward", AutocompleteSelectFilter),
        ("place", ChoicesDropdownFilter),
    )
    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Code, or number, e-mail, phone or name of a member")
    ordering = ("-reserved_at", "-pk")
    list_before_template = "admin/rewards/redemption_list_tools.html"

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        if not text:
            return queryset, False
        pooled = RewardCode.objects.filter(
            match_key=read_pool_code(text), redemption__confirmed_at__isnull=False
        )
        wanted = Q(code=read_own_code(text)) | Q(pk__in=pooled.values("redemption"))
        return queryset.filter(wanted | Q(member__in=list_member_ids(text))), False

    def get_sortable_by(self, request):
        return ()

    def get_urls(self):
        return [
            *self.build_packing_paths(),
            self.build_path("<int:object_id>/cancellation/", self.cancel_view, "cancel"),
            self.build_path("<int:object_id>/step/<slug:step>/", self.step_view, "step"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("member"))
    def show_member(self, redemption):
        return link_to(redemption.member)

    @display(description=gettext_lazy("reward"))
    def show_reward(self, redemption):
        return redemption.reward.name_i18n

    @display(description=gettext_lazy("state"), label=COLOURS)
    def show_state(self, redemption):
        return redemption.state, redemption.get_state_display()

    @display(description=gettext_lazy("points"))
    def show_points(self, redemption):
        return format_count(redemption.price_points)

    @display(description=gettext_lazy("money"))
    def show_amount(self, redemption):
        amount = redemption.price_amount
        return format_money(amount, get_club().currency) if amount else "–"

    @display(description=gettext_lazy("where"))
    def show_place(self, redemption):
        return redemption.get_place_display()

    # --- One redemption ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        redemption = self._get(object_id)
        if redemption is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        if not self.has_view_permission(request, redemption):
            raise PermissionDenied
        now = timezone.now()
        may = request.user.has_perm
        events = list(redemption.events.select_related("actor").order_by("pk"))
        entries = Transfer.objects.filter(cause_type="redemption", cause_id=redemption.pk)
        delivery = get_delivery(redemption)
        may_see_address = may(SEND) or may(USE)
        return self.render_page(
            request,
            "admin/rewards/redemption_page.html",
            title=redemption.reward.name_i18n,
            redemption=redemption,
            wording=word_state(redemption, now=now),
            colour=COLOURS[redemption.state],
            milestones=list_milestones(redemption, events),
            entries=explain_transfers(list(entries.for_list().order_by("pk")), now=now),
            shares=list(redemption.shares.select_related("member").order_by("pk")),
            delivery=delivery if may_see_address else None,
            code=redemption.shown_code if may(USE) else "",
            can_confirm=may(USE)
            and redemption.state == RedemptionState.RESERVED
            and not redemption.has_lapsed(now),
            can_use=may(USE) and _is_open_to(check_usable, redemption, now=now),
            can_cancel=may(CANCEL)
            and _is_open_to(check_cancellable, redemption, by_club=True, now=now),
            **self._list_parcel_steps(redemption, delivery, may(SEND)),
        )

    def _get(self, object_id):
        rows = Redemption.objects.for_list().select_related("member")
        return rows.filter(pk=object_id).first() if str(object_id).isdecimal() else None

    def _list_parcel_steps(self, redemption, delivery, may_send):
        """Which of a parcel's steps have a button now."""
        is_there = may_send and delivery is not None and redemption.is_open
        state = delivery.state if is_there else ""
        is_paid = redemption.state != RedemptionState.RESERVED
        return {
            "can_pack": is_paid and state == DeliveryState.TO_PACK,
            "can_send": is_paid and state not in ("", DeliveryState.DELIVERED),
            "can_end": state == DeliveryState.SENT,
            "parcel_form": ParcelForm(
                initial={
                    "carrier": delivery.carrier,
                    "tracking_number": delivery.tracking_number,
                }
            )
            if is_there
            else None,
        }

    # --- Steps ---

    def step_view(self, request, object_id, step):
        """One step of a redemption, by the name of what it comes to."""
        needs, act, done = self.STEPS.get(step, ("", None, ""))
        if act is None:
            raise Http404
        if not request.user.has_perm(needs):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        redemption = self._get(object_id)
        if redemption is None:
            raise Http404
        act(self, request, redemption)
        self.message_user(request, done)
        return HttpResponseRedirect(self._address_of(redemption))

    def _pay(self, request, redemption):
        confirm_redemption(redemption, by=request.user, now=timezone.now())

    def _use(self, request, redemption):
        use_redemption(redemption, by=request.user, now=timezone.now())

    def _pack(self, request, redemption):
        pack_deliveries([redemption], by=request.user, now=timezone.now())

    def _send(self, request, redemption):
        form = ParcelForm(request.POST)
        form.is_valid()
        send_delivery(redemption, by=request.user, now=timezone.now(), **form.cleaned_data)

    def _arrive(self, request, redemption):
        end_delivery(redemption, by=request.user, now=timezone.now())

    def _come_back(self, request, redemption):
        end_delivery(redemption, came_back=True, by=request.user, now=timezone.now())

    STEPS = {
        "payment": (USE, _pay, gettext_lazy("Paid: it is the member's now.")),
        "use": (USE, _use, gettext_lazy("Marked as used.")),
        "packing": (SEND, _pack, gettext_lazy("Marked as packed.")),
        "sending": (SEND, _send, gettext_lazy("On its way; the member is told.")),
        "arrival": (SEND, _arrive, gettext_lazy("Marked as delivered.")),
        "return": (SEND, _come_back, gettext_lazy("Marked as come back.")),
    }

    def cancel_view(self, request, object_id):
        """What comes back and why, then the press."""
        if not request.user.has_perm(CANCEL):
            raise PermissionDenied
        redemption = self._get(object_id)
        if redemption is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        now = timezone.now()
        form = NoteForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                cancel_redemption(
                    redemption,
                    by=request.user,
                    by_club=True,
                    note=form.cleaned_data["note"],
                    now=now,
                )
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("Cancelled; the member is told."))
                return HttpResponseRedirect(self._address_of(redemption))
        return self.render_page(
            request,
            "admin/rewards/redemption_cancel.html",
            title=_("Cancel for the club"),
            redemption=redemption,
            form=form,
            back=count_given_back(redemption, now=now),
            voids_code=redemption.reward.has_pool and redemption.state == RedemptionState.FULFILLED,
        )

    def _address_of(self, redemption):
        return reverse("admin:rewards_redemption_change", args=[redemption.pk])


def _is_open_to(check, redemption, **options):
    try:
        check(redemption, **options)
    except DomainError:
        return False
    return True
