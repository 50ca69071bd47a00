from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class ClubAdminConfig(AdminConfig):
    default_site = "loyalty_site.admin_site.ClubAdminSite"


class ClubAdminSite(UnfoldAdminSite):
    site_header = _("Club back office")
    site_title = _("Club back office")
    index_title = _("Today")
