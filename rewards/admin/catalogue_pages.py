"""One reward as staff see it, and what they do to it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.admin import dress_form
from core.errors import DomainError
from core.money import format_money
from members.selectors.club import get_club
from rewards.admin.catalogue_forms import ReasonForm, RestockForm
from rewards.enums import RedemptionState
from rewards.models import RewardSession
from rewards.selectors.wording import format_points
from rewards.services.catalogue import (
    list_findings,
    publish_reward,
    restock_reward,
    retire_reward,
    stop_counting_stock,
)
from rewards.services.redemption import cancel_session


class RewardPages:
    """The pages of ``RewardAdmin`` about one reward."""

    def get_page_urls(self):
        return [
            self.build_path("<int:object_id>/edit/", self.edit_view, "edit"),
            self.build_path("<int:object_id>/publish/", self.publish_view, "publish"),
            self.build_path("<int:object_id>/retire/", self.retire_view, "retire"),
            self.build_path("<int:object_id>/restock/", self.restock_view, "restock"),
            self.build_path(
                "<int:object_id>/dates/<int:session_id>/cancel/", self.cancel_view, "cancel_date"
            ),
        ]

    def _go_to(self, reward, name="change"):
        return HttpResponseRedirect(reverse(f"admin:rewards_reward_{name}", args=[reward.pk]))

    # --- One reward ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        reward, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, reward):
            raise PermissionDenied
        now = timezone.now()
        can_edit = self.has_change_permission(request, reward)
        state, state_text = describe_state(reward)
        return self.render_page(
            request,
            "admin/rewards/reward_page.html",
            title=reward.name_i18n,
            obj=reward,
            reward=reward,
            state=state,
            state_text=state_text,
            price=describe_price(reward),
            worth=self._format(reward.value_amount),
            cost=self._format(reward.cost_amount),
            findings=list_findings(reward, now=now),
            gates=self._list_gates(reward, now),
            sessions=reward.sessions.upcoming(now).order_by("starts_at"),
            counts=self._count_redemptions(reward),
            wish_count=reward.wishes.count(),
            can_edit=can_edit,
            can_publish=self.can_publish(request),
            can_add_codes=reward.has_pool and self.can_add_codes(request),
        )

    def edit_view(self, request, object_id):
        if not self.has_change_permission(request):
            raise PermissionDenied
        return super().change_view(request, str(object_id))

    def can_publish(self, request):
        return request.user.has_perm("rewards.publish_reward")

    def _format(self, amount):
        return format_money(amount, get_club().currency) if amount else ""

    def _list_gates(self, reward, now):
        """Each gate with its price and whether it is open, to come or over."""
        found = []
        for gate in reward.gates.select_related("audience").order_by("opens_at", "pk"):
            if gate.closes_at is not None and gate.closes_at <= now:
                state = "over"
            else:
                state = "open" if gate.opens_at <= now else "soon"
            differs = gate.price_points is not None or gate.price_amount is not None
            found.append((gate, describe_price(reward, gate) if differs else "", state))
        return found

    def _count_redemptions(self, reward):
        counts = reward.redemptions.aggregate(
            open=Count("pk", filter=Q(state__in=RedemptionState.open_states())),
            used=Count("pk", filter=Q(state=RedemptionState.USED)),
        )
        return counts

    # --- Acts ---

    def publish_view(self, request, object_id):
        """What is missing and what looks odd; then the press."""
        reward, answer = self._open(request, object_id, self.can_publish(request))
        if answer:
            return answer
        now = timezone.now()
        findings = list_findings(reward, now=now)
        is_ready = not any(finding.is_blocking for finding in findings)
        if request.method == "POST" and is_ready:
            publish_reward(reward, by=request.user, now=now)
            self.message_user(request, _("The reward is published."))
            return self._go_to(reward)
        return self.render_page(
            request, "admin/rewards/reward_publish.html", title=_("Publish"), obj=reward,
            reward=reward, findings=findings, is_ready=is_ready,
        )  # fmt: skip

    def retire_view(self, request, object_id):
        reward, answer = self._open(request, object_id, self.can_publish(request))
        if answer:
            return answer
        if request.method == "POST":
            retire_reward(reward, by=request.user, now=timezone.now())
            self.message_user(request, _("The reward is withdrawn."))
            return self._go_to(reward)
        return self.render_page(
            request, "admin/rewards/reward_retire.html", title=_("Withdraw"), obj=reward,
            reward=reward, counts=self._count_redemptions(reward),
        )  # fmt: skip

    def restock_view(self, request, object_id):
        may = request.user.has_perm("rewards.change_reward")
        reward, answer = self._open(request, object_id, may)
        if answer:
            return answer
        stop = request.POST.get("stage") == "stop"
        form = dress_form(RestockForm(None if stop else request.POST or None))
        stop_form = dress_form(ReasonForm(request.POST if stop else None, prefix="stop"))
        if request.method == "POST" and (stop_form if stop else form).is_valid():
            try:
                self._restock(request, reward, None if stop else form, stop_form)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, _("The stock is changed."))
                return self._go_to(reward)
        return self.render_page(
            request, "admin/rewards/reward_restock.html", title=_("Stock"), obj=reward,
            reward=reward, form=form, stop_form=stop_form,
        )  # fmt: skip

    def _restock(self, request, reward, form, stop_form):
        by, now = request.user, timezone.now()
        if form is None:
            reason = stop_form.cleaned_data["reason"]
            stop_counting_stock(reward, reason=reason, by=by, now=now)
        else:
            data = form.cleaned_data
            restock_reward(reward, data["delta"], reason=data["reason"], by=by, now=now)

    def cancel_view(self, request, object_id, session_id):
        """Call a date off: every booking goes back, as the club's fault."""
        reward, answer = self._open(request, object_id, self.can_publish(request))
        if answer:
            return answer
        session = get_object_or_404(RewardSession, pk=session_id, reward=reward)
        form = dress_form(ReasonForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            count = cancel_session(
                session, by=request.user, note=form.cleaned_data["reason"], now=timezone.now()
            )
            text = ngettext(
                "The date is cancelled, with %(count)s booking.",
                "The date is cancelled, with %(count)s bookings.",
                count,
            ) % {"count": count}
            self.message_user(request, text, messages.SUCCESS)
            return self._go_to(reward)
        booked = session.redemptions.open().count()
        return self.render_page(
            request, "admin/rewards/reward_cancel_date.html", title=_("Cancel a date"),
            obj=reward, reward=reward, session=session, booked=booked, form=form,
        )  # fmt: skip

    def _open(self, request, object_id, is_allowed) -> tuple[Any, HttpResponse | None]:
        if not is_allowed:
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)


def describe_price(reward, gate=None) -> str:
    """ "400 points + $5.00", of the reward or of one of its gates."""
    points, amount = reward.price_points, reward.price_amount
    if gate is not None:
        points = points if gate.price_points is None else gate.price_points
        amount = amount if gate.price_amount is None else gate.price_amount
    text = format_points(points)
    return f"{text} + {format_money(amount, get_club().currency)}" if amount else text


def describe_state(reward) -> tuple[str, Any]:
    if reward.retired_at is not None:
        return "retired", _("Withdrawn")
    return ("on", _("Published")) if reward.is_published else ("draft", _("Draft"))
