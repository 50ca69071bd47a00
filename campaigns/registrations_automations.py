"""What automations tell the registries: personal data, roles, what follows an activity."""

from django.db.models import Exists, OuterRef

from campaigns.enums import JourneyReason, JourneyState
from campaigns.models import Journey
from campaigns.services.automations.entering import follow_batch
from campaigns.services.automations.giving import CAUSE
from members import registry
from members.personal_data import rows_of
from members.registry import PersonalData
from rewards.selectors.causes import CauseText, register_cause

_WRITES = (
    "campaigns.view_automation",
    "campaigns.view_journey",
    "campaigns.add_automation",
    "campaigns.change_automation",
)


# Activities that may begin one; an app above adds its own by ``registry.extend_consumer``.
ACTIVITIES = (
    "signup", "purchase", "amendment", "return", "redemption", "donation", "spin", "view",
    "survey_invited", "survey_reminder", "survey_answered",
    "followup_replied",
)  # fmt: skip
CONSUMER = "automations"


def register() -> None:
    registry.register_consumer(CONSUMER, ACTIVITIES, follow_batch)
    register_cause(CAUSE, _describe)
    registry.register_personal_data(
        PersonalData(
            "campaigns.Journey",
            export=rows_of(
                Journey, "automation__name", "occurrence", "state", "reason", "entered_at",
                "ended_at",
            ),
            erase=_erase_journeys,
            merge=_merge_journeys,
            undo=_undo_merge,
            locked_first=_list_on_the_way,
            why_kept="It shows what the club did by itself and why it stopped; the facts are gone.",
        )
    )  # fmt: skip
    registry.register_role_permissions(
        "campaigns.automations",
        {
            "clerk": ["campaigns.view_journey"],
            "marketer": _WRITES,
            "manager": [*_WRITES, "campaigns.publish_gifts"],
            "owner": [*_WRITES, "campaigns.publish_gifts"],
        },
    )


def _list_on_the_way(ids):
    """A sweep holds ways before it gives anything to their members."""
    return Journey.objects.filter(member__in=ids, state=JourneyState.ACTIVE)


def _erase_journeys(member, now):
    """Whoever is on the way leaves; what it was about goes."""
    rows = Journey.objects.filter(member=member)
    rows.filter(state=JourneyState.ACTIVE).update(
        state=JourneyState.LEFT, reason=JourneyReason.NOT_ACTIVE, due_at=None, ended_at=now
    )
    rows.update(facts={}, last_error="")


def _merge_journeys(source, target, now):
    """The way goes on for the one who remains; what both went through stays where it is, and
    leaves with the record.
    """
    same = Journey.objects.filter(
        member=target, automation=OuterRef("automation"), occurrence=OuterRef("occurrence")
    )
    rows = Journey.objects.filter(member=source).filter(~Exists(same))
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    Journey.objects.filter(pk__in=moved).update(member=target)
    return moved


def _undo_merge(source, target, moved, now):
    Journey.objects.filter(pk__in=moved, member=target).update(member=source)


def _describe(ids):
    rows = Journey.objects.filter(pk__in=ids).select_related("automation")
    return {row.pk: CauseText(title=row.automation.name_i18n) for row in rows}
