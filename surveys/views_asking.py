"""Answering by a link: no log-in, no cookie. Looking changes nothing that counts, since scanners of
mail follow every link, and some run its scripts; only a press does.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.actors import read_agent
from core.errors import DomainError
from members.access import in_club_time
from surveys.asking_pages import show_question
from surveys.engine.presses import Press
from surveys.enums import ResponseActor, ResponseState
from surveys.links import SurveyLink, make_token, read_link
from surveys.services.answering import (
    AnswerRefused,
    InvitationGone,
    NotOnPath,
    PressInDoubt,
    Progress,
    answer_question,
    finish_response,
    get_progress,
    touch_link,
)

_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_CODE = re.compile(r"[-+\w.]{0,40}", re.ASCII)
_LONGEST_SEEN = 86_400_000  # milliseconds


def _open_to_all(*methods: str) -> Callable[[Any], Any]:
    """Signed by its address; who holds it needs no cookie, and none is asked for."""

    def dress(view):
        @csrf_exempt
        @never_cache
        @require_http_methods(methods)
        @in_club_time
        @wraps(view)
        def shown(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            try:
                response = view(request, _read(token), **kwargs)
            except DomainError as refusal:
                # By a forged address anybody could have any words shown here.
                words = "" if isinstance(refusal, InvitationGone) else _find_words(request)
                context = {"refusal": refusal, "words": words}
                response = _render(request, "surveys/closed.html", context, status=refusal.status)
            response["X-Robots-Tag"] = "noindex"
            # The address is a key: no other site learns it.
            response["Referrer-Policy"] = "same-origin"
            return response

        return shown

    return dress


def _read(token: str) -> SurveyLink:
    try:
        return read_link(token)
    except BadSignature as error:
        raise InvitationGone from error


@_open_to_all("GET", "HEAD")
def survey_link(request: HttpRequest, link: SurveyLink) -> HttpResponse:
    """What a message leads to: an answer to confirm, the first question, or where they were."""
    progress = touch_link(
        link,
        method=(request.method or "")[:8],
        agent=request.headers.get("User-Agent", ""),
        is_ahead=_is_ahead(request),
        now=timezone.now(),
    )
    if link.is_trap:
        return HttpResponse(status=204)
    _speak_to(request, progress)
    if link.number is not None and link.question in progress.path:
        return _show(request, progress, link.question, linked=str(link.number))
    if progress.standing.is_confirmed:
        code = None
        if progress.standing.response_state != ResponseState.COMPLETE:
            code = progress.find_next()
        return _go_on(link, code)
    return _show(request, progress, progress.sheet.asked[0].code)


@_open_to_all("GET", "HEAD", "POST")
def survey_question(request: HttpRequest, link: SurveyLink, code: str) -> HttpResponse:
    """One question; its form is answered by a press."""
    now = timezone.now()
    if request.method != "POST":
        progress = get_progress(link.invitation_id, now=now)
        _speak_to(request, progress)
        if code not in progress.path:
            return _go_on(link, progress.find_next())
        return _show(request, progress, code)
    typed = [] if "skip" in request.POST else request.POST.getlist("answer")
    try:
        taken = answer_question(
            link.invitation_id, code, typed, press=_read_press(request),
            agent=request.headers.get("User-Agent", ""), now=now,
        )  # fmt: skip
    except (AnswerRefused, PressInDoubt) as refusal:
        progress = get_progress(link.invitation_id, now=now)
        _speak_to(request, progress)
        return _show(request, progress, code, typed=typed, refusal=refusal)
    except NotOnPath:
        progress = get_progress(link.invitation_id, now=now)
        return _go_on(link, progress.find_next())
    return _go_on(link, taken.next_code)


@_open_to_all("GET", "HEAD", "POST")
def survey_thanks(request: HttpRequest, link: SurveyLink) -> HttpResponse:
    """Thanks, what it brought, and where to go; for whom we couldn't tell, one press more."""
    now = timezone.now()
    refusal = None
    if request.method == "POST":
        try:
            taken = finish_response(
                link.invitation_id, press=_read_press(request),
                agent=request.headers.get("User-Agent", ""), now=now,
            )  # fmt: skip
        except PressInDoubt as doubt:
            refusal = doubt
        else:
            return _go_on(link, taken.next_code)
    progress = get_progress(link.invitation_id, now=now)
    _speak_to(request, progress)
    standing = progress.standing
    if standing.response_state != ResponseState.COMPLETE:
        code = progress.find_next() or progress.sheet.asked[0].code
        return _go_on(link, code)
    context = {
        "version": progress.sheet.version,
        "points": standing.points_given or 0,
        "is_doubtful": standing.actor != ResponseActor.HUMAN,
        "is_own": _is_own(request, progress),
        "first": progress.path[0],
        "closes_at": standing.expires_at,
        "token": make_token(link.invitation_id),
        "refusal": refusal,
    }
    return _render(request, "surveys/thanks.html", context)


