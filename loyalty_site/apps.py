from django.apps import AppConfig


class LoyaltySiteConfig(AppConfig):
    name = "loyalty_site"

    def ready(self):
        from loyalty_site import observation

        observation.connect()
