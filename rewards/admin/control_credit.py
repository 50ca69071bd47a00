"""Store credit by hand, beside points by hand."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import DomainError
from members.models import Member
from members.selectors.club import get_club
from members.services.conduct import list_own_member_ids
from rewards.admin.control_forms import CreditForm
from rewards.admin.versions import EDIT, PREVIEW, PUBLISH, list_posted
from rewards.selectors.control import explain_excess
from rewards.services.control import find_excess
from rewards.services.credit import get_credit
from rewards.services.credit_by_hand import CODE, format_credit, give_credit_by_hand


class CreditViews:
    """One page below the adjustments, for whom may make them."""

    def get_urls(self):
        path = self.build_path("<int:member_id>/credit/", self.credit_view, "credit")
        return [path, *super().get_urls()]

    def credit_view(self, request, member_id):
        """The terms, then what they would do, then the press that counts."""
        if not request.user.has_perm("rewards.add_adjustment"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        now, stage = timezone.now(), request.POST.get("stage", "")
        form = CreditForm(request.POST or None)
        template, context = "credit_form.html", {}
        if request.method == "POST" and stage != EDIT and form.is_valid():
            if stage == PUBLISH and (answer := self._give_credit(request, member, form, now)):
                return answer
            if stage == PREVIEW:
                template, context = "credit_preview.html", self._preview(request, member, form, now)
        return self.render_page(
            request,
            f"admin/rewards/{template}",
            title=_("Store credit by hand"),
            member=member,
            form=form,
            credit=_sum_credit(member),
            currency=get_club().currency,
            is_own=member.pk in list_own_member_ids(request.user),
            **context,
        )

    def _give_credit(self, request, member, form, now):
        try:
            made = give_credit_by_hand(member, by=request.user, now=now, **form.get_terms())
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        if made.is_waiting:
            text = _("It waits for a second person's approval.")
        else:
            text = _("Done: %(points)s.") % {"points": format_credit(made.credit_amount)}
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))

    def _preview(self, request, member, form, now):
        terms = form.get_terms()
        amount = terms["amount"]
        excess = find_excess(CODE, amount, member=member, by=request.user, now=now)
        return {
            "change": format_credit(amount),
            "reason": dict(form.fields["reason"].choices)[terms["reason"]],
            "terms": terms,
            "credit_after": _sum_credit(member) + amount,
            "above": explain_excess([each.as_facts() for each in excess], CODE),
            "posted": list_posted(request),
        }


def _sum_credit(member):
    """What the member can pay with; without what is reserved for a bill."""
    held = get_credit(member)
    return held.get("credit_granted", 0) + held.get("credit_refunded", 0)