def _go_on(link: SurveyLink, code: str | None) -> HttpResponse:
    token = make_token(link.invitation_id)
    if code is None:
        return redirect("survey_thanks", token)
    return redirect("survey_question", token, code)


def _show(
    request: HttpRequest, progress: Progress, code: str, *, linked: str = "",
    typed: list[str] | None = None, refusal: DomainError | None = None,
) -> HttpResponse:  # fmt: skip
    """``linked`` is the answer of the link that led here: shown as chosen, to be confirmed."""
    question = progress.sheet.questions[code]
    place, most = progress.count(code)
    before = progress.find_before(code)
    shown = show_question(question, progress.given.get(code), typed=[linked] if linked else typed)
    context = {
        "version": progress.sheet.version,
        "shown": shown,
        "question": question,
        "linked": next((each for each in shown.options if linked and each.is_chosen), None),
        "is_change": code in progress.given,
        "is_first": place == 1,
        "place": place,
        "most": most,
        "before": before,
        "points": progress.standing.points,
        "is_paid": progress.standing.points_given is not None,
        "is_anonymous": progress.standing.is_anonymous,
        "closes_at": progress.standing.expires_at,
        "token": make_token(progress.standing.id),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return _render(request, "surveys/question.html", context, status=status)


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """The page, or the part of it that changes from question to question."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]  # of HtmxMiddleware
    if htmx.target == "survey":
        # htmx shows what was taken; a refusal is shown in place of the question, too.
        template, status = f"{template}#stage", 200
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _read_press(request: HttpRequest) -> Press:
    seen = request.POST.get("seen", "")
    visible = int(seen) if seen.isdecimal() and len(seen) <= 8 else None
    return Press(
        read_agent(request.headers.get("User-Agent", "")),
        min(visible, _LONGEST_SEEN) if visible is not None else None,
        user_id=request.user.pk,
    )


def _find_words(request: HttpRequest) -> str:
    """What somebody typed that can't be taken any more: they may want to keep it. Numbers and
    codes of answers are no words.
    """
    typed = request.POST.get("answer", "") if request.method == "POST" else ""
    return "" if _CODE.fullmatch(typed) else typed


def _is_ahead(request: HttpRequest) -> bool:
    """Browsers say so of what they fetch before anybody asked for it."""
    told = " ".join(request.headers.get(name, "") for name in _AHEAD).lower()
    return any(word in told for word in ("prefetch", "prerender", "preview"))


def _is_own(request: HttpRequest, progress: Progress) -> bool:
    if not request.user.is_authenticated:
        return False
    return progress.standing.user_id == request.user.pk


def _speak_to(request: HttpRequest, progress: Progress) -> None:
    """In their own language, unless they chose another on these pages."""
    locale = progress.standing.locale
    if locale and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(locale)
        request.LANGUAGE_CODE = translation.get_language()
