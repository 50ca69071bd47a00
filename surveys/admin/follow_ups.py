"""Follow-ups: who waits for an answer, what is known of them, and what was done."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import get_language_info, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import display

from core.admin import PeriodFilter, ReadOnlyAdmin, dress_form, link_to
from core.errors import DomainError
from purchases.selectors import list_latest
from rewards.selectors.balances import get_balances
from rewards.selectors.standing import get_progress
from surveys.admin.follow_up_forms import AnswerForm, ClosingForm, HandOverForm, NoteForm
from surveys.enums import FollowUpState
from surveys.models import FollowUp, Survey
from surveys.selectors.follow_ups import (
    list_entries,
    list_given,
    list_scores,
    list_unclosed_of,
)
from surveys.services.follow_ups import (
    add_note,
    begin_follow_up,
    close_follow_up,
    hand_over,
    reopen_follow_up,
    reply_to_member,
    take_follow_up,
)
from surveys.services.follow_ups.rows import WORK, can_work

_COLOURS = {"overdue": "danger", "open": "warning", "working": "info", "closed": "success"}
_PURCHASES = 4
_ACTS = ("take", "begin", "reopen", "answer", "note", "close", "hand_over")


class WhoseFilter(admin.SimpleListFilter):
    title = pgettext_lazy("of a follow-up", "owner")
    parameter_name = "whose"

    def lookups(self, request, model_admin):
        return [("mine", gettext_lazy("mine")), ("nobody", gettext_lazy("nobody's"))]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(owner=request.user)
        return queryset.filter(owner=None) if self.value() == "nobody" else queryset


class StateFilter(admin.SimpleListFilter):
    """Overdue ones are open too."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("unclosed", gettext_lazy("not closed")),
            ("overdue", pgettext_lazy("follow-up", "overdue")),
            *FollowUpState.choices,
        ]

    def queryset(self, request, queryset):
        if self.value() == "unclosed":
            return queryset.unclosed()
        if self.value() == "overdue":
            return queryset.overdue(timezone.now())
        return queryset.filter(state=self.value()) if self.value() else queryset


class AboutFilter(admin.SimpleListFilter):
    title = gettext_lazy("about")
    parameter_name = "about"

    def lookups(self, request, model_admin):
        surveys = Survey.objects.exclude(low_line=None).order_by("name")
        return [("form", gettext_lazy("contact form")),
                *((str(each.pk), each.name_i18n) for each in surveys)]  # fmt: skip

    def queryset(self, request, queryset):
        value = self.value() or ""
        if value == "form":
            return queryset.filter(response=None)
        is_key = value.isdecimal() and len(value) < 19
        return queryset.filter(response__survey=int(value)) if is_key else queryset


def show_due(follow_up, now):
    """In words: when it is due, or how late it is."""
    if follow_up.is_closed:
        return ""
    if follow_up.is_overdue(now):
        return _("overdue by %(time)s") % {"time": timesince(follow_up.due_at, now, depth=1)}
    return _("due in %(time)s") % {"time": timeuntil(follow_up.due_at, now, depth=1)}


