"""django-modeltrans without its managers: we read translations by ``core.words``."""

from django.apps import apps
from modeltrans.apps import RegistrationConfig
from modeltrans.conf import check_fallback_chain
from modeltrans.translator import add_virtual_fields, get_i18n_field, validate


class LanguagesConfig(RegistrationConfig):
    """Gives models their ``name_ja`` and ``name_i18n``, and leaves managers and constructors alone.

    Its own would rewrite every query of these models, and hide their managers from type checkers.
    """

    def ready(self):
        check_fallback_chain()
        for model in apps.get_models():
            if field := get_i18n_field(model):
                validate(model)
                add_virtual_fields(model, field.fields, field.required_languages)
