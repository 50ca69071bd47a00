"""What stamp cards tell the registries."""

from rewards import personal_data_challenges


def register():
    personal_data_challenges.register()
