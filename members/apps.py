from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")

    def ready(self):
        from members import checks, receivers  # noqa: F401  (both register themselves)

        post_migrate.connect(receivers.create_base_rows, sender=self)
