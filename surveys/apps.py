from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SurveysConfig(AppConfig):
    name = "surveys"
    verbose_name = _("Surveys and reviews")

    def ready(self):
        from surveys import personal_data, registrations

        registrations.register()
        personal_data.register()
