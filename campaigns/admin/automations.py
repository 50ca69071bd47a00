"""Automations: a list of steps in words, who is where on them, and one member's way."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from campaigns.admin.automation_forms import (
    AutomationForm,
    TakeForm,
    TriggerForm,
    build_step_form,
)
from campaigns.admin.segment_builder import build_context
from campaigns.admin.segment_reading import NEW, apply_act, read_tree
from campaigns.enums import StepKind, VersionState
from campaigns.models import Automation
from campaigns.selectors.automations.paths import (
    count_journeys,
    explain_absence,
    list_paths,
    list_shown_steps,
)
from campaigns.selectors.automations.wording import StepWording
from campaigns.selectors.segments import BadDefinition
from campaigns.services.automations.drafting import (
    add_step,
    change_automation,
    change_step,
    disable_automation,
    drop_draft,
    enable_automation,
    get_draft_version,
    make_automation,
    move_step,
    publish_automation,
    remove_step,
    set_trigger,
)
from core.admin import ReadOnlyAdmin, WordsList
from core.errors import DomainError
from members.models import Member
from members.selectors.search import search_members

_ACTS = {
    "draft": get_draft_version,
    "drop": drop_draft,
    "publish": publish_automation,
    "enable": enable_automation,
    "disable": disable_automation,
}
_DONE = {
    "draft": gettext_lazy("A draft is begun."),
    "drop": gettext_lazy("The draft is dropped."),
    "publish": gettext_lazy("Published: whoever comes in now goes this way."),
    "enable": gettext_lazy("Switched on."),
    "disable": gettext_lazy("Switched off. Who is on the way waits."),
}
_ICONS = {"wait": "schedule", "if": "call_split", "message": "mail", "grant": "redeem"}


@admin.register(Automation)
class AutomationAdmin(WordsList, ReadOnlyAdmin):
    empty_note = gettext_lazy(
        "Messages that leave by themselves: a welcome, a birthday, points that expire."
    )
    list_display = ("name", "show_trigger", "show_state", "show_active", "show_done", "show_sent")
    list_display_links = ("name",)
    search_fields = ("name", "slug")
    ordering = ("-is_enabled", "name", "pk")

    class Media:
        css = {"all": ["css/admin_automations.css", "css/admin_campaigns.css"]}

    def has_add_permission(self, request):
        return request.user.has_perm("campaigns.add_automation")

    def can_change(self, request):
        return request.user.has_perm("campaigns.change_automation")

    def get_urls(self):
        return [
            self.build_path("draft/", self.draft_view, "draft"),
            self.build_path("<int:object_id>/terms/", self.terms_view, "terms"),
            self.build_path("<int:object_id>/trigger/", self.trigger_view, "trigger"),
            self.build_path("<int:object_id>/act/", self.act_view, "act"),
            self.build_path("<int:object_id>/steps/<slug:kind>/", self.add_step_view, "add_step"),
            self.build_path("<int:object_id>/step/<slug:key>/", self.step_view, "step"),
            self.build_path("<int:object_id>/step/<slug:key>/act/", self.step_act_view, "step_act"),
            self.build_path("<int:object_id>/path/", self.path_view, "path"),
            *super().get_urls(),
        ]

    # --- List ---

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("versions")

    def changelist_view(self, request, extra_context=None):
        answer = super().changelist_view(request, extra_context)
        if hasattr(answer, "context_data") and "cl" in answer.context_data:
            rows = answer.context_data["cl"].result_list
            figures, wording = count_journeys(list(rows)), StepWording()
            for each in rows:
                each.figures, each.wording = figures[each.pk], wording
        return answer

    @display(description=pgettext_lazy("automation", "begins with"))
    def show_trigger(self, automation):
        newest = max(automation.versions.all(), key=lambda version: version.number)
        return automation.wording.say_trigger(newest)

    @display(
        description=gettext_lazy("state"),
        label={"on": "success", "off": "warning", "draft": "info"},
    )
    def show_state(self, automation):
        return _find_state(automation)

    @display(description=gettext_lazy("on the way"))
    def show_active(self, automation):
        return automation.figures.active

    @display(description=gettext_lazy("went through"))
    def show_done(self, automation):
        return automation.figures.done

    @display(description=gettext_lazy("messages sent"))
    def show_sent(self, automation):
        return automation.figures.sent

    # --- Terms ---

    def add_view(self, request, form_url="", extra_context=None):
        return self.redirect_to(request, "draft", needs=self.has_add_permission)

    def draft_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        data = request.POST or None
        forms = [AutomationForm(data), TriggerForm(data)]

        def make():
            trigger = forms[1].get_trigger()
            return make_automation(
                forms[0].get_terms(), trigger=trigger["trigger"], trigger_terms=trigger["terms"],
                by=request.user, now=timezone.now(),
            )  # fmt: skip

        return self._edit(request, None, forms, make, _("New automation"))

    def terms_view(self, request, object_id):
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        form = AutomationForm(request.POST or None, automation=automation)
        return self._edit(request, automation, [form], lambda: change_automation(
            automation, form.get_terms(), by=request.user, now=timezone.now()
        ), _("What holds for all its versions"))  # fmt: skip

    def trigger_view(self, request, object_id):
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        newest = automation.versions.latest("number")
        form = TriggerForm(request.POST or None, version=newest)
        return self._edit(request, automation, [form], lambda: set_trigger(
            automation, **form.get_trigger(), by=request.user, now=timezone.now()
        ), _("What it begins with"))  # fmt: skip

    def add_step_view(self, request, object_id, kind):
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        if kind not in StepKind.values:
            raise Http404
        if kind == StepKind.CONDITION:
            return self._edit_condition(request, automation)
        form = build_step_form(kind, request.POST or None)
        return self._edit(request, automation, [form], lambda: add_step(
            automation, kind=kind, **form.get_step(), by=request.user, now=timezone.now()
        ), _("New step: %(kind)s") % {"kind": StepKind(kind).label})  # fmt: skip

    def step_view(self, request, object_id, key):
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        step = self._get_newest_step(automation, key)
        if step.kind == StepKind.CONDITION:
            return self._edit_condition(request, automation, step)
        form = build_step_form(step.kind, request.POST or None, step)
        return self._edit(request, automation, [form], lambda: change_step(
            automation, key, **form.get_step(), by=request.user, now=timezone.now()
        ), _("Step: %(kind)s") % {"kind": step.get_kind_display()}, step=step)  # fmt: skip

    def _edit_condition(self, request, automation, step=None):
        """In the builder of segments: each press shows the rules anew, only “Save” writes them."""
        form, act = TakeForm(request.POST or None), request.POST.get("act", "")
        tree = step.terms["rules"] if step else dict(NEW, all=[{}])
        if request.method == "POST":
            tree = apply_act(read_tree(request.POST), act)
        if act == "take":
            tree = form.get_rules() or tree
        if act == "save":
            told = {"terms": {"rules": tree}, "by": request.user, "now": timezone.now()}
            try:
                if step:
                    change_step(automation, step.key, **told)
                else:
                    add_step(automation, kind=StepKind.CONDITION, **told)
            except BadDefinition:
                pass  # the builder says what and where
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                return self._go_to(automation)
        kind = StepKind.CONDITION.label
        title = _("Step: %(kind)s") if step else _("New step: %(kind)s")
        unfinished = _("Complete the rules, and you see here for whom they hold.")
        return self.render_page(
            request, "admin/campaigns/segment_rules.html", title=title % {"kind": kind},
            obj=automation, automation=automation, back_url=automation.get_absolute_url(),
            form=form, is_condition=True,
            **build_context(tree, unfinished=unfinished, now=timezone.now()),
        )  # fmt: skip

    def _edit(self, request, automation, forms, act, title, **context):
        are_valid = [form.is_valid() for form in forms]
        if request.method == "POST" and all(are_valid):
            try:
                done = act()
            except DomainError as error:
                forms[-1].add_error(None, str(error))
            else:
                return self._go_to(automation or done)
        return self.render_page(
            request, "admin/campaigns/automation_form.html", title=title, obj=automation,
            automation=automation, forms=forms, wording=StepWording(),
            status=422 if any(form.errors for form in forms) else 200, **context,
        )  # fmt: skip

    # --- Acts ---

    def act_view(self, request, object_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        act = request.POST.get("act", "")
        if act in _ACTS:
            try:
                _ACTS[act](automation, by=request.user, now=timezone.now())
            except DomainError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _DONE[act])
        return self._go_to(automation)

    def step_act_view(self, request, object_id, key):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        automation, answer = self._get_own(request, object_id)
        if answer:
            return answer
        self._get_newest_step(automation, key)
        act, by, now = request.POST.get("act", ""), request.user, timezone.now()
        if act in ("up", "down"):
            move_step(automation, key, is_up=act == "up", by=by, now=now)
        elif act == "remove":
            remove_step(automation, key, by=by, now=now)
        return self._go_to(automation)

    def _get_newest_step(self, automation, key):
        newest = automation.versions.latest("number")
        step = newest.steps.select_related("mailing").filter(key=key).first()
        if step is None:
            raise Http404
        return step

    def _get_own(self, request, object_id):
        if not self.can_change(request):
            raise PermissionDenied
        return self.get_or_redirect(request, object_id)

    def _go_to(self, automation):
        return HttpResponseRedirect(automation.get_absolute_url())

    # --- Pages ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        automation, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        wording = StepWording()
        versions = list(automation.versions.order_by("-number"))
        live = next((each for each in versions if each.state == VersionState.PUBLISHED), None)
        draft = next((each for each in versions if each.is_draft), None)
        state, state_text = _find_state(automation)
        can_change = self.can_change(request)
        return self.render_page(
            request,
            "admin/campaigns/automation_page.html",
            title=automation.name_i18n,
            obj=automation,
            automation=automation,
            state_text=state_text,
            state_label={"on": "success", "off": "warning", "draft": "info"}[state],
            figures=count_journeys([automation])[automation.pk],
            parts=[
                {
                    "version": version,
                    "begin": wording.say_trigger(version),
                    "steps": [
                        {"shown": shown, "icon": _ICONS[shown.step.kind]}
                        for shown in list_shown_steps(version, wording)
                    ],
                    # Without a draft, changing the live one begins it.
                    "is_open": can_change and (version.is_draft or draft is None),
                }
                for version in (draft, live)
                if version is not None
            ],
            draft=draft,
            live=live,
            older=[each for each in versions if each.state == VersionState.RETIRED],
            kinds=[(kind, label, _ICONS[kind]) for kind, label in StepKind.choices],
            can_change=can_change,
            can_find=request.user.has_perm("members.view_member"),
        )

    def path_view(self, request, object_id):
        """Why did, or didn't, somebody get something of it?"""
        if not (self.has_view_permission(request) and request.user.has_perm("members.view_member")):
            raise PermissionDenied
        automation, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        asked = request.GET.get("q", "").strip()
        found = list(search_members(asked, limit=10)) if asked else []
        number = request.GET.get("member", "")
        member = None
        if number.isdigit():
            member = Member.objects.filter(pk=int(number)).first()
        elif len(found) == 1:
            member = found[0]
        paths = list_paths(automation, member) if member else []
        return self.render_page(
            request,
            "admin/campaigns/automation_path.html",
            title=_("One member's way"),
            obj=automation,
            automation=automation,
            asked=asked,
            found=found if member is None else [],
            member=member,
            paths=paths,
            absence=explain_absence(automation, member, now=timezone.now())
            if member and not paths
            else [],
            icons=_ICONS,
        )


def _find_state(automation):
    if automation.is_enabled:
        return "on", _("on")
    states = {version.state for version in automation.versions.all()}
    if VersionState.PUBLISHED in states:
        return "off", _("off")
    return "draft", _("draft")
