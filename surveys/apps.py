from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = _("Surveys and reviews")

    def ready(self):
        from surveys import (
            panels_follow_ups,
            panels_reviews,
            personal_data,
            personal_data_reviews,
            receivers,  # noqa: F401  (connects itself)
            registrations,
            registrations_asking,
            registrations_follow_ups,
            registrations_reviews,
        )

        registrations.register()
        registrations_asking.register()
        personal_data.register()
        personal_data_reviews.register()
        registrations_reviews.register()
        panels_reviews.register()
        registrations_follow_ups.register()
        panels_follow_ups.register()
