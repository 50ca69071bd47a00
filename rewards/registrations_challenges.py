"""What stamp cards tell the registries."""

from django.utils.translation import gettext_lazy as _

from members import registry
from rewards import personal_data_challenges
from rewards.registry import CHALLENGES, ChallengeKind, register_challenge_kind
from rewards.services.challenges import count_batch


def register():
    registry.register_consumer(CHALLENGES, (), count_batch)
    register_challenge_kind(ChallengeKind("purchase", _("a purchase"), ("purchase", "amendment")))
    personal_data_challenges.register()
