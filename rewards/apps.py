from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"
    verbose_name = _("Points and tiers")

    def ready(self):
        from members import registry
        from rewards import receivers, registrations
        from rewards.services.accrual import accrue

        post_migrate.connect(receivers.create_programme_accounts, sender=self)
        registry.register_listener("rewards.accrual", ["purchase"], accrue)
        registrations.register()
