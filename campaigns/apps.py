from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self):
        from campaigns import (
            checks,  # noqa: F401 (registers them)
            receivers,  # noqa: F401 (signals of anymail)
            registrations,
            registrations_automations,
            registrations_campaigns,
            registrations_channels,
            registrations_restraint,
            registrations_segments,
            registrations_sending,
        )

        registrations.register()
        registrations_automations.register()
        registrations_campaigns.register()
        registrations_channels.register()
        registrations_restraint.register()
        registrations_segments.register()
        registrations_sending.register()
