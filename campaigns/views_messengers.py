"""A member's accounts at LINE and WeChat: connected, looked at, let go."""

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from campaigns.channels.wechat.api import make_scene
from campaigns.models import ChannelBinding
from campaigns.selectors.chat import is_connected, list_connected
from campaigns.services.binding_codes import CODE_LIFE, make_binding_code
from campaigns.services.bindings import unbind_account
from members.access import member_page
from members.enums import Channel
from members.models import Member
from rewards.qr import build_qr_svg

_SESSION = "messenger_codes"


@require_safe
@member_page
def messengers(request: HttpRequest, member: Member) -> HttpResponse:
    """Each messenger that the club has, and those that this member connected."""
    bindings = {row.channel: row for row in ChannelBinding.objects.active().filter(member=member)}
    offered = dict.fromkeys([*list_connected(), *map(Channel, bindings)])
    rows = [_show(request, channel, bindings.get(channel)) for channel in offered]
    context = {"rows": rows, "minutes": int(CODE_LIFE.total_seconds() // 60)}
    return render(request, "campaigns/messengers.html", context)


def _show(request: HttpRequest, channel: Channel, binding: ChannelBinding | None) -> dict[str, Any]:
    row: dict[str, Any] = {"channel": channel, "binding": binding}
    if binding is None and (kept := _find_code(request, channel)):
        row |= {"code": kept["code"], "url": kept["url"], "qr": build_qr_svg(kept["url"])}
    return row


@require_POST
@member_page
def messenger_code(request: HttpRequest, member: Member, channel: str) -> HttpResponse:
    """A new code, shown on the page that follows to whoever asked for it."""
    if channel not in Channel.values or Channel(channel) not in list_connected():
        raise Http404
    code = make_binding_code(member, channel)
    url = _build_line_url(code) if channel == Channel.LINE else _build_wechat_url(code)
    kept = {"code": code, "url": url, "until": (timezone.now() + CODE_LIFE).timestamp()}
    request.session[_SESSION] = {**request.session.get(_SESSION, {}), channel: kept}
    return redirect(f"{reverse('messengers')}#{channel}")


@require_POST
@member_page
def messenger_end(request: HttpRequest, member: Member, channel: str) -> HttpResponse:
    binding = ChannelBinding.objects.active().filter(member=member, channel=channel).first()
    if binding is None:
        raise Http404
    unbind_account(binding, by=request.user, now=timezone.now())  # type: ignore[arg-type]  # member pages are for those who logged in
    messages.success(request, _("Disconnected. We write to you there no more."))
    return redirect("messengers")


def _find_code(request: HttpRequest, channel: Channel) -> dict[str, Any] | None:
    kept = request.session.get(_SESSION, {}).get(str(channel))
    is_good = kept and kept["until"] > timezone.now().timestamp() and is_connected(channel)
    return kept if is_good else None


def _build_line_url(code: str) -> str:
    """Opens the chat with the club's account, the code written in already.

    https://developers.line.biz/en/docs/messaging-api/using-line-url-scheme/#opening-chat-screen
    """
    account = quote(settings.LINE_ACCOUNT_ID, safe="")
    return f"https://line.me/R/oaMessage/{account}/?{quote(code)}"


def _build_wechat_url(code: str) -> str:
    """Waits for WeChat. Raises WechatRefused."""
    return make_scene(code, seconds=int(CODE_LIFE.total_seconds()))
