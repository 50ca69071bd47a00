"""Segments in the back office: the builder, and the page of each one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from campaigns.admin.segment_builder import Preview, build_context, preview_group
from campaigns.admin.segment_reading import NEW, apply_act, read_tree
from campaigns.enums import SegmentSchedule
from campaigns.models import Segment, SegmentBuild, SegmentPick
from campaigns.selectors.segments import (
    BadDefinition,
    explain_members,
    read_definition,
)
from campaigns.services.segment_picks import drop_pick, pick_members
from campaigns.services.segments import change_segment, make_segment, request_build
from core.admin import StaffAdmin, dress_form
from core.errors import DomainError
from core.words import list_active_paths
from members.admin.audiences import AddMembersForm
from members.models import Member
from members.selectors.search import list_member_ids

SHOWN_BUILDS = 60  # in the chart
LISTED_BUILDS = 8
SHOWN_PICKS = 20
_CHART = (600, 120)  # units of the drawing


class SegmentForm(forms.Form):
    """What a segment is called, and when it is rebuilt; its rules stand in the builder."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    schedule = forms.ChoiceField(
        label=pgettext_lazy("how often", "Rebuilt"),
        choices=SegmentSchedule.choices,
        initial="daily",
    )
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        dress_form(self)


class PickForm(AddMembersForm):
    is_in = forms.ChoiceField(
        label=gettext_lazy("What with them"),
        choices=[
            ("yes", pgettext_lazy("segment", "Always in")),
            ("no", pgettext_lazy("segment", "Never in")),
        ],
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)


