import datetime as dt

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self):
        # Models exist from here on, not before.
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from members import (
            checks,  # noqa: F401  (registers itself)
            panels,
            personal_data,
            receivers,
            registrations,
            registrations_segments,
            registry,
        )
        from members.selectors import waiting
        from members.services import work

        personal_data.register()
        registrations.register()
        panels.register()
        registrations_segments.register()
        registry.register_waiting_queue("work", work.list_waiting, late_after=work.LATE_AFTER)
        for code, list_oldest, hours in (
            ("exports", waiting.list_waiting_exports, 1),
            ("erasures", waiting.list_waiting_erasures, 24),
        ):
            registry.register_waiting_queue(code, list_oldest, late_after=dt.timedelta(hours=hours))
        post_migrate.connect(receivers.create_base_rows, sender=self)
        post_migrate.connect(receivers.create_contact_budget, sender=self)
        # The back office logs in where everybody does: rate limits and second factors included.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents
