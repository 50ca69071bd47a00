"""What a new club still needs, for whoever may set it up; gone when all of it is there."""

from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.models import LegalPage, Member, Theme, User
from rewards.admin.founding import can_set_up
from rewards.models import Award, ProgrammeVersion, Reward


class Step(NamedTuple):
    """Something to be there: ``rows`` says whether it is. What is not ``needed`` may stay open."""

    code: str
    title: Any
    note: Any
    icon: str
    page: str
    rows: Any
    needed: bool = True


STEPS = (
    Step(
        "terms",
        _("Set up the club"),
        _("Name, money, first store, what a purchase earns: two minutes."),
        "flag", "admin:set_up", ProgrammeVersion.objects.all(),
    ),
    Step(
        "look",
        _("Make it look like yours"),
        _("Two colours, a logo, one sentence."),
        "palette", "admin:members_theme_changelist", Theme.objects.all(),
    ),
    Step(
        "reward",
        _("Put up a first reward"),
        _("Something small that is near: a coffee, a print, five off."),
        "redeem", "admin:rewards_reward_add", Reward.objects.all(),
    ),
    Step(
        "law",
        _("Write what the law wants"),
        _("Imprint, terms, what a distance seller discloses."),
        "gavel", "admin:members_legalpage_changelist", LegalPage.objects.all(), needed=False,
    ),
    Step(
        "staff",
        _("Let your staff in"),
        _("A login with a role each; a code by e-mail opens it."),
        "badge", "admin:members_user_add",
        User.objects.filter(is_staff=True).exclude(pk=OuterRef("pk")), needed=False,
    ),
    Step(
        "member",
        _("Enrol the first member"),
        _("At the counter, where you can print the poster for the door as well."),
        "person_add", "admin:counter", Member.objects.all(),
    ),
    Step(
        "points",
        _("Give the first points"),
        _("Ring up a bill at the counter, or upload a file of purchases."),
        "auto_awesome", "admin:counter", Award.objects.all(),
    ),
)  # fmt: skip


def list_first_steps(user: User) -> list[dict[str, Any]]:
    """Each step with ``url``, whether it is ``done`` and whether it comes ``next``; [] once
    everything needed is there, and for whoever may not set up a club. One query.
    """
    if not can_set_up(user):
        return []
    asked = {f"has_{step.code}": Exists(step.rows) for step in STEPS}
    found = User.objects.filter(pk=user.pk).values(**asked).get()
    done = {step.code: found[f"has_{step.code}"] for step in STEPS}
    if all(done[step.code] for step in STEPS if step.needed):
        return []
    coming = next(step.code for step in STEPS if step.needed and not done[step.code])
    return [
        {"step": step, "url": reverse(step.page), "done": done[step.code],
         "next": step.code == coming}
        for step in STEPS
    ]  # fmt: skip
