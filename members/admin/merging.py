"""Merging two records, and undoing it: each shown exactly before it happens."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin import ReadOnlyAdmin, dress_form, link_to
from core.joining import join_comma, join_semicolon
from core.models import AuditEntry
from members.addresses import format_address
from members.enums import MemberStatus
from members.models import DuplicatePair, Member, MemberMerge
from members.names import format_number
from members.selectors.addresses import list_addresses
from members.selectors.search import list_member_ids, search_members
from members.services.merge_previews import preview_merge, preview_undo
from members.services.merging import list_facts, merge_members, undo_merge

FOUND = 10


# --- Side by side -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of two records; where it ``tells`` who they are, likeness shows."""

    label: Any
    values: tuple[Any, Any]
    tells: bool = False

    @property
    def is_same(self) -> bool:
        return self.tells and self.values[0] == self.values[1] != "–"

    @property
    def is_different(self) -> bool:
        return self.tells and self.values[0] != self.values[1] and "–" not in self.values


def _describe(member):
    """(label, value, whether it tells who they are), in the order in which people compare."""
    birthday = [member.birth_year, member.birth_month, member.birth_day]
    addresses = [join_comma(format_address(address)) for address in list_addresses(member)]
    references = member.references.order_by("pk")[:FOUND]
    yield _("Name"), f"{member.family_name} {member.given_name}".strip(), True
    reading = f"{member.family_name_reading} {member.given_name_reading}".strip()
    yield _("Reading"), reading, True
    yield _("Display name"), member.display_name, True
    born = "-".join(str(part or "?") for part in birthday) if any(birthday) else ""
    yield _("Birthday"), born, True
    yield _("Form of address"), member.get_gender_display() if member.gender else "", True
    yield _("E-mail address"), member.email or "", True
    yield _("Phone number"), member.phone or "", True
    yield _("Addresses"), join_semicolon(addresses), True
    yield _("Language"), member.get_locale_display() if member.locale else "", False
    joined = f"{date_format(member.joined_at, 'DATE_FORMAT')} ({member.source or '–'})"
    yield _("Joined"), joined, False
    yield _("Login"), str(member.user) if member.user else _("none"), False
    yield _("Status"), member.get_status_display(), False
    yield _("At tills and shops"), join_comma(references), False


def compare(first: Member, second: Member) -> list[Row]:
    """Who they are; what they have is ``compare_facts``."""
    return [
        Row(label, (value or "–", other or "–"), tells)
        for (label, value, tells), (_label, other, _tells) in zip(
            _describe(first), _describe(second), strict=True
        )
    ]


def compare_facts(first: Member, second: Member) -> list[Row]:
    facts = zip(list_facts(first), list_facts(second), strict=True)
    return [Row(label, (_write(value), _write(other))) for (label, value), (_same, other) in facts]


def _write(number) -> str:
    return number_format(number, force_grouping=True)


def show(member: Member) -> str:
    """Name and number: two records of one person have one name."""
    return f"{member} · {format_number(member.number)}"


# --- Pages --------------------------------------------------------------------------------------


class MergeForm(forms.Form):
    reason = forms.CharField(
        label=_("How do you know that they are one person?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands in the audit trail, for whoever asks later."),
    )


class PairAdmin(ReadOnlyAdmin):
    """Rows about two records, found by either of them."""

    pair: tuple[str, str]
    search_help_text = _("Number, e-mail, phone or any part of a member's name")

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_search_results(self, request, queryset, search_term):
        if not search_term.strip():
            return queryset, False
        ids = list_member_ids(search_term)
        one, other = (queryset.filter(**{f"{name}__in": ids}) for name in self.pair)
        return one | other, False


