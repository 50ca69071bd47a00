"""What wheels tell the registries: personal data, who may do what."""

from members import registry
from rewards import personal_data_wheel

# Writes a wheel down; publishing it is another's.
_DRAFTS = ("rewards.add_wheel", "rewards.change_wheel")


def register() -> None:
    personal_data_wheel.register()
    registry.register_role_permissions(
        "rewards.wheel",
        {
            "marketer": _DRAFTS,
            "manager": (*_DRAFTS, "rewards.publish_wheel"),
            "owner": (*_DRAFTS, "rewards.publish_wheel"),
        },
    )
