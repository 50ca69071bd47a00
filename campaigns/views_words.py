"""The preview of words, for a frame of the editor: outside the back office, under a policy of its
own that lets nothing run and nothing out.
"""

from io import BytesIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import get_language_info, ngettext, override
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from campaigns.channels.chat import (
    BUBBLE,
    MOST_BUBBLES,
    WECHAT_BYTES,
    count_utf16,
    is_template,
    list_bubbles,
    list_template_fields,
)
from campaigns.channels.post.drawing import build_page
from campaigns.channels.sms.counting import count_segments
from campaigns.forms_words import LookForm, WordsForm
from campaigns.models import Mailing
from campaigns.services.print_examples import (
    NoPostalAddress,
    build_example_sheet,
    draw_example,
)
from campaigns.writing.compile import CLIP_HTML
from campaigns.writing.previews import build_draft, preview_content, show_in
from core.errors import DomainError
from members.enums import Channel
from members.selectors.club import get_club
from members.selectors.search import search_members
from members.services.viewing import record_view

# A mail brings its own styles and pictures from anywhere; no script, no form, no frame but ours.
_POLICY = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "https:", settings.SITE_URL],
    "frame-ancestors": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
}


@xframe_options_sameorigin
@csp_override(_POLICY)
def mailing_preview(request, pk, channel, variant):
    """What is in the form, saved or not, as one member would get it. Nothing is written but that
    a member was looked at.
    """
    asked = _read(request, pk, channel, variant)
    if isinstance(asked, HttpResponse):
        return asked
    mailing, words, look, member, now = asked
    content = build_draft(mailing, channel=channel, variant=variant, words=words)
    preview = preview_content(content, locale=look["language"], member=member, now=now)
    return render(
        request,
        "campaigns/words_preview.html",
        {
            "preview": preview,
            "findings": [each for each in preview.findings if each.locale == preview.locale],
            "html": _frame(request, channel, preview, look, member, now),
            "preheader": preview.rendered.extras["preheader"] if preview.rendered else "",
            "member": member,
            "is_nobody": bool(look["member"].strip()) and member is None,
            "language": get_language_info(preview.locale)["name_local"],
            "asked_language": get_language_info(look["language"])["name_local"],
            "width": look["width"],
            "scheme": "light" if channel == Channel.POST else look["scheme"],
            "channel": channel,
            "segments": _describe_segments(channel, preview) or _describe_length(channel, preview),
            "bubbles": list_bubbles(channel, preview.rendered),
            "fields": _list_fields(channel, preview.rendered),
            "kilobytes": -(-preview.size // 1024),
            "is_clipped": channel == Channel.EMAIL and preview.size > CLIP_HTML,
        },
    )


@csp_override(_POLICY)
def mailing_sheet(request, pk, variant):
    """The letter or card as the printer would get it: one PDF, to be looked at. Nothing is kept."""
    asked = _read(request, pk, Channel.POST, variant)
    if isinstance(asked, HttpResponse):
        return asked
    mailing, words, look, member, now = asked
    content = build_draft(mailing, channel=Channel.POST, variant=variant, words=words)
    try:
        printed = draw_example(
            content, locale=look["language"], member=member, print_format=look["paper"], now=now
        )
    except DomainError as refusal:
        context = {"refusal": str(refusal)}
        return render(request, "campaigns/words_preview.html", context, status=422)
    file = BytesIO(printed.pdf)
    return FileResponse(file, content_type="application/pdf", filename=f"{mailing.pk}.pdf")


def _read(request, pk, channel, variant):
    """What is in the form, of whoever may see it; an answer where it can't be used."""
    if not request.user.has_perm("campaigns.view_mailing"):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    mailing = get_object_or_404(Mailing, pk=pk)
    if channel not in Channel.values or not (len(variant) == 1 and "A" <= variant <= "Z"):
        raise Http404
    form, look = WordsForm(request.POST, channel=channel), LookForm(request.POST)
    if not (form.is_valid() and look.is_valid()):
        context = {"form": form, "look": look}
        return render(request, "campaigns/words_preview.html", context, status=422)
    asked, now = look.cleaned_data, timezone.now()
    found = search_members(asked["member"], limit=1) if asked["member"].strip() else []
    member = found[0] if found else None
    if member is not None:
        record_view("members.Member", member.pk, by=request.user, now=now, page="words")
    return mailing, form.get_words(), asked, member, now


def _frame(request, channel, preview, look, member, now):
    """The page in the frame: a mail is whole; of what stands on our pages or on paper only the
    words are, so what surrounds them there is put around them here.
    """
    rendered = preview.rendered
    if rendered is None or not rendered.html:
        return ""
    if channel == Channel.ON_SITE:
        with override(preview.locale):
            context = {"letter": rendered, "club": get_club(), "now": now}
            return render_to_string("campaigns/words_preview_letter.html", context, request)
    if channel == Channel.POST:
        try:
            sheet = build_example_sheet(rendered, locale=preview.locale, member=member)
        except NoPostalAddress:
            sheet = build_example_sheet(rendered, locale=preview.locale, member=None)
        return build_page(sheet, look["paper"])
    return show_in(look["scheme"], rendered.html)


def _describe_length(channel, preview):
    """What a messenger counts."""
    if preview.rendered is None:
        return ""
    text = preview.rendered.text.strip()
    if channel == Channel.LINE:
        told = _("%(count)s of %(most)s characters")
        return told % {"count": count_utf16(text), "most": BUBBLE * MOST_BUBBLES}
    if channel == Channel.WECHAT and not is_template(preview.rendered.extras):
        told = _("%(count)s of %(most)s bytes")
        return told % {"count": len(text.encode()), "most": WECHAT_BYTES}
    return ""


def _list_fields(channel, rendered):
    """(field, words) of a template of WeChat's."""
    is_one = channel == Channel.WECHAT and rendered and is_template(rendered.extras)
    return list_template_fields(rendered) if is_one else []


def _describe_segments(channel, preview):
    """What a text message is paid for as."""
    if channel != Channel.SMS or preview.rendered is None:
        return ""
    counted = count_segments(preview.rendered.text.strip())
    words = ngettext(
        "%(count)s segment (%(encoding)s)",
        "%(count)s segments (%(encoding)s)",
        counted.segment_count,
    )
    encoding = "GSM-7" if counted.is_gsm else "UCS-2"
    return words % {"count": counted.segment_count, "encoding": encoding}
