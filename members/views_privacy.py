"""What a member sees and steers of their own data; doors of messages that need no log-in."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import DomainError
from members import links
from members.access import in_club_time, member_page
from members.enums import Channel, ConsentSource
from members.forms_privacy import AnswersForm, GuardianForm
from members.models import DataExport, ErasureRequest, Guardian, Member
from members.purposes import GUARDIAN, PROFILING, get_purpose
from members.recent_login import ask_for_log_in
from members.retention import get_policy
from members.selectors.club import get_club
from members.selectors.consents import get_answers, list_history
from members.selectors.guardians import GuardianState, get_guardian, get_guardian_state
from members.selectors.privacy import get_seen, list_held, list_policy, list_recipients
from members.services.consents import Answer, record_answers
from members.services.erasing import list_open_reasons
from members.services.erasure import cancel_erasure, request_erasure
from members.services.exports import open_export, request_export
from members.services.guardians import answer_as_guardian, name_guardian

_READ_AND_WRITE = ["GET", "HEAD", "POST"]


@require_safe
@in_club_time
def privacy_notice(request: HttpRequest) -> HttpResponse:
    """For everybody: what the club keeps of members, why, how long, and who gets it."""
    context = {
        "categories": list_policy(),
        "recipients": list_recipients(),
        "policy": get_policy(),
        "guardian_age": get_club().get_guardian_age(),
    }
    return render(request, "members/privacy_notice.html", context)


@require_safe
@member_page
def privacy_mine(request: HttpRequest, member: Member) -> HttpResponse:
    """For a member: the same of themselves, with what they can do about it."""
    now = timezone.now()
    answers = get_answers(member)
    profiling = answers.get((PROFILING, Channel.ANY))
    context = {
        "member": member,
        "categories": list_held(member),
        "recipients": list_recipients(),
        "seen": get_seen(member),
        "agreed": _list_given(answers),
        "is_profiled": profiling is not None and profiling.is_given,
        "guardian_state": get_guardian_state(member, now=now),
        "guardian": get_guardian(member),
        "guardian_age": get_club().get_guardian_age(),
        "export": DataExport.objects.of_member(member).first(),
        "erasure": ErasureRequest.objects.waiting().filter(member=member).first(),
        "policy": get_policy(),
        "now": now,
    }
    return render(request, "members/privacy_mine.html", context)


def _list_given(answers):
    """(purpose, its channels in words) of all that is agreed to."""
    given: dict[str, list[str]] = {}
    for (purpose, channel), row in answers.items():
        if row.is_given and channel in get_purpose(purpose).channels:
            given.setdefault(purpose, []).append(str(Channel(channel).label))
    return [
        (get_purpose(code).name, [] if channels == [Channel.ANY.label] else sorted(channels))
        for code, channels in given.items()
        if code != GUARDIAN
    ]


# --- Consents -----------------------------------------------------------------------------------


@require_http_methods(_READ_AND_WRITE)
@member_page
def privacy_consents(request: HttpRequest, member: Member) -> HttpResponse:
    """Boxes for what is agreed to, and the history of every answer."""
    standing = get_answers(member)
    # An empty form is an answer too: every box was left.
    form = AnswersForm(standing, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            record_answers(
                member,
                form.get_answers(),
                source=ConsentSource.PROFILE,
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("privacy_consents")
    context = {
        "form": form,
        "history": list_history(member),
        "guardian_state": get_guardian_state(member, now=timezone.now()),
    }
    status = 422 if form.is_bound else 200
    return render(request, "members/privacy_consents.html", context, status=status)


@require_POST
@member_page
def recommendations_choice(request: HttpRequest, member: Member) -> HttpResponse:
    """Recommendations on or off, in one press."""
    answer = Answer(PROFILING, Channel.ANY, request.POST.get("wanted") == "1")
    record_answers(
        member, [answer], source=ConsentSource.PROFILE, by=request.user, now=timezone.now()
    )
    return redirect("privacy_mine")


# --- The young ----------------------------------------------------------------------------------


@require_http_methods(_READ_AND_WRITE)
@member_page
def privacy_guardian(request: HttpRequest, member: Member) -> HttpResponse:
    """A young member names whom to ask."""
    now = timezone.now()
    state = get_guardian_state(member, now=now)
    if state == GuardianState.NOT_NEEDED:
        return redirect("privacy_mine")
    form = GuardianForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            name_guardian(member, by=request.user, now=now, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("We have sent them a mail."))
            return redirect("privacy_guardian")
    context = {
        "form": form,
        "state": state,
        "guardian": get_guardian(member),
        "guardian_age": get_club().get_guardian_age(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "members/privacy_guardian.html", context, status=status)


@never_cache
@require_http_methods(_READ_AND_WRITE)
@in_club_time
def guardian_answer(request: HttpRequest, token: str) -> HttpResponse:
    """The guardian's own page, by the link in their mail: yes, no, and later the other."""
    guardian = (
        Guardian.objects.current()
        .select_related("member")
        .filter(pk=links.read("guardian", token))
        .first()
    )
    if guardian is None:
        raise Http404
    if request.method == "POST":
        agrees = request.POST.get("agrees") == "1"
        answer_as_guardian(guardian, agrees=agrees, now=timezone.now())
        return redirect("guardian_answer", token)
    context = {
        "guardian": guardian,
        "member": guardian.member,
        "purpose": get_purpose(GUARDIAN),
        "guardian_age": get_club().get_guardian_age(),
    }
    return render(request, "members/guardian_answer.html", context)


