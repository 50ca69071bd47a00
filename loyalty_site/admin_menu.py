"""The menu of the back office: what the person at the screen may open, grouped as they work."""

from django.apps import apps
from django.contrib import admin
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.photos import list_widths, name_rendition
from loyalty_site.admin_work import count_by_model, show_count
from loyalty_site.installable import icons
from members.selectors.club import get_club

# Groups in the order in which they are needed: first who serves, then who markets, then who runs
# the club and who owns it. (title, [(model, icon)]); the icons are names of Material Symbols.
GROUPS = (
    (
        _("Members"),
        [
            ("members.Member", "group"),
            ("members.Household", "family_home"),
            ("members.DuplicatePair", "compare"),
            ("members.MemberMerge", "call_merge"),
            ("members.Activity", "timeline"),
            ("members.Notice", "notifications"),
        ],
    ),
    (
        _("Purchases"),
        [
            ("purchases.Purchase", "receipt_long"),
            ("purchases.Return", "assignment_return"),
            ("rewards.ReturnRefund", "currency_exchange"),
            ("purchases.ImportJob", "upload_file"),
            ("purchases.Product", "sell"),
            ("purchases.Category", "category"),
        ],
    ),
    (
        _("Rewards"),
        [
            ("rewards.Redemption", "local_activity"),
            ("rewards.Reward", "redeem"),
            ("rewards.RewardCategory", "shelves"),
            ("rewards.Rotation", "autorenew"),
            ("rewards.Wheel", "attractions"),
            ("rewards.WheelDay", "lock_clock"),
            ("rewards.Spin", "casino"),
            ("rewards.Challenge", "approval_delegation"),
        ],
    ),
    (
        _("Giving"),
        [
            ("rewards.Appeal", "volunteer_activism"),
            ("rewards.AppealUpdate", "campaign"),
            ("rewards.Charity", "diversity_1"),
            ("rewards.MatchOffer", "join_inner"),
            ("rewards.Donation", "favorite"),
            ("rewards.StandingDonation", "event_repeat"),
            ("rewards.CharitySettlement", "account_balance_wallet"),
        ],
    ),
    (
        _("Campaigns"),
        [
            ("campaigns.Campaign", "outgoing_mail"),
            ("campaigns.Automation", "conversion_path"),
            ("campaigns.PublicNotice", "breaking_news"),
            ("campaigns.Segment", "filter_alt"),
            ("campaigns.Message", "outbox"),
            ("campaigns.RateLimit", "speed"),
            ("campaigns.Suppression", "unsubscribe"),
            ("campaigns.PrintBatch", "print"),
            ("campaigns.SmsPrice", "sms"),
            ("campaigns.ChannelBinding", "forum"),
            ("campaigns.ChannelPrice", "price_change"),
            ("members.ContactCap", "hourglass_top"),
            ("members.ContactPolicy", "bedtime"),
            ("members.Audience", "workspaces"),
            ("members.AudienceMember", "group_work"),
            ("rewards.EarningRule", "percent"),
            ("rewards.BulkAct", "diversity_3"),
            ("rewards.Surprise", "card_giftcard"),
        ],
    ),
    (
        _("Surveys and reviews"),
        [
            ("surveys.Survey", "forum"),
            ("surveys.FollowUp", "support_agent"),
            ("surveys.Response", "ballot"),
            ("surveys.Review", "reviews"),
            ("surveys.ReviewImport", "upload_file"),
            ("surveys.Theme", "label"),
            ("surveys.ReviewTerms", "tune"),
        ],
    ),
    (
        _("Control"),
        [
            ("rewards.Approval", "approval"),
            ("rewards.Alert", "notification_important"),
            ("rewards.Adjustment", "exposure"),
            ("rewards.ActLimit", "speed"),
            ("core.AuditEntry", "history"),
        ],
    ),
    (
        _("Points and tiers"),
        [
            ("rewards.ProgrammeVersion", "menu_book"),
            ("rewards.Tier", "stairs"),
            ("rewards.PointsRate", "payments"),
            ("rewards.Standing", "military_tech"),
            ("rewards.TierChange", "swap_vert"),
        ],
    ),
    (
        _("Ledger"),
        [
            ("rewards.Transfer", "sync_alt"),
            ("rewards.DayClose", "event_available"),
            ("rewards.Account", "account_balance"),
            ("rewards.Award", "award_star"),
            ("rewards.Lot", "inventory_2"),
            ("rewards.LotMove", "moving"),
            ("rewards.Reversal", "undo"),
        ],
    ),
    (
        _("Privacy"),
        [
            ("members.ErasureRequest", "person_remove"),
            ("purchases.ShopPrivacyRequest", "policy"),
            ("members.DataExport", "folder_zip"),
            ("members.Consent", "handshake"),
            ("members.Guardian", "family_restroom"),
            ("members.Recipient", "outbox"),
        ],
    ),
    (
        _("The club"),
        [
            ("members.Club", "storefront"),
            ("members.Theme", "palette"),
            ("members.LegalPage", "gavel"),
            ("members.FooterLink", "link"),
            ("purchases.Store", "store"),
            ("rewards.Register", "countertops"),
            ("purchases.Channel", "alt_route"),
        ],
    ),
    (
        _("Connections"),
        [
            ("purchases.ShopConnection", "hub"),
            ("purchases.WebhookDelivery", "move_to_inbox"),
            ("purchases.ShopRefund", "assignment_returned"),
            ("purchases.Source", "point_of_sale"),
            ("purchases.ApiToken", "key"),
            ("rewards.WebhookEndpoint", "webhook"),
            ("rewards.WebhookMessage", "send"),
        ],
    ),
    (
        _("Staff and security"),
        [
            ("members.User", "badge"),
            ("members.StaffPin", "pin"),
            ("auth.Group", "admin_panel_settings"),
            ("members.WorkItem", "pending_actions"),
            ("account.EmailAddress", "mail"),
            ("mfa.Authenticator", "phonelink_lock"),
            ("usersessions.UserSession", "devices"),
            ("socialaccount.SocialAccount", "share"),
        ],
    ),
)
# A menu no longer than this lies open: nobody looks for what they see at a glance.
_AT_A_GLANCE = 24


