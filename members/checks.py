from django.core import checks

checks  # noqa: B018