@admin.register(Segment)
class SegmentAdmin(StaffAdmin):
    """Who belongs to a segment is written in the builder; its page shows what came of it."""

    empty_note = gettext_lazy(
        "Groups of members by what they bought, earned, answered and clicked."
    )
    has_page = True
    list_display = ("show_name", "member_count", "schedule", "built_at", "show_state", "note")
    list_filter = (("schedule", ChoicesDropdownFilter),)
    search_fields = ("audience__name", "note")
    ordering = ("audience__name",)

    def get_search_fields(self, request):
        return [*super().get_search_fields(request), *list_active_paths(["audience__name"])]

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    @display(description=gettext_lazy("name"), ordering="audience__name")
    def show_name(self, segment):
        return segment.audience.name_i18n

    @display(
        description=gettext_lazy("state"),
        label={"waiting": "info", "failed": "danger", "built": "success", "new": ""},
    )
    def show_state(self, segment):
        if segment.last_error:
            return "failed", _("Can't be rebuilt")
        if segment.is_waiting or segment.built_at is None:
            return "waiting", _("Waits for its rebuild")
        return "built", _("Up to date")

    def get_urls(self):
        return [
            self.build_path("add/", self.builder_view, "add"),
            self.build_path("<int:object_id>/rules/", self.builder_view, "rules"),
            self.build_path("<int:object_id>/build/", self.build_view, "build"),
            self.build_path("<int:object_id>/picks/", self.pick_view, "pick"),
            self.build_path(
                "<int:object_id>/picks/<int:member_id>/removal/", self.drop_pick_view, "drop_pick"
            ),
            *super().get_urls(),
        ]

    # --- The builder ---

    def builder_view(self, request, object_id=None):
        """The whole tree is in the form: each press shows it anew, only “Save” writes it."""
        segment = None
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
        else:
            segment, answer = self._open(request, object_id)
            if answer:
                return answer
            if not self.has_change_permission(request, segment):
                raise PermissionDenied
        if request.method != "POST":
            tree = (segment and segment.definition) or dict(NEW, all=[{}])
            return self._render_builder(
                request, segment, tree, SegmentForm(initial=_words(segment))
            )
        tree = apply_act(read_tree(request.POST), request.POST.get("act", ""))
        if request.POST.get("act") != "save":
            form = SegmentForm(initial={name: request.POST.get(name) for name in _NAMES})
            return self._render_builder(request, segment, tree, form)
        form = SegmentForm(request.POST)
        if form.is_valid():
            try:
                saved = self._save(request, segment, tree, form.cleaned_data)
            except BadDefinition:
                pass  # the builder says what and where
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, _("Saved. Its members follow within a few minutes."))
                return self._go_to(saved)
        return self._render_builder(request, segment, tree, form)

    def _save(self, request, segment, tree, words):
        told = {"definition": tree, **words, "by": request.user, "now": timezone.now()}
        return change_segment(segment, **told) if segment else make_segment(**told)

    def _render_builder(self, request, segment, tree, form):
        unfinished = _("Complete the rules, and you see here who is in it.")
        return self.render_page(
            request,
            "admin/campaigns/segment_rules.html",
            title=segment.audience.name_i18n if segment else _("New segment"),
            obj=segment,
            back_url=self._get_url(segment) if segment else "",
            form=form,
            **build_context(tree, segment=segment, unfinished=unfinished, now=timezone.now()),
        )

    # --- One segment ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        segment, answer = self._open(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, segment):
            raise PermissionDenied
        return self._render(request, segment, PickForm())

    def _render(self, request, segment, pick_form):
        now = timezone.now()
        preview, group = Preview(), None
        if segment.definition:
            try:
                group = read_definition(segment.definition, segment=segment)
            except BadDefinition as error:
                preview.problem = str(error)
            else:
                preview = preview_group(group, now, with_count=False)
        builds = list(
            SegmentBuild.objects.filter(segment=segment)
            .select_related("built_by")
            .order_by("-built_at")[:SHOWN_BUILDS]
        )
        picks = SegmentPick.objects.filter(segment=segment).select_related("member", "picked_by")
        query = urlencode({"audience__id__exact": segment.audience_id})
        asked, found = self._explain(request, group, now)
        return self.render_page(
            request,
            "admin/campaigns/segment_page.html",
            title=segment.audience.name_i18n,
            obj=segment,
            segment=segment,
            preview=preview,
            builds=builds[:LISTED_BUILDS],
            chart=_draw([build.member_count for build in reversed(builds)]),
            first_build=builds[-1] if builds else None,
            last_build=builds[0] if builds else None,
            picks=list(picks.order_by("-picked_at")[:SHOWN_PICKS]),
            pick_form=pick_form,
            rows_url=f"{reverse('admin:members_audiencemember_changelist')}?{query}",
            asked=asked,
            found=found,
            found_list=[found] if found else [],
            can_change=self.has_change_permission(request, segment),
        )

    def _explain(self, request, group, now):
        """Why one member, whom somebody asks about, is in it or not."""
        asked = request.GET.get("who", "").strip()
        if not asked or group is None:
            return asked, None
        ids = list_member_ids(asked, limit=2)
        if len(ids) != 1:
            return asked, None
        try:
            return asked, next(iter(explain_members(group, ids, now=now)), None)
        except DomainError:
            return asked, None

    def build_view(self, request, object_id):
        segment, answer = self._open_to_change(request, object_id)
        if answer:
            return answer
        request_build(segment, by=request.user, now=timezone.now())
        self.message_user(request, _("It is rebuilt within a few minutes."))
        return self._go_to(segment)

    def pick_view(self, request, object_id):
        segment, answer = self._open_to_change(request, object_id)
        if answer:
            return answer
        form = PickForm(request.POST)
        if form.is_valid():
            words = form.cleaned_data
            try:
                count = pick_members(
                    segment,
                    words["members"],
                    is_in=words["is_in"] == "yes",
                    note=words["note"],
                    by=request.user,
                    now=timezone.now(),
                )
            except DomainError as error:
                form.add_error("members", str(error))
            else:
                text = ngettext("%(count)s member picked.", "%(count)s members picked.", count)
                self.message_user(request, text % {"count": count})
                return self._go_to(segment)
        return self._render(request, segment, form)

    def drop_pick_view(self, request, object_id, member_id):
        segment, answer = self._open_to_change(request, object_id)
        if answer:
            return answer
        member = get_object_or_404(Member, pk=member_id)
        drop_pick(segment, member, by=request.user, now=timezone.now())
        self.message_user(request, _("From the next rebuild on, the rules decide again."))
        return self._go_to(segment)

    def _open(self, request, object_id):
        return self.get_or_redirect(request, object_id)

    def _open_to_change(self, request, object_id):
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self._open(request, object_id)

    def _go_to(self, segment):
        return HttpResponseRedirect(self._get_url(segment))

    def _get_url(self, segment):
        return reverse("admin:campaigns_segment_change", args=[segment.pk])


_NAMES = ("name", "schedule", "note")


def _words(segment):
    if segment is None:
        return {}
    return {"name": segment.audience.name, "schedule": segment.schedule, "note": segment.note}


def _draw(sizes: list[int]) -> dict[str, Any] | None:
    """The line of a small chart, and the ground below it."""
    if len(sizes) < 2:
        return None
    width, height = _CHART
    top = max(sizes) or 1
    step = width / (len(sizes) - 1)
    # A little room above, so that the line is not cut.
    points = [
        f"{index * step:.1f},{height - 4 - (height - 12) * size / top:.1f}"
        for index, size in enumerate(sizes)
    ]
    line = " ".join(points)
    return {
        "line": line,
        "ground": f"0,{height} {line} {width},{height}",
        "box": f"0 0 {width} {height}",
        "most": max(sizes),
        "least": min(sizes),
    }
