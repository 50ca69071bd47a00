"""What export, erasure and merge do with invitations, answers and follow-ups."""

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext_lazy as _

from members import registry
from members.personal_data import rows_of
from members.registry import PersonalData
from surveys.enums import FollowUpEnding, FollowUpEntryKind, FollowUpState, InvitationState
from surveys.models import Answer, FollowUp, FollowUpEntry, Invitation, Response, Touch

_KEPT = "It shows that and when the club asked; what was said in own words is gone."


def register() -> None:
    registry.register_personal_data(
        PersonalData(
            "surveys.Invitation",
            export=rows_of(
                Invitation, "survey__name", "state", "due_at", "sent_at", "opened_at",
                "answered_at",
            ),
            erase=_erase_invitations,
            merge=_merge_invitations,
            undo=_undo_invitations,
            why_kept=_KEPT,
        )
    )  # fmt: skip
    registry.register_personal_data(
        PersonalData(
            "surveys.Response",
            export=_export_responses,
            erase=_erase_responses,
            merge=_merge_of(Response),
            undo=_undo_of(Response),
            why_kept=_KEPT,
        )
    )
    registry.register_personal_data(
        PersonalData(
            "surveys.FollowUp",
            export=_export_follow_ups,
            erase=_erase_follow_ups,
            merge=_merge_of(FollowUp),
            undo=_undo_of(FollowUp),
            labels=(("replies", _("What the club answered")),),
            why_kept="It shows that the club saw to it; its words are gone.",
        )
    )


def _export_responses(member):
    """But for what they said in confidence: staff may open the file. That they were asked stands
    among the invitations, and their own link shows them their answers until it closes.
    """
    return list(
        Answer.objects.filter(response__member=member, response__survey__is_anonymous=False)
        .order_by("response_id", "question__position")
        .values(
            "response__survey__name", "response__started_at", "question__text", "number", "text",
            "choices", "day_on",
        )
    )  # fmt: skip


def _export_follow_ups(member):
    """With what the club answered; notes of staff to each other are not the member's data."""
    rows = FollowUp.objects.filter(member=member).order_by("pk").prefetch_related(
        Prefetch("entries", FollowUpEntry.objects.filter(kind=FollowUpEntryKind.REPLY))
    )  # fmt: skip
    return [
        {
            "subject": row.subject,
            "state": row.state,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
            "outcome": row.outcome,
            "replies": [entry.text for entry in row.entries.all()],
        }
        for row in rows
    ]


def _erase_invitations(member, now):
    rows = Invitation.objects.filter(member=member)
    rows.filter(state__in=InvitationState.waiting_states()).update(state=InvitationState.CANCELLED)
    rows.update(facts={}, detail="")
    Touch.objects.filter(invitation__member=member).update(evidence={})


def _erase_responses(member, now):
    """Numbers stay in the sums; own words and days go, and with them answers of nothing else."""
    answers = Answer.objects.filter(response__member=member)
    answers.filter(number__isnull=True, choices=[]).delete()
    answers.update(text="", day_on=None)


def _erase_follow_ups(member, now):
    """Words and addresses go; what is open has nobody left to be answered."""
    rows = FollowUp.objects.filter(member=member)
    rows.unclosed().update(
        state=FollowUpState.CLOSED, closed_at=now, ending=FollowUpEnding.LEFT, outcome=""
    )
    rows.exclude(outcome="").update(outcome="…")
    rows.filter(response__isnull=True).update(subject="…", sender_name="", sender_email="")
    FollowUpEntry.objects.filter(follow_up__member=member).exclude(text="").update(text="…")


def _merge_invitations(source, target, now):
    """What both were asked about stays where it is."""
    same = Invitation.objects.filter(
        member=target, survey=OuterRef("survey"), occurrence=OuterRef("occurrence")
    )
    rows = Invitation.objects.filter(member=source).filter(~Exists(same))
    moved = list(rows.order_by("pk").values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=moved).update(member=target)
    return moved


def _undo_invitations(source, target, moved, now):
    """With what was answered meanwhile, by links that were sent to ``source``."""
    _undo_of(Invitation)(source, target, moved, now)
    Response.objects.filter(invitation__in=moved, member=target).update(member=source)
    FollowUp.objects.filter(response__invitation__in=moved, member=target).update(member=source)


def _merge_of(model):
    def merge(source, target, now):
        rows = model.objects.filter(member=source)
        moved = list(rows.order_by("pk").values_list("pk", flat=True))
        model.objects.filter(pk__in=moved).update(member=target)
        return moved

    return merge


def _undo_of(model):
    def undo(source, target, moved, now):
        model.objects.filter(pk__in=moved, member=target).update(member=source)

    return undo
