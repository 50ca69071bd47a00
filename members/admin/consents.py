"""What members agreed to: to look at, and to write down what somebody said at the counter."""

import datetime as dt

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from core.admin import dress_form
from core.errors import DomainError
from core.time import start_of
from members.admin.stream import OfMemberAdmin
from members.forms_privacy import StaffAnswerForm
from members.models import Consent, Guardian, Member
from members.purposes import PURPOSES
from members.selectors.club import get_club
from members.services.consents import record_answers


class PurposeFilter(admin.SimpleListFilter):
    title = _("purpose")
    parameter_name = "purpose"

    def lookups(self, request, model_admin):
        return [(purpose.code, purpose.name) for purpose in PURPOSES]

    def queryset(self, request, queryset):
        return queryset.filter(purpose=self.value()) if self.value() else queryset


@admin.register(Consent)
class ConsentAdmin(OfMemberAdmin):
    """Every answer, newest first. The page of a member leads to the form for a new one."""

    list_display = ("effective_at", "show_member", "show_purpose", "show_channel", "show_answer",
                    "source", "recorded_by")  # fmt: skip
    list_display_links = ("effective_at",)
    list_select_related = ("member", "recorded_by")
    list_filter = (PurposeFilter, ("channel", ChoicesDropdownFilter), "is_given",
                   ("source", ChoicesDropdownFilter))  # fmt: skip
    fields = ("member", "show_purpose", "channel", "is_given", "show_words", "source",
              "effective_at", "recorded_at", "recorded_by")  # fmt: skip
    readonly_fields = ("show_purpose", "show_words")

    def get_urls(self):
        record = self.build_path("record/<int:member_id>/", self.record_view, "record")
        return [record, *super().get_urls()]

    def record_view(self, request, member_id):
        """Write down what a member said at the counter, on the phone or on paper."""
        if not request.user.has_perm("members.add_consent"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        form = dress_form(StaffAnswerForm(request.POST or None))
        if form.is_bound and form.is_valid():
            try:
                self._record(request, member, form)
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("Written down."))
                url = reverse("admin:members_member_change", args=[member.pk])
                return HttpResponseRedirect(url)
        return self.render_page(
            request,
            "admin/members/consent_record.html",
            title=_("What the member agrees to"),
            member=member,
            form=form,
            status=422 if form.is_bound else 200,
        )

    def _record(self, request, member, form):
        said_on: dt.date | None = form.cleaned_data["said_on"]
        record_answers(
            member,
            [form.get_answer()],
            source=form.cleaned_data["source"],
            by=request.user,
            now=timezone.now(),
            effective_at=start_of(said_on, get_club().zone) if said_on else None,
        )

    @display(description=_("purpose"))
    def show_purpose(self, consent):
        return consent.get_purpose_display()

    @display(description=_("channel"))
    def show_channel(self, consent):
        return consent.get_channel_display()

    @display(description=_("answer"), label={"yes": "success", "no": "info"})
    def show_answer(self, consent):
        return ("yes", _("yes")) if consent.is_given else ("no", _("no"))

    @display(description=_("the words that they saw"))
    def show_words(self, consent):
        wording = consent.wording
        return f"{wording.text} ({wording.locale}, {wording.version})"


@admin.register(Guardian)
class GuardianAdmin(OfMemberAdmin):
    """Parents and guardians of young members, and what they answered."""

    list_display = ("named_at", "show_member", "name", "email", "asked_at", "confirmed_at",
                    "refused_at")  # fmt: skip
    list_display_links = ("named_at",)
