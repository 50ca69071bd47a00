"""Stamp cards: their words are edited, their terms published as versions, stamps given by hand."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.errors import DomainError
from members import registry
from members.models import Member
from members.registry import STAFF_MEMBER, Panel
from members.services.conduct import list_own_member_ids
from rewards.admin.challenge_forms import ChallengeVersionForm, StampForm, get_initial
from rewards.admin.versions import EDIT, PREVIEW, PUBLISH, VersionedAdmin, list_posted
from rewards.models import Challenge, ChallengeVersion, StampGrant
from rewards.selectors.challenge_words import describe_change, describe_target, list_conditions
from rewards.selectors.challenges import ShownCard, count_figures, get_stamp_page
from rewards.selectors.control import explain_excess
from rewards.selectors.prizes import describe_gift
from rewards.services.challenges import (
    end_challenge,
    give_stamps,
    preview_stamps,
    publish_version,
)
from rewards.services.challenges.by_hand import CODE

SHOWN = 5


@admin.register(Challenge)
class ChallengeAdmin(VersionedAdmin):
    empty_note = _("Stamp cards and goals that members fill by what they do.")
    code_field = "slug"
    noun = "challenge"
    publish_permission = "rewards.publish_challenge"
    version_form = ChallengeVersionForm
    end_title = _("End the stamp card")
    ended_message = _("The stamp card ends.")
    list_display = ("name", "show_terms", "show_prize", "show_state", "show_full")
    search_fields = ("name", "slug")
    ordering = ("position", "pk")
    fields = ("name", "slug", "description", "motif", "position")

    # --- List ---

    def get_queryset(self, request):
        newest = ChallengeVersion.objects.filter(challenge=OuterRef("pk")).order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_id=Subquery(newest.values("pk")[:1]),
                full_count=Count("books__cards", filter=Q(books__cards__filled_at__isnull=False)),
            )
            .prefetch_related("versions__prize_reward", "versions__prize_wheel")
        )

    def _get_newest(self, challenge):
        return max(challenge.versions.all(), key=lambda version: version.number, default=None)

    @display(description=_("full at"))
    def show_terms(self, challenge):
        version = self._get_newest(challenge)
        return describe_target(version) if version else "–"

    @display(description=_("prize"))
    def show_prize(self, challenge):
        version = self._get_newest(challenge)
        return describe_gift(version) if version else "–"

    @display(
        description=_("state"),
        label={"on": "success", "planned": "info", "over": "warning", "draft": "warning"},
    )
    def show_state(self, challenge):
        return self._find_state(challenge, timezone.now())

    @display(description=_("full cards"))
    def show_full(self, challenge):
        return challenge.full_count

    def _find_state(self, challenge, now):
        version = self._get_newest(challenge)
        if version is None:
            return "draft", _("no version yet")
        ends = [each for each in (challenge.ended_at, version.ends_at) if each is not None]
        if ends and min(ends) <= now:
            return "over", _("ended")
        first = min(each.starts_at for each in challenge.versions.all())
        return ("planned", _("planned")) if first > now else ("on", _("in force"))

    # --- One card ---

    def get_urls(self):
        return [
            self.build_path("<int:member_id>/stamps/", self.give_view, "give"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        challenge, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, challenge):
            raise PermissionDenied
        now = timezone.now()
        state, state_text = self._find_state(challenge, now)
        versions = challenge.versions.select_related(
            "published_by", "prize_reward", "prize_wheel", "challenge"
        ).prefetch_related("gates__audience")
        return self.render_page(
            request,
            "admin/rewards/challenge_page.html",
            title=challenge.name_i18n,
            obj=challenge,
            challenge=challenge,
            versions=[_describe(version) for version in versions.order_by("-number")],
            figures=count_figures(challenge),
            state=state,
            state_text=state_text,
            now=now,
            can_edit=self.has_change_permission(request, challenge),
            can_publish=self.can_publish(request) and challenge.ended_at is None,
            can_end=self.can_publish(request) and challenge.ended_at is None and versions,
        )

    def get_version_initial(self, newest, today):
        return get_initial(newest, today)

    def publish(self, request, challenge, form, now):
        publish_version(
            challenge, audiences=list(form.cleaned_data["audiences"]), by=request.user, now=now,
            **form.get_span(), **form.get_terms(),
        )  # fmt: skip

    def render_preview(self, request, challenge, form, now):
        version = form.build_version()
        return self.render_page(
            request,
            "admin/rewards/challenge_preview.html",
            title=_("Preview"),
            obj=challenge,
            challenge=challenge,
            version=version,
            terms=_describe(version, form.cleaned_data["audiences"]),
            card=ShownCard(challenge, version, version.target * 3 // 5, version.target),
            begun=count_figures(challenge).begun_count,
            posted=list_posted(request),
        )

    def end(self, request, challenge, at, now):
        end_challenge(challenge, at=at, by=request.user, now=now)

    def list_end_facts(self, challenge, now):
        return {"figures": count_figures(challenge)}

    # --- By hand ---

    def give_view(self, request, member_id):
        """Which card, how many and why; then what it would do; then the press that counts."""
        if not request.user.has_perm("rewards.add_stampgrant"):
            raise PermissionDenied
        member = get_object_or_404(Member, pk=member_id)
        now, stage = timezone.now(), request.POST.get("stage", "")
        form = StampForm(request.POST or None, now=now)
        template, context = "stamps_form.html", {}
        if request.method == "POST" and stage != EDIT and form.is_valid():
            if stage == PUBLISH and (answer := self._give(request, member, form, now)):
                return answer
            if stage == PREVIEW and (preview := self._preview_stamps(request, member, form, now)):
                template, context = "stamps_preview.html", preview
        return self.render_page(
            request,
            f"admin/rewards/{template}",
            title=_("Stamps by hand"),
            member=member,
            form=form,
            cards=get_stamp_page(member, now=now).current,
            is_own=member.pk in list_own_member_ids(request.user),
            **context,
        )

    def _give(self, request, member, form, now):
        try:
            made = give_stamps(member, by=request.user, now=now, **form.get_terms())
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        if made.approval_id is not None:
            text = _("It waits for a second person's approval.")
        else:
            measure = StampGrant.objects.annotate_measure().get(pk=made.pk).measure
            text = _("Done: %(points)s.") % {"points": describe_change(measure, made.stamp_count)}
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))

    def _preview_stamps(self, request, member, form, now):
        terms = form.get_terms()
        asked = {name: terms[name] for name in ("challenge", "stamp_count", "happened_at")}
        try:
            version, excess = preview_stamps(member, **asked, by=request.user, now=now)
        except DomainError as error:
            form.add_error(None, str(error))
            return None
        return {
            "terms": terms,
            "change": describe_change(version.measure, terms["stamp_count"]),
            "reason": dict(form.fields["reason"].choices)[terms["reason"]],
            "above": explain_excess([each.as_facts() for each in excess], CODE),
            "posted": list_posted(request),
        }


def _describe(version, audiences=None):
    """A version with what a table says of it."""
    if audiences is None:
        audiences = [gate.audience for gate in version.gates.all()]
    return {
        "version": version,
        "target": describe_target(version),
        "conditions": list_conditions(version),
        "prize": describe_gift(version),
        "audiences": [audience.name_i18n for audience in audiences],
    }


def _build_panel(request, member, now):
    page = get_stamp_page(member, now=now)
    begun = [card for card in page.current if card.count]
    of_member = Q(book__member=member) | Q(book__merged_into__member=member)
    grants = StampGrant.objects.filter(of_member).annotate_measure()
    is_open = member.is_active and member.pk not in list_own_member_ids(request.user)
    can_give = is_open and request.user.has_perm("rewards.add_stampgrant")
    if not begun and not page.full and not (can_give and page.current):
        return None
    return {
        "member": member,
        "cards": begun,
        "full_count": len(page.full),
        "can_give": can_give,
        "grants": [
            {"grant": grant, "change": describe_change(grant.measure, grant.stamp_count)}
            for grant in grants.select_related("book__challenge", "asked_by").order_by("-pk")[
                :SHOWN
            ]
        ],
    }


registry.register_panel(
    Panel(
        "rewards.staff_stamps", STAFF_MEMBER, "admin/rewards/_panel_stamps.html", _build_panel,
        order=8, permission="rewards.view_challenge",
    )
)  # fmt: skip
