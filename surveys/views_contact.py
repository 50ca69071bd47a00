"""The contact form, and what became of one's own messages."""

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from members.access import find_member, in_club_time, member_page
from members.models import Member
from surveys.forms_contact import ContactForm
from surveys.selectors.follow_ups import list_conversations
from surveys.services.follow_ups import take_message

RATES = {"contact": "10/h/ip"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@in_club_time
def contact_message(request: HttpRequest) -> HttpResponse:
    """The form by itself: where the contact page sends to, and what was typed is shown again."""
    member = find_member(request)
    if request.method != "POST":
        return _render(request, ContactForm(member=member), member)
    form = ContactForm(request.POST, member=member)
    if not form.is_valid():
        return _render(request, form, member, status=422)
    if not form.is_trapped:
        if not ratelimit.consume(request, app="surveys", action="contact", config=RATES):
            form.add_error(None, _("These are many messages. Please try again in an hour."))
            return _render(request, form, member, status=429)
        data = form.cleaned_data
        take_message(
            data["text"], member=member, name=data.get("name", ""), email=data.get("email", ""),
            locale=get_language() or "", now=timezone.now(),
        )  # fmt: skip
    messages.success(request, _("Thank you, we have your message. A person reads it."))
    return redirect("contact_mine" if member else "contact")


def _render(
    request: HttpRequest, form: ContactForm, member: Member | None, status: int = 200
) -> HttpResponse:
    context = {"panel": {"form": form, "member": member}}
    return render(request, "surveys/contact_message.html", context, status=status)


@require_safe
@member_page
def contact_mine(request: HttpRequest, member: Member) -> HttpResponse:
    """What I wrote to the club, and what it answered."""
    context = {"conversations": list_conversations(member)}
    return render(request, "surveys/contact_mine.html", context)
