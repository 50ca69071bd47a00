"""Accounts at LINE and WeChat: the club's own, those of members, and what a message costs."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns.channels.line.api import LineUnavailable, read_quota
from campaigns.channels.wechat.api import WechatRefused, read_daily_quota
from campaigns.models import CHAT_CHANNELS, ChannelBinding, ChannelPrice
from campaigns.selectors.chat import (
    NEEDED,
    count_bindings,
    find_message_price,
    is_connected,
    kept,
)
from campaigns.services.bindings import unbind_account
from core.admin import ReadOnlyAdmin, StaffAdmin
from core.kept import Kept
from members.enums import Channel

CHANGE = "campaigns.change_channelbinding"
_WEBHOOKS = {Channel.LINE: "line_webhook", Channel.WECHAT: "wechat_webhook"}
_quotas = Kept(life=300)


@admin.register(ChannelBinding)
class ChannelBindingAdmin(ReadOnlyAdmin):
    can_export = False
    list_display = ("member", "channel", "account", "state", "bound_at", "ended_at")
    list_filter = ("channel", "state")
    ordering = ("-bound_at", "-pk")
    fields = (
        "member", "channel", "account", "state", "state_at", "bound_at", "ended_at", "heard_at",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "admin/campaigns/messenger_list.html"

    def get_queryset(self, request):
        return super().get_queryset(request).for_list()

    def get_urls(self):
        return [
            self.build_path("accounts/", self.accounts_view, "accounts"),
            self.build_path("<int:object_id>/end/", require_POST(self.end_view), "end"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("account"))
    def account(self, binding):
        """Not the whole id: nobody needs it here."""
        return binding.short_id

    def changelist_view(self, request, extra_context=None):
        extra = {"accounts_url": reverse("admin:campaigns_channelbinding_accounts")}
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def accounts_view(self, request):
        """How the club's own accounts stand; asks the providers, and keeps what they said."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        counts = count_bindings()
        return self.render_page(
            request,
            "admin/campaigns/messengers.html",
            title=_("The club at LINE and WeChat"),
            accounts=[_describe(channel, counts.get(channel, {})) for channel in CHAT_CHANNELS],
        )

    def end_view(self, request, object_id):
        """Somebody asked for it at the counter, on the phone or by letter."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        binding = get_object_or_404(ChannelBinding.objects.for_list(), pk=object_id)
        unbind_account(binding, by=request.user, now=timezone.now())
        messages.success(request, _("Disconnected: nothing more goes there."))
        url = reverse("admin:members_member_change", args=[binding.member_id])
        return HttpResponseRedirect(url)


def _describe(channel, counts):
    quota, trouble = _ask_quota(channel) if is_connected(channel) else ("", "")
    return {
        "channel": channel,
        "is_connected": is_connected(channel),
        "missing": [name for name in NEEDED[channel] if not getattr(settings, name)],
        "webhook": settings.SITE_URL + reverse(_WEBHOOKS[channel]),
        "counts": counts,
        "price": find_message_price(channel),
        "quota": quota,
        "trouble": trouble,
    }


def _ask_quota(channel):
    """(what is left in words, what went wrong), at most every five minutes."""
    found = _quotas.get(channel)
    if found is None:
        try:
            found = (_say_line() if channel == Channel.LINE else _say_wechat()), ""
        except (LineUnavailable, WechatRefused) as refusal:
            found = "", str(refusal)
        _quotas.put(channel, found)
    return found


def _say_line():
    quota = read_quota()
    if quota.limit is None:
        used = _write(quota.used)
        return _("%(used)s sent this month; the plan has no limit.") % {"used": used}
    told = _("%(left)s of %(limit)s messages are left this month.")
    return told % {"left": _write(quota.left), "limit": _write(quota.limit)}


def _say_wechat():
    used, limit = read_daily_quota()
    told = _("%(left)s of %(limit)s messages in the club's own words are left today.")
    return told % {"left": _write(max(limit - used, 0)), "limit": _write(limit)}


def _write(count):
    return number_format(count, force_grouping=True)


@admin.register(ChannelPrice)
class ChannelPriceAdmin(StaffAdmin):
    fields = ("channel", "price")
    list_display = ("__str__", "price")
    ordering = ("channel",)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        kept.forget()
