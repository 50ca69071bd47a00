from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RewardsConfig(AppConfig):
    name = "rewards"
    verbose_name = _("Points and tiers")

    def ready(self):
        from members import registry
        from rewards import (
            happenings,
            panels,
            personal_data,
            personal_data_giving,
            receivers,
            registrations,
            registrations_challenges,
            registrations_control,
            registrations_giving,
            registrations_redemption,
            registrations_segments,
            registrations_wheel,
        )
        from rewards.services.accrual import accrue
        from rewards.services.settlement import enter_programme

        post_migrate.connect(receivers.create_programme_accounts, sender=self)
        post_migrate.connect(receivers.create_act_limits, sender=self)
        registry.register_listener("rewards.accrual", ["purchase", "amendment"], accrue)
        registry.register_listener("rewards.enrolment", ["signup"], enter_programme)
        registrations.register()
        registrations_challenges.register()
        registrations_control.register()
        registrations_giving.register()
        registrations_redemption.register()
        registrations_segments.register()
        registrations_wheel.register()
        personal_data.register()
        personal_data_giving.register()
        panels.register()
        happenings.register()
