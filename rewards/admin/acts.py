"""What the pages of acts for an audience have in common: terms, a look, confirmed, watched.

An act for many and a surprise gift differ in their form, in what they show, and in the services
that write them; both stand on a ``BulkAct``, which may be the object itself.
"""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, link_to
from core.errors import DomainError
from members.selectors.search import list_member_ids
from rewards.enums import BulkState
from rewards.models import BulkActMember
from rewards.selectors.control import explain_excess
from rewards.services.approvals import PERMISSION
from rewards.services.bulk import cancel_bulk

COLOURS = {
    "draft": "info", "waiting": "warning", "running": "info", "done": "success",
    "cancelled": "danger",
}  # fmt: skip


class ActAdmin(ReadOnlyAdmin):
    """Drafts and acts. Subclasses name the form, the page and the services, and say which act an
    object stands on.
    """

    terms_form = None
    terms_page = ""  # template of the form
    terms_title = ""
    describe = draft = change = confirm = None  # the services, as static methods
    left_out = ()  # outcomes of members that the page of an act names

    def get_act(self, obj):
        return obj

    def has_add_permission(self, request):
        return request.user.has_perm(f"rewards.add_{self.opts.model_name}")

    def can_change(self, request):
        return request.user.has_perm(f"rewards.change_{self.opts.model_name}")

    def get_urls(self):
        return [
            self.build_path("draft/", self.draft_view, "draft"),
            self.build_path("<int:object_id>/terms/", self.terms_view, "terms"),
            self.build_path("<int:object_id>/confirmation/", self.confirm_view, "confirm"),
            self.build_path("<int:object_id>/cancellation/", self.cancel_view, "cancel"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("state"), label=COLOURS)
    def show_state(self, obj):
        act = self.get_act(obj)
        return act.state, act.get_state_display()

    # --- Terms ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "draft", needs=self.has_add_permission)

    def draft_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._edit(request, None)

    def terms_view(self, request, object_id):
        obj, answer = self.get_own(request, object_id)
        if answer:
            return answer
        if self.get_act(obj).state != BulkState.DRAFT:
            return self.go_to(obj)
        return self._edit(request, obj)

    def _edit(self, request, obj):
        initial = {"audience": request.GET.get("audience")}
        if obj:
            initial = self.terms_form.get_initial(obj)
        form = self.terms_form(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            terms, now = form.get_terms(), timezone.now()
            try:
                if obj is None:
                    obj = self.draft(**terms, by=request.user, now=now)
                else:
                    obj = self.change(obj, **terms, by=request.user, now=now)
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self.go_to(obj)
        return self.render_page(
            request, self.terms_page, title=self.terms_title, obj=obj, form=form
        )

    # --- One of them ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        obj, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if self.get_act(obj).state == BulkState.DRAFT:
            return self.render_draft(request, obj)
        return self.render_act(request, obj)

    def build_act(self, request, obj):
        """What the page of an act that was confirmed shows of any."""
        act = self.get_act(obj)
        approval = act.approval
        rows = BulkActMember.objects.filter(act=act, outcome__in=self.left_out)
        return {
            "title": self.describe(obj),
            "obj": obj,
            "act": act,
            "approval": approval,
            "colour": COLOURS[act.state],
            "above": explain_excess(approval.excess, approval.kind) if approval else [],
            "left_out": list(rows.select_related("member").order_by("pk")[:10]),
            "can_change": self.can_change(request),
            "can_decide": approval is not None
            and approval.is_waiting
            and approval.asked_by_id != request.user.pk
            and request.user.has_perm(PERMISSION),
            "is_mine": act.asked_by_id == request.user.pk,
        }

    def get_own(self, request, object_id):
        if not self.can_change(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def go_to(self, obj):
        return HttpResponseRedirect(obj.get_absolute_url())

    def confirm_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        obj, answer = self.get_own(request, object_id)
        if answer:
            return answer
        obj = self.confirm(obj, by=request.user, now=timezone.now())
        if self.get_act(obj).state == BulkState.WAITING:
            self.message_user(request, _("It waits for a second person's approval."))
        else:
            self.message_user(request, _("It runs now."))
        return self.go_to(obj)

    def cancel_view(self, request, object_id):
        """Stops it, after a page that says what is done already."""
        obj, answer = self.get_own(request, object_id)
        if answer:
            return answer
        act = self.get_act(obj)
        if request.method == "POST":
            cancel_bulk(act, by=request.user, now=timezone.now())
            self.message_user(request, _("It is cancelled."))
            return self.go_to(obj)
        if act.confirmed_at is None:  # nobody is written down yet
            shown = {"kind": act.get_kind_display(), "audience": act.audience}
            sentence = capfirst(_("%(kind)s for “%(audience)s”") % shown)
        else:
            sentence = self.describe(obj)
        return self.render_page(
            request, "admin/rewards/bulk_cancel.html", title=_("Cancel it"), obj=obj, act=act,
            sentence=sentence,
        )  # fmt: skip


class ActRowAdmin(ReadOnlyAdmin):
    """Rows of an act, one for each member, found by who it is."""

    search_fields = ("member__number",)
    search_help_text = gettext_lazy("Number, e-mail, phone or any part of a member's name")
    ordering = ("-pk",)
    act_lookup = ""  # by which the page of an act leads here

    def lookup_allowed(self, lookup, value, request=None):
        return lookup == self.act_lookup or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        return queryset.filter(member__in=list_member_ids(search_term)), False

    @display(description=pgettext_lazy("entry", "number"), ordering="pk")
    def show_number(self, row):
        return row.pk

    @display(description=gettext_lazy("member"))
    def show_member(self, row):
        return link_to(row.member)
