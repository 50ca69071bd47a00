"""The site of the back office: its addresses, and the zone in which it shows time."""

from functools import update_wrapper

from django.contrib.admin.apps import AdminConfig
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from core.time import get_zone


class ClubAdminConfig(AdminConfig):
    default_site = "loyalty_site.admin_site.ClubAdminSite"


class ClubAdminSite(UnfoldAdminSite):
    """The back office, in the club's own time."""

    index_title = _("Today")

    def get_urls(self):
        # Loaded late: the site is made before the models are.
        from core.admin import saved_filters
        from rewards.admin import counter, founding

        own = (saved_filters, counter, founding)
        return [*(path for each in own for path in each.list_paths(self)), *super().get_urls()]

    def admin_view(self, view, cacheable=False):
        return super().admin_view(_in_club_time(view), cacheable)


def _in_club_time(view):
    """Show and read every instant in the club's zone, while the page is rendered too."""

    def shown(request, *args, **kwargs):
        # Loaded late: the site is made before the models are.
        from members.selectors.club import get_club

        with timezone.override(get_zone(get_club().zone)):
            response = view(request, *args, **kwargs)
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
        return response

    return update_wrapper(shown, view)