# --- Download -----------------------------------------------------------------------------------


@require_POST
@member_page
def privacy_export(request: HttpRequest, member: Member) -> HttpResponse:
    """Ask for a download of everything."""
    request_export(member, by=request.user, now=timezone.now())
    messages.success(
        request, _("We are putting it together. It takes some minutes; you find it here.")
    )
    return redirect("privacy_mine")


@require_safe
@member_page
def privacy_export_file(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The file itself, for its member, within its day, after a log-in of the last minutes."""
    export = DataExport.objects.filter(member=member, pk=pk).first()
    if export is None:
        raise Http404
    return ask_for_log_in(request, "privacy_mine") or serve_export(request, export)


def serve_export(
    request: HttpRequest, export: DataExport, *, as_staff: bool = False
) -> FileResponse:
    """The archive as a download, under a name that tells nothing of anybody."""
    now = timezone.now()
    file = open_export(export, by=request.user, now=now, as_staff=as_staff)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"data-{timezone.localtime(export.requested_at):%Y-%m-%d}.zip",
        content_type="application/zip",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@never_cache
def login_again(request: HttpRequest) -> HttpResponse:
    """For who logs in by codes: out, and in again to where they wanted to go."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    logout(request)
    query = urlencode({"next": target if safe else reverse("privacy_mine")})
    return redirect(f"{reverse('account_login')}?{query}")


# --- Being forgotten ----------------------------------------------------------------------------


@require_http_methods(_READ_AND_WRITE)
@member_page
def privacy_erasure(request: HttpRequest, member: Member) -> HttpResponse:
    """What it means to be forgotten; then ask for it."""
    if answer := ask_for_log_in(request, "privacy_erasure"):
        return answer
    now = timezone.now()
    if request.method == "POST":
        request_erasure(member, by=request.user, now=now)
        return redirect("privacy_mine")
    context = {
        "member": member,
        "reasons": list_open_reasons(member, now),
        "policy": get_policy(),
        "waiting": ErasureRequest.objects.waiting().filter(member=member).first(),
    }
    return render(request, "members/privacy_erasure.html", context)


@require_POST
@member_page
def privacy_erasure_cancellation(request: HttpRequest, member: Member) -> HttpResponse:
    """Think again."""
    waiting = ErasureRequest.objects.waiting().filter(member=member).first()
    if waiting is not None:
        cancel_erasure(waiting, by=request.user, now=timezone.now())
        messages.success(request, _("Your membership stays. Good to have you with us."))
    return redirect("privacy_mine")


@never_cache
@require_http_methods(_READ_AND_WRITE)
@in_club_time
def erasure_link(request: HttpRequest, token: str) -> HttpResponse:
    """Think again, by the link in the mail."""
    waiting = ErasureRequest.objects.waiting().filter(pk=links.read("erasure", token)).first()
    is_kept = False
    if request.method == "POST" and waiting is not None:
        cancel_erasure(waiting, by=None, now=timezone.now())
        is_kept = True
    context = {"waiting": waiting, "is_kept": is_kept}
    return render(request, "members/erasure_link.html", context)