def show_state(follow_up, now):
    """(the state for colours, the state in words)."""
    if follow_up.is_overdue(now):
        return "overdue", pgettext("follow-up", "overdue")
    return follow_up.state, follow_up.get_state_display()


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnlyAdmin):
    empty_note = gettext_lazy(
        "Members who were not happy come here, each with an hour by which they are answered."
    )
    list_display = ("show_who", "show_state", "show_due", "show_about", "show_score", "show_owner",
                    "opened_at")  # fmt: skip
    list_display_links = ("show_who", "show_about")
    list_filter = (StateFilter, WhoseFilter, AboutFilter, ("opened_at", PeriodFilter))
    search_fields = ("subject", "sender_name", "sender_email", "member__name_sort", "outcome")

    def get_urls(self):
        return [
            self.build_path("<int:object_id>/act/", self.act_view, "act"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_ordering(self, request):
        return FollowUp.objects.open_first().query.order_by

    @display(description=gettext_lazy("member"))
    def show_who(self, follow_up):
        return str(follow_up.member or follow_up.sender_name or follow_up.sender_email)

    @display(description=gettext_lazy("about"))
    def show_about(self, follow_up):
        if follow_up.response_id:
            return follow_up.response.survey.name_i18n
        return _("Contact form: %(words)s") % {"words": follow_up.subject[:60]}

    @display(description=gettext_lazy("score (%)"), ordering="score_permille")
    def show_score(self, follow_up):
        score = follow_up.score_permille
        return None if score is None else round(score / 10)

    @display(description=gettext_lazy("state"), label=_COLOURS)
    def show_state(self, follow_up):
        return show_state(follow_up, timezone.now())

    @display(description=gettext_lazy("due"), ordering="due_at")
    def show_due(self, follow_up):
        return show_due(follow_up, timezone.now()) or None

    @display(description=pgettext_lazy("of a follow-up", "owner"))
    def show_owner(self, follow_up):
        return follow_up.owner

    # --- One of them ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        follow_up, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        if not self.has_view_permission(request, follow_up):
            raise PermissionDenied
        return self._render(request, follow_up)

    def _render(self, request, follow_up, *, status=200, refusal="", **forms):
        now, member = timezone.now(), follow_up.member
        colour, state = show_state(follow_up, now)
        is_closed = follow_up.is_closed
        shown = {
            "answer": AnswerForm(auto_id="answer_%s"),
            "note": NoteForm(auto_id="note_%s"),
            "close": ClosingForm(auto_id="close_%s"),
            "hand_over": HandOverForm(auto_id="to_%s", but=follow_up.owner_id),
        } | forms
        return self.render_page(
            request,
            "admin/surveys/follow_up_page.html",
            title=self.show_who(follow_up),
            obj=follow_up,
            status=status,
            follow_up=follow_up,
            about=self.show_about(follow_up) if follow_up.response_id else _("Contact form"),
            colour=_COLOURS[colour],
            state=state,
            due=show_due(follow_up, now),
            score=self.show_score(follow_up),
            given=list_given(follow_up.response) if follow_up.response_id else [],
            entries=list_entries(follow_up),
            known=self._read_member(request, follow_up, now) if member else None,
            refusal=refusal,
            can_ever=request.user.has_perm(WORK),
            can_work=can_work(follow_up, request.user),
            can_reply=member is not None and member.is_active and not is_closed,
            is_mine=follow_up.owner_id == request.user.pk,
            is_begun=follow_up.state == FollowUpState.WORKING,
            forms={name: dress_form(form) for name, form in shown.items()},
        )

    def _read_member(self, request, follow_up, now):
        """What is known about them, as of now."""
        member = follow_up.member
        balances = get_balances(member, now=now)
        progress = get_progress(balances)
        return {
            "link": link_to(member, request=request),
            "language": get_language_info(member.locale)["name_local"] if member.locale else "",
            "tier": progress.tier if progress else None,
            "points": balances.available,
            "purchases": list_latest(member, _PURCHASES),
            "scores": [
                (each, round(each.score_permille / 10))
                for each in list_scores(member, before=follow_up.response)
            ],
            "others": list_unclosed_of(member, but=follow_up),
        }

    def act_view(self, request, object_id):
        """One of the buttons; what was typed is never lost."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(WORK):
            raise PermissionDenied
        follow_up, answer = self.get_or_redirect(request, object_id)
        if answer:
            return answer
        act = request.POST.get("act", "")
        if act not in _ACTS:
            return self._render(request, follow_up, status=422)
        form = self._read_form(request, follow_up, act)
        if form is not None and not form.is_valid():
            return self._render(request, follow_up, status=422, **{act: form})
        try:
            said = self._do(request, follow_up.pk, act, form)
        except DomainError as refusal:
            follow_up, answer = self.get_or_redirect(request, object_id)
            kept = {act: form} if form is not None else {}
            return self._render(
                request, follow_up, status=refusal.status, refusal=str(refusal), **kept
            )
        self.message_user(request, said)
        return HttpResponseRedirect(reverse("admin:surveys_followup_change", args=[follow_up.pk]))

    def _read_form(self, request, follow_up, act):
        data = request.POST
        match act:
            case "answer":
                return AnswerForm(data, auto_id="answer_%s")
            case "note":
                return NoteForm(data, auto_id="note_%s")
            case "close":
                return ClosingForm(data, auto_id="close_%s")
            case "hand_over":
                return HandOverForm(data, auto_id="to_%s", but=follow_up.owner_id)
        return None

    def _do(self, request, pk, act, form):
        by, now = request.user, timezone.now()
        data = form.cleaned_data if form is not None else {}
        match act:
            case "take":
                take_follow_up(pk, by=by, now=now)
                return _("It is yours.")
            case "begin":
                begin_follow_up(pk, by=by, now=now)
                return _("In work.")
            case "reopen":
                reopen_follow_up(pk, by=by, now=now)
                return _("Open again.")
            case "answer":
                reply_to_member(pk, data["text"], by=by, now=now)
                return _("Your answer is on its way, and stands on the member's pages.")
            case "note":
                add_note(pk, data["text"], by=by, now=now)
                return _("Noted.")
            case "close":
                close_follow_up(pk, data["text"], by=by, now=now)
                return _("Closed. Thank you for seeing to it.")
            case "hand_over":
                hand_over(pk, data["to"], note=data["text"], by=by, now=now)
                return _("Handed over to %(name)s.") % {"name": data["to"]}
        raise AssertionError(act)