def build_menu(request):
    """Unfold's navigation, without what this person may not see; what waits has its number."""
    first = [{"title": _("Today"), "icon": "today", "link": reverse("admin:index")}]
    if request.user.has_perm("rewards.use_counter"):
        counter = {"title": _("Counter"), "icon": "storefront", "link": reverse("admin:counter")}
        first.append(counter)
    numbers = count_by_model(request, timezone.now())
    groups = []
    for title, models in GROUPS:
        items = [
            item
            for label, icon in models
            if (item := _build_item(request, label, icon, numbers.get(label, 0))) is not None
        ]
        if items:
            waiting = sum(numbers.get(item["model"], 0) for item in items)
            group = {"title": title, "collapsible": True, "items": items}
            groups.append({**group, **({"badge": show_count(waiting)} if waiting else {})})
    is_short = sum(len(group["items"]) for group in groups) <= _AT_A_GLANCE
    return [{"items": first}, *({**group, "is_open": is_short} for group in groups)]


def _build_item(request, label, icon, waiting):
    model = apps.get_model(label)
    page = admin.site._registry.get(model)
    if page is None or not page.has_view_permission(request):
        return None
    opts = model._meta
    return {
        **({"badge": show_count(waiting)} if waiting else {}),
        "title": capfirst(str(opts.verbose_name_plural)),
        "icon": icon,
        "model": label,
        "link": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }


def can_see_history(request):
    return request.user.has_perm("core.view_auditentry")


def get_club_name(request):
    return get_club().name_i18n


def get_style_url(request):
    return static("css/admin.css")


def get_focus_script_url(request):
    return static("js/staff-focus.js")


def get_icon_url(request):
    return icons.get_icon_url(get_club(), "svg")


def get_mark_url(request):
    """The owner's own mark where there is one; beside the name, so the smallest will do."""
    mark = get_club().theme.mark
    if not mark:
        return get_icon_url(request)
    return mark.storage.url(name_rendition(mark.name, list_widths(mark.name)[0], "webp"))
