"""What surveys tell the registries: who may do what."""

from members import registry

_BUILDS = (
    "surveys.view_*",
    "surveys.add_survey",
    "surveys.change_survey",
    "surveys.publish_survey",
    "surveys.add_trigger",
    "surveys.change_trigger",
)
_FOLLOWS = ("surveys.view_followup", "surveys.change_followup")


def register() -> None:
    registry.register_role_permissions(
        "surveys.surveys",
        {
            "clerk": _FOLLOWS,
            "marketer": _BUILDS,
            "manager": ("surveys.view_*", "surveys.change_followup", "surveys.oversee_followup"),
        },
    )
