"""A member's tier by decision: given or kept until a day, and the promise taken back."""

import datetime as dt

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from members.models import Member
from members.services.conduct import list_own_member_ids
from rewards.admin.control_forms import TierDecisionForm
from rewards.admin.versions import EDIT, PREVIEW, PUBLISH, list_posted
from rewards.models import Standing, Tier
from rewards.selectors.balances import get_balances
from rewards.selectors.control import explain_excess
from rewards.selectors.standing import get_progress
from rewards.services.control import find_excess
from rewards.services.tier_decisions import CODE, decide_tier, end_promises

PERMISSION = "rewards.change_standing"


class TierDecisionViews:
    """Two pages below a standing, for whom may decide on tiers."""

    def get_urls(self):
        return [
            self.build_path("<int:member_id>/decision/", self.decide_view, "decide"),
            self.build_path("<int:member_id>/promises/end/", self.end_view, "end"),
            *super().get_urls(),
        ]

    def _open(self, request, member_id):
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return get_object_or_404(Member, pk=member_id)

    def decide_view(self, request, member_id):
        member = self._open(request, member_id)
        now, stage = timezone.now(), request.POST.get("stage", "")
        form = TierDecisionForm(request.POST or None)
        template, context = "tier_decision_form.html", {}
        if request.method == "POST" and stage != EDIT and form.is_valid():
            if stage == PUBLISH and (answer := self._decide(request, member, form, now)):
                return answer
            if stage == PREVIEW:
                template = "tier_decision_preview.html"
                context = {"posted": list_posted(request), **form.cleaned_data}
        excess = find_excess(CODE, 1, member=member, by=request.user, now=now)
        return self.render_page(
            request,
            f"admin/rewards/{template}",
            title=_("A tier by decision"),
            member=member,
            form=form,
            progress=get_progress(get_balances(member, now=now)),
            promises=list_promises(member),
            is_own=member.pk in list_own_member_ids(request.user),
            above=explain_excess([each.as_facts() for each in excess], CODE),
            **context,
        )

    def _decide(self, request, member, form, now):
        try:
            asked = decide_tier(member, by=request.user, now=now, **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        return self._lead_back(request, member, asked, _("The tier is decided."))

    def _lead_back(self, request, member, asked, done):
        text = done if asked is None else _("It waits for a second person's approval.")
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))

    def end_view(self, request, member_id):
        member = self._open(request, member_id)
        now, refusal = timezone.now(), ""
        if request.method == "POST":
            try:
                asked = end_promises(
                    member, note=request.POST.get("note", ""), by=request.user, now=now
                )
            except DomainError as error:
                refusal = str(error)
            else:
                return self._lead_back(request, member, asked, _("The promise is taken back."))
        excess = find_excess(CODE, 1, member=member, by=request.user, now=now)
        return self.render_page(
            request,
            "admin/rewards/tier_promise_end.html",
            title=_("Take the promise back"),
            member=member,
            promises=list_promises(member),
            refusal=refusal,
            above=explain_excess([each.as_facts() for each in excess], CODE),
        )


def list_promises(member):
    """What is promised to a member, as (tier, last day), the longest first."""
    standing = Standing.objects.filter(member=member).first()
    kept = standing.kept_tiers if standing else []
    tiers = Tier.objects.in_bulk([tier_id for tier_id, _day in kept])
    return [(tiers[pk], dt.date.fromisoformat(day)) for pk, day in kept if pk in tiers]
