"""What campaigns tell the registries: their kinds of act, and who may do what."""

from campaigns.services.campaigns import KINDS
from members import registry
from rewards.registry import register_act_kind

_WRITES = (
    "campaigns.add_campaign",
    "campaigns.change_campaign",
    "campaigns.add_mailing",
    "campaigns.change_mailing",
    "campaigns.add_publicnotice",
    "campaigns.change_publicnotice",
)


def register() -> None:
    for kind in KINDS:
        register_act_kind(kind)
    registry.register_role_permissions(
        "campaigns.campaigns",
        {
            "clerk": ["campaigns.view_message"],
            "marketer": ["campaigns.view_*", *_WRITES],
            "manager": [
                "campaigns.view_*",
                *_WRITES,
                "campaigns.change_sendingpolicy",
                "campaigns.publish_publicnotice",
            ],
        },
    )
