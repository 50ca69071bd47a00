"""Members on their way: claimed when their next step is due, a small batch in one transaction.

A batch takes each way as far as it goes without waiting. Whatever a step does (a row of the
outbox, a gift) is written in the transaction that says it was done, so a kill undoes both. A batch
that fails is taken one by one; who fails alone waits longer each time, and fails for good at last.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from django.db import transaction

from campaigns.enums import JourneyReason, JourneyState, StepKind, StepOutcome
from campaigns.models import AutomationVersion, Journey, JourneyStep, Step
from campaigns.selectors.automations.conditions import find_matching
from campaigns.services.automations.giving import give
from campaigns.services.automations.holding import hold_points
from campaigns.services.automations.waiting import find_end
from campaigns.services.planning import QueuedMessage, queue_messages
from core.errors import DomainError
from members.models import Member

logger = logging.getLogger(__name__)

AT_ONCE = 100
MOST_ATTEMPTS = 5
_LONGEST_WAIT = dt.timedelta(hours=6)


def run_due_journeys(*, now: dt.datetime, limit: int = 20_000) -> int:
    """Take every way whose time has come as far as it goes; returns how many were taken.

    Several may run at once: each way is taken by one of them.
    """
    taken = 0
    while taken < limit:
        try:
            count = run_batch(now=now)
        except Exception:
            # Whatever went wrong, the others must go on: one by one it is seen whose it was.
            logger.exception("A batch of automations failed")
            count = _run_one_by_one(now)
        if not count:
            return taken
        taken += count
    return taken


@transaction.atomic
def run_batch(*, now: dt.datetime, size: int = AT_ONCE) -> int:
    """One batch, oldest first, of those that nobody else has."""
    rows = Journey.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    journeys = list(rows[:size])
    _advance(journeys, now)
    return len(journeys)


def _run_one_by_one(now: dt.datetime) -> int:
    ids = list(Journey.objects.due(now).values_list("pk", flat=True)[:AT_ONCE])
    for pk in ids:
        try:
            with transaction.atomic():
                row = Journey.objects.due(now).filter(pk=pk)
                _advance(list(row.select_for_update(skip_locked=True, of=("self",))), now)
        except Exception as error:
            logger.exception("A way through an automation failed")
            _postpone(pk, error, now)
    return len(ids)


@transaction.atomic
def _postpone(pk: int, error: Exception, now: dt.datetime) -> None:
    journey = Journey.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if journey is None or journey.state != JourneyState.ACTIVE:
        return
    journey.attempt_count += 1
    journey.last_error = f"{type(error).__name__}: {error}"[:200]
    journey.due_at = now + min(dt.timedelta(minutes=2**journey.attempt_count), _LONGEST_WAIT)
    if journey.attempt_count >= MOST_ATTEMPTS:
        _end(journey, JourneyState.FAILED, JourneyReason.ERROR, now)
    _save([journey])


def _advance(journeys: Sequence[Journey], now: dt.datetime) -> None:
    if not journeys:
        return
    ids = {each.version_id for each in journeys}
    versions = AutomationVersion.objects.select_related("automation").in_bulk(ids)
    steps: dict[int, dict[int, Step]] = defaultdict(dict)
    for step in Step.objects.filter(version__in=ids).select_related("mailing"):
        steps[step.version_id][step.position] = step
    members = Member.objects.in_bulk({each.member_id for each in journeys})
    givers = {
        versions[pk].automation_id
        for pk, known in steps.items()
        if any(step.kind == StepKind.GRANT for step in known.values())
    }
    if givers:
        hold_points(givers, members)
    walk = _Walk(now, members)
    waiting: list[Journey] = []
    for journey in journeys:
        if members[journey.member_id].is_active:
            waiting.append(journey)
        else:
            _end(journey, JourneyState.LEFT, JourneyReason.NOT_ACTIVE, now)
    while waiting:
        groups: dict[tuple[int, int], list[Journey]] = defaultdict(list)
        for journey in waiting:
            groups[journey.version_id, journey.position].append(journey)
        waiting = []
        for (version_id, position), group in sorted(groups.items()):
            upcoming = steps[version_id].get(position)
            if upcoming is None:
                for journey in group:
                    _end(journey, JourneyState.DONE, JourneyReason.NONE, now)
                continue
            upcoming.version = versions[version_id]
            waiting += walk.take(upcoming, group)
    JourneyStep.objects.bulk_create(walk.rows)
    _save(journeys)


class _Walk:
    """One batch's steps, and the rows that say what they did."""

    def __init__(self, now: dt.datetime, members: dict[int, Member]):
        self.now = now
        self.members = members
        self.rows: list[JourneyStep] = []

    def take(self, step: Step, journeys: list[Journey]) -> list[Journey]:
        """Do the step for these; returns those who go on at once."""
        doers: dict[str, Callable[[Step, list[Journey]], Iterable[Journey]]] = {
            StepKind.WAIT: self._wait,
            StepKind.CONDITION: self._ask,
            StepKind.MESSAGE: self._write,
            StepKind.GRANT: self._give,
        }
        on = list(doers[step.kind](step, journeys))
        for journey in journeys:
            if journey.state == JourneyState.ACTIVE:
                journey.position += 1
        return on

    def _note(self, step, journey, outcome, reason="", until=None):
        self.rows.append(
            JourneyStep(
                journey=journey, step=step, key=step.key, outcome=outcome, reason=reason,
                happened_at=self.now, until_at=until,
            )
        )  # fmt: skip

    def _leave(self, step, journey, reason, outcome=StepOutcome.LEFT):
        self._note(step, journey, outcome, reason)
        _end(journey, JourneyState.LEFT, reason, self.now)

    def _wait(self, step, journeys):
        for journey in journeys:
            member = self.members[journey.member_id]
            until, is_missed = find_end(step.terms, journey, member, now=self.now)
            if is_missed:
                journey.is_late = True
                self._note(step, journey, StepOutcome.SKIPPED, JourneyReason.LATE)
                yield journey
                continue
            self._note(step, journey, StepOutcome.WAITED, until=until)
            journey.is_late = False
            journey.due_at = until
            if until <= self.now:
                yield journey

    def _ask(self, step, journeys):
        ids = {each.member_id for each in journeys}
        try:
            with transaction.atomic():
                held = find_matching(step.terms["rules"], ids, now=self.now)
        except DomainError as error:
            logger.warning("The condition of step %s can't be asked: %s", step.pk, error.code)
            for journey in journeys:
                self._leave(step, journey, JourneyReason.BAD_CONDITION, StepOutcome.FAILED)
            return
        for journey in journeys:
            if journey.member_id in held:
                self._note(step, journey, StepOutcome.PASSED)
                yield journey
            else:
                self._leave(step, journey, JourneyReason.CONDITION)

    def _pass_over(self, step, journeys) -> list[Journey]:
        """Whoever came too late misses what belongs to a moment that is over."""
        for journey in journeys:
            if journey.is_late:
                self._note(step, journey, StepOutcome.SKIPPED, JourneyReason.LATE)
        return [each for each in journeys if not each.is_late]

    def _write(self, step, journeys):
        queue_messages(
            [
                QueuedMessage(
                    step.mailing_id, step.edition_id, journey.member_id, journey.occurrence,
                    journey.due_at or self.now, journey.facts,
                )
                for journey in self._pass_over(step, journeys)
            ],
            now=self.now,
        )  # fmt: skip
        for journey in journeys:
            if not journey.is_late:
                self._note(step, journey, StepOutcome.QUEUED)
            yield journey

    def _give(self, step, journeys):
        here = self._pass_over(step, journeys)
        refused = give(step, here, now=self.now) if here else {}
        for journey in journeys:
            if journey.pk in refused:
                # What follows speaks of the gift.
                self._leave(step, journey, refused[journey.pk])
                continue
            if not journey.is_late:
                self._note(step, journey, StepOutcome.GIVEN)
            yield journey


def _end(journey: Journey, state: str, reason: str, now: dt.datetime) -> None:
    journey.state, journey.reason = state, reason
    journey.due_at, journey.ended_at = None, now


def _save(journeys: Sequence[Journey]) -> None:
    Journey.objects.bulk_update(
        journeys,
        ["state", "reason", "position", "is_late", "due_at", "ended_at", "facts",
         "attempt_count", "last_error"],
    )  # fmt: skip
