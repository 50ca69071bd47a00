"""What answers do to follow-ups, in the transaction that takes the answer: its member and its
invitation are locked by then, so that two tabs come here one after the other.
"""

import datetime as dt

from surveys.enums import FollowUpEnding, FollowUpEntryKind, FollowUpState
from surveys.models import FollowUp, Response
from surveys.services.follow_ups.rows import write_entry
from surveys.signals import follow_up_opened


def follow_low_score(invitation_id: int, now: dt.datetime) -> None:
    """A person's answer lies below the line: one follow-up for the response, whatever comes later.

    It is due ``follow_up_hours`` plain hours from now. One that is closed opens again where the
    answer is lower than the one it was about, or had risen since; with its own time anew.
    """
    response = Response.objects.select_related("survey").get(invitation=invitation_id)
    due_at = now + dt.timedelta(hours=response.survey.follow_up_hours)
    follow_up = FollowUp.objects.select_for_update(of=("self",)).filter(response=response).first()
    score = response.score_permille
    if follow_up is None:
        follow_up = FollowUp.objects.create(
            response=response, member_id=response.member_id, score_permille=score,
            opened_at=now, due_at=due_at,
        )  # fmt: skip
        follow_up_opened.send(FollowUp, follow_up=follow_up, is_again=False, now=now)
        return
    if not _is_lower(follow_up, score):
        return
    was_closed = follow_up.is_closed
    follow_up.score_permille = score
    if was_closed:
        follow_up.state, follow_up.closed_at = FollowUpState.OPEN, None
        follow_up.ending, follow_up.outcome = FollowUpEnding.NONE, ""
        follow_up.due_at = due_at
    follow_up.save(
        update_fields=["score_permille", "state", "closed_at", "ending", "outcome", "due_at"]
    )
    write_entry(follow_up, FollowUpEntryKind.LOWERED, by=None, now=now)
    if was_closed:
        follow_up_opened.send(FollowUp, follow_up=follow_up, is_again=True, now=now)


def _is_lower(follow_up: FollowUp, score: int | None) -> bool:
    """Other answers of the same response say nothing new of its score."""
    if follow_up.ending == FollowUpEnding.LEFT or score is None:
        return False
    known = follow_up.score_permille
    return known is None or score < known or _has_risen(follow_up)


def _has_risen(follow_up: FollowUp) -> bool:
    """Above the line, as far as its story goes."""
    kinds = (FollowUpEntryKind.RAISED, FollowUpEntryKind.LOWERED)
    last = follow_up.entries.filter(kind__in=kinds).order_by("-pk").first()
    return last is not None and last.kind == FollowUpEntryKind.RAISED


def follow_raised_score(invitation_id: int, now: dt.datetime) -> None:
    """The answer lies above the line by now. Where nobody has begun that closes it; whoever has,
    or closed it, reads of it.
    """
    follow_up = (
        FollowUp.objects.select_for_update(of=("self",))
        .filter(response__invitation=invitation_id)
        .exclude(ending=FollowUpEnding.LEFT)
        .first()
    )
    if follow_up is None or _has_risen(follow_up):
        return
    write_entry(follow_up, FollowUpEntryKind.RAISED, by=None, now=now)
    has_begun = (
        follow_up.owner_id is not None
        or follow_up.state == FollowUpState.WORKING
        or follow_up.entries.filter(by__isnull=False).exists()
    )
    if not (has_begun or follow_up.is_closed):
        follow_up.state, follow_up.closed_at = FollowUpState.CLOSED, now
        follow_up.ending = FollowUpEnding.RAISED
        follow_up.save(update_fields=["state", "closed_at", "ending"])
