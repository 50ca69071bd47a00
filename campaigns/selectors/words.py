"""What the editor of words shows: the newest words, and what may be put into them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.models import Content, Edition, Mailing
from campaigns.variables import VARIABLES, Variable
from members.models import Audience
from rewards.models import Reward

_GROUPS = {
    "member": _("Member"),
    "tier": _("Tier"),
    "points": _("Points"),
    "club": _("Club"),
    "reward": _("What it is about: a reward"),
    "voucher": _("What it is about: a voucher"),
    "purchase": _("What it is about: a purchase"),
    "product": _("What it is about: goods"),
    "survey": _("What it is about: a survey"),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A line of the picker: what it is, and what it puts into the words."""

    label: Any
    code: str


def find_content(mailing: Mailing, channel: str, variant: str) -> Content | None:
    """The words as they stand: those of the draft, else of the last edition."""
    newest = Edition.objects.filter(mailing=mailing).order_by("-number").first()
    if newest is None:
        return None
    return Content.objects.filter(edition=newest, channel=channel, variant=variant).first()


def list_groups() -> list[tuple[Any, list[Variable]]]:
    """The variables by what they tell of."""
    return [
        (label, [each for each in VARIABLES.values() if each.needs == needs and each.is_offered])
        for needs, label in _GROUPS.items()
    ]


def list_blocks() -> list[Snippet]:
    """Blocks and conditions, with a reward and an audience of the club in them."""
    reward = Reward.objects.published().order_by("position", "pk").first()
    audience = Audience.objects.order_by("-pk").first()
    slug = reward.slug if reward else "coffee"
    group = audience.slug if audience else "everyone"
    return [
        Snippet(_("Points and the next tier"), "{% points %}"),
        Snippet(_("A reward by its code"), f'{{% reward "{slug}" %}}'),
        Snippet(_("The reward that it is about"), "{% reward %}"),
        Snippet(_("The voucher that it is about"), "{% voucher %}"),
        Snippet(_("What was viewed or bought"), "{% products %}"),
        Snippet(_("A button"), '{% button "…" "https://…" %}'),
        Snippet(_("A picture"), '{% image "https://…" "…" %}'),
        Snippet(_("The answers of the survey that it is about"), "{% faces %}"),
        Snippet(_("Only for a tier"), '{% if member.tier == "gold" %}\n…\n{% endif %}'),
        Snippet(_("Only for an audience"), f'{{% audience "{group}" %}}\n…\n{{% endaudience %}}'),
    ]


def is_past(mailing: Mailing) -> bool:
    """Whether it is the message of a step that the newest version of its automation hasn't."""
    step = mailing.steps.select_related("version__automation").order_by("-version__number").first()
    if step is None:
        return False
    return step.version_id != step.version.automation.versions.latest("number").pk
