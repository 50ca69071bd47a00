"""The menu of the back office: what the person at the screen may open, grouped as they work."""

from django.apps import apps
from django.contrib import admin
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.selectors.club import get_club
from rewards.selectors.alerts import count_open_alerts
from rewards.selectors.control import MOST_COUNTED, count_waiting_approvals

# (title, [(model, icon)]); the icons are names of Material Symbols.
GROUPS = (
    (
        _("Members"),
        [
            ("members.Member", "group"),
            ("members.Audience", "workspaces"),
            ("members.AudienceMember", "group_work"),
            ("members.Activity", "timeline"),
            ("members.Notice", "notifications"),
            ("members.DuplicatePair", "compare"),
            ("members.MemberMerge", "call_merge"),
            ("members.Household", "family_home"),
        ],
    ),
    (
        _("Privacy"),
        [
            ("members.Consent", "handshake"),
            ("members.ErasureRequest", "person_remove"),
            ("purchases.ShopPrivacyRequest", "policy"),
            ("members.DataExport", "folder_zip"),
            ("members.Guardian", "family_restroom"),
            ("members.Recipient", "outbox"),
        ],
    ),
    (
        _("Purchases"),
        [
            ("purchases.Purchase", "receipt_long"),
            ("purchases.Return", "assignment_return"),
            ("rewards.ReturnRefund", "currency_exchange"),
            ("purchases.ImportJob", "upload_file"),
            ("purchases.WebhookDelivery", "move_to_inbox"),
            ("purchases.ShopRefund", "assignment_returned"),
            ("purchases.Product", "sell"),
            ("purchases.Category", "category"),
        ],
    ),
    (
        _("Points and tiers"),
        [
            ("rewards.EarningRule", "percent"),
            ("rewards.ProgrammeVersion", "menu_book"),
            ("rewards.Tier", "stairs"),
            ("rewards.TierChange", "swap_vert"),
            ("rewards.Standing", "military_tech"),
        ],
    ),
    (
        _("Catalogue"),
        [
            ("rewards.Reward", "redeem"),
            ("rewards.Redemption", "local_activity"),
            ("rewards.RewardCategory", "shelves"),
            ("rewards.Rotation", "autorenew"),
        ],
    ),
    (
        _("Control"),
        [
            ("rewards.Approval", "approval"),
            ("rewards.Alert", "notification_important"),
            ("rewards.Adjustment", "exposure"),
            ("rewards.BulkAct", "diversity_3"),
            ("rewards.ActLimit", "speed"),
        ],
    ),
    (
        _("Ledger"),
        [
            ("rewards.Transfer", "sync_alt"),
            ("rewards.Lot", "inventory_2"),
            ("rewards.LotMove", "moving"),
            ("rewards.Award", "redeem"),
            ("rewards.Reversal", "undo"),
            ("rewards.Account", "account_balance"),
            ("rewards.DayClose", "event_available"),
        ],
    ),
    (
        _("Set-up"),
        [
            ("members.Club", "storefront"),
            ("members.Theme", "palette"),
            ("members.LegalPage", "gavel"),
            ("members.FooterLink", "link"),
            ("purchases.Store", "store"),
            ("purchases.Channel", "alt_route"),
            ("purchases.Source", "point_of_sale"),
            ("rewards.Register", "countertops"),
            ("rewards.PointsRate", "payments"),
            ("purchases.ShopConnection", "hub"),
            ("purchases.ApiToken", "key"),
            ("rewards.WebhookEndpoint", "webhook"),
            ("rewards.WebhookMessage", "outbox"),
        ],
    ),
    (
        _("Staff and security"),
        [
            ("members.User", "badge"),
            ("members.StaffPin", "pin"),
            ("auth.Group", "admin_panel_settings"),
            ("core.AuditEntry", "history"),
            ("members.WorkItem", "pending_actions"),
            ("account.EmailAddress", "mail"),
            ("mfa.Authenticator", "phonelink_lock"),
            ("usersessions.UserSession", "devices"),
            ("socialaccount.SocialAccount", "share"),
        ],
    ),
)

# How many things wait, beside the entry of the menu.
BADGES = {
    "rewards.Approval": lambda user: count_waiting_approvals(),
    "rewards.Alert": lambda user: count_open_alerts(user, limit=MOST_COUNTED),
}


def build_menu(request):
    """Unfold's navigation, without what this person may not see."""
    menu = [
        {
            "items": [
                {"title": _("Today"), "icon": "today", "link": reverse("admin:index")},
            ]
        }
    ]
    if request.user.has_perm("rewards.use_counter"):
        counter = {"title": _("Counter"), "icon": "storefront", "link": reverse("admin:counter")}
        menu[0]["items"].append(counter)
    for title, models in GROUPS:
        items = [
            item
            for label, icon in models
            if (item := _build_item(request, label, icon)) is not None
        ]
        if items:
            menu.append({"title": title, "collapsible": True, "items": items})
    return menu


def _build_item(request, label, icon):
    model = apps.get_model(label)
    page = admin.site._registry.get(model)
    if page is None or not page.has_view_permission(request):
        return None
    opts = model._meta
    badge = BADGES[label](request.user) if label in BADGES else 0
    return {
        **({"badge": badge if badge < MOST_COUNTED else f"{MOST_COUNTED - 1}+"} if badge else {}),
        "title": str(opts.verbose_name_plural)[:1].upper() + str(opts.verbose_name_plural)[1:],
        "icon": icon,
        "link": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }


def can_see_history(request):
    return request.user.has_perm("core.view_auditentry")


def get_club_name(request):
    return get_club().name_i18n


def get_style_url(request):
    return static("css/admin.css")


def get_icon_url(request):
    return static("img/mark.svg")
