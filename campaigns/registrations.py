"""What this app tells the registries of ``members``."""

from campaigns import personal_data, reach


def register() -> None:
    personal_data.register()
    reach.register()
