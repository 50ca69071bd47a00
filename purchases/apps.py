from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PurchasesConfig(AppConfig):
    name = "purchases"
    verbose_name = _("Purchases")

    def ready(self):
        from purchases import (  # models are loaded only now
            panels,
            registrations,
            registrations_segments,
        )

        registrations.register()
        registrations_segments.register()
        panels.register()
