"""The preview of words, for a frame of the editor: outside the back office, under a policy of its
own that lets nothing run and nothing out.
"""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.translation import get_language_info, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from campaigns.channels.sms.counting import count_segments
from campaigns.forms_words import LookForm, WordsForm
from campaigns.models import Mailing
from campaigns.writing.compile import CLIP_HTML
from campaigns.writing.previews import build_draft, preview_content, show_in
from members.enums import Channel
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
    content = build_draft(mailing, channel=channel, variant=variant, words=form.get_words())
    preview = preview_content(content, locale=asked["language"], member=member, now=now)
    html = preview.rendered.html if preview.rendered else ""
    return render(
        request,
        "campaigns/words_preview.html",
        {
            "preview": preview,
            "findings": [each for each in preview.findings if each.locale == preview.locale],
            "html": show_in(asked["scheme"], html),
            "preheader": preview.rendered.extras["preheader"] if preview.rendered else "",
            "member": member,
            "is_nobody": bool(asked["member"].strip()) and member is None,
            "language": get_language_info(preview.locale)["name_local"],
            "asked_language": get_language_info(asked["language"])["name_local"],
            "width": asked["width"],
            "scheme": asked["scheme"],
            "channel": channel,
            "segments": _describe_segments(channel, preview),
            "kilobytes": -(-preview.size // 1024),
            "is_clipped": channel == Channel.EMAIL and preview.size > CLIP_HTML,
        },
    )


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