@admin.register(MemberMerge)
class MemberMergeAdmin(PairAdmin):
    """Which records became one, by whom; for 30 days two again."""

    list_display = ("merged_at", "show_source", "show_target", "merged_by", "show_state")
    list_display_links = ("merged_at",)
    pair = ("source", "target")
    search_fields = ("source__number",)
    ordering = ("-pk",)

    @display(description=_("absorbed record"))
    def show_source(self, merge):
        return link_to(merge.source, show(merge.source))

    @display(description=_("surviving record"))
    def show_target(self, merge):
        return link_to(merge.target, show(merge.target))

    @display(description=_("state"), label={"undone": "warning", "standing": "success"})
    def show_state(self, merge):
        return ("undone", _("Undone")) if merge.is_undone else ("standing", _("Merged"))

    def get_urls(self):
        return [
            self.build_path("into/<int:object_id>/", self.into_view, "into"),
            self.build_path("<int:object_id>/undoing/", self.undo_view, "undo"),
            *super().get_urls(),
        ]

    def into_view(self, request, object_id):
        """Find the record that goes up in this one, look at both, merge."""
        if not request.user.has_perm("members.add_membermerge"):
            raise PermissionDenied
        target = get_object_or_404(Member.objects.select_related("user"), pk=object_id)
        source = self._get_source(request, target)
        context = {
            "target": target,
            "target_name": show(target),
            "title": _("Merge two records"),
        }
        if source is None:
            return self._show_candidates(request, target, context)
        now = timezone.now()
        form = dress_form(MergeForm(request.POST or None))
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            merge = merge_members(source, target, by=request.user, reason=reason, now=now)
            self.message_user(request, _("The two are one record now."))
            return HttpResponseRedirect(
                reverse("admin:members_membermerge_change", args=[merge.pk])
            )
        return self.render_page(
            request,
            "admin/members/merge_preview.html",
            status=422 if form.is_bound else 200,
            **context,
            source=source,
            source_name=show(source),
            rows=compare(source, target),
            preview=preview_merge(source, target, by=request.user, now=now),
            form=form,
            swapped_url=build_merge_url(source, target),
        )

    def _get_source(self, request, target):
        wanted = request.GET.get("with", "")
        if not wanted.isdecimal():
            return None
        members = Member.objects.select_related("user").exclude(pk=target.pk)
        return members.filter(pk=int(wanted)).first()

    def _show_candidates(self, request, target, context):
        text = request.GET.get("q", "").strip()
        found = [
            each
            for each in search_members(text, limit=2 * FOUND)
            if each != target and each.status in (MemberStatus.ACTIVE, MemberStatus.CLOSED)
        ]
        pairs = DuplicatePair.objects.about(target).open().for_list().order_by("-score", "pk")
        alike = [
            pair.second if pair.first_id == target.pk else pair.first for pair in pairs[:FOUND]
        ]
        return self.render_page(
            request,
            "admin/members/merge_find.html",
            **context,
            text=text,
            found=[(each, build_merge_url(target, each)) for each in found[:FOUND]],
            alike=[(each, build_merge_url(target, each)) for each in alike],
        )

    def change_view(self, request, object_id, form_url="", extra_context=None):
        merge, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, merge):
            raise PermissionDenied
        note = (
            AuditEntry.objects.about(merge.target)
            .select_related("note")
            .filter(action="member.merged", changes__merge=merge.pk)
            .first()
        )
        return self.render_page(
            request,
            "admin/members/merge_page.html",
            title=str(merge),
            obj=merge,
            merge=merge,
            links=[
                link_to(merge.source, show(merge.source)),
                link_to(merge.target, show(merge.target)),
            ],
            number=format_number(merge.source.number),
            reason=getattr(note, "note", None),
            filled=[
                Member._meta.get_field(name).verbose_name for name in merge.moved.get("filled", [])
            ],
            additions=list(merge.additions.order_by("pk")),
            can_undo=(
                request.user.has_perm("members.add_mergeundo")
                and not merge.is_undone
                and timezone.now() <= merge.undo_until_at
            ),
        )

    def undo_view(self, request, object_id):
        """What the undoing would do, then the undoing."""
        merge, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not request.user.has_perm("members.add_mergeundo"):
            raise PermissionDenied
        if request.method == "POST":
            undo_merge(merge, by=request.user, now=timezone.now())
            self.message_user(request, _("They are two records again."))
            return HttpResponseRedirect(
                reverse("admin:members_membermerge_change", args=[merge.pk])
            )
        return self.render_page(
            request,
            "admin/members/merge_undo.html",
            title=_("Undo a merge"),
            obj=merge,
            merge=merge,
            source_name=show(merge.source),
            target_name=show(merge.target),
            preview=preview_undo(merge, by=request.user, now=timezone.now()),
        )


def build_merge_url(target, source):
    return f"{reverse('admin:members_membermerge_into', args=[target.pk])}?with={source.pk}"
