"""A club that asks, is answered and sees to complaints, beside a plain account of what should stand
there: what each response says, what was ever low, what was paid.
"""

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field

from django.db.models import Max

from core.actors import Agent
from core.errors import DomainError
from members.models import Member, MemberMerge
from members.registry import MessageFate
from members.services.erasing import erase_member
from members.services.merging import merge_members, undo_merge
from surveys.engine.presses import Press
from surveys.links import SurveyLink
from surveys.models import FollowUp, Invitation, Survey
from surveys.services.answering import answer_question, finish_response, touch_link
from surveys.services.building import change_survey, close_survey, reopen_survey
from surveys.services.follow_ups import (
    add_note,
    close_follow_up,
    reopen_follow_up,
    reply_to_member,
    take_follow_up,
)
from surveys.services.inviting import expire_invitations, hear_fates, release_due, remind_due
from tests.surveys.asked import BROWSER

BY = {
    "person": Press(Agent.BROWSER, 4000),
    "somebody": Press(Agent.BROWSER),  # not known within the first minute
    "machine": Press(Agent.BOT, 4000),
}
LINE, POINTS = 500, 10
ORDER = ("rating", "why", "words")


def find_way(given):
    """A rating above six leads past the reasons."""
    return ["rating", "words"] if given.get("rating", 0) > 6 else list(ORDER)


@dataclass
class Account:
    """What should stand of one response."""

    given: dict = field(default_factory=dict)
    actor: str = ""
    is_complete: bool = False
    is_paid: bool = False
    was_low: bool = False

    @property
    def counts(self):
        return self.actor == "human"

    @property
    def score(self):
        return None if "rating" not in self.given else self.given["rating"] * 100


class AnsweringClub:
    """Three surveys: one that may ask first, one that asks often, one in confidence."""

    def __init__(self, surveys, members, staff):
        self.surveys, self.members, self.staff = surveys, members, staff
        self.start = members[0].created_at
        self.begin()

    def begin(self):
        self.now = self.start + dt.timedelta(days=1)
        self.accounts: dict[int, Account] = {}
        self.count = 0

    def do(self, name, *numbers):
        self.now += dt.timedelta(seconds=40)
        with suppress(DomainError):  # refused: nothing is to have changed, which the checks see
            getattr(self, name)(*numbers)

    def find(self, number, rows):
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    def find_asked(self, some):
        """Mostly one that may be answered; at times any."""
        rows = Invitation.objects.select_related("survey")
        open_ones = rows.filter(
            state__in=["released", "sent", "opened", "answered"], expires_at__gt=self.now,
            survey__state="open",
        )  # fmt: skip
        return self.find(some, open_ones if some < 9 else rows)

    # --- Asking ---

    def plan(self, who, which, hours):
        member = Member.objects.get(pk=self.members[who % len(self.members)].pk)
        if not member.is_active:
            return
        due = self.now + dt.timedelta(hours=hours)
        self.count += 1
        Invitation.objects.create(
            survey=self.surveys[which % 3], member=member,
            occurrence=f"o{self.count}", planned_at=self.now, due_at=due,
            expires_at=due + dt.timedelta(days=2 + 9 * (which % 2)),
        )  # fmt: skip

    def release(self):
        before = set(Invitation.objects.filter(released_at=None).values_list("pk", flat=True))
        last = {
            pk: Invitation.objects.filter(member=pk).aggregate(at=Max("sent_at"))["at"]
            for pk in Member.objects.values_list("pk", flat=True)
        }
        count = release_due(now=self.now)
        new = Invitation.objects.filter(pk__in=before, released_at__isnull=False)
        new = list(new.select_related("survey", "member"))
        assert len(new) == count
        assert len({row.member_id for row in new}) == count
        for row in new:
            assert row.member.is_active
            assert row.survey.state == "open"
            sent_at = last[row.member_id]
            quiet = dt.timedelta(days=row.survey.clock_days)
            assert sent_at is None or sent_at + quiet <= self.now
            others = Invitation.objects.filter(
                member=row.member, state="planned", survey__priority__lt=row.survey.priority,
                survey__state="open", due_at__lte=self.now + quiet,
            ).select_related("survey")  # fmt: skip
            # Whichever goes first may still go out after what went out last.
            assert not [
                each for each in others
                if sent_at is None
                or sent_at + dt.timedelta(days=each.survey.clock_days) < each.expires_at
            ]  # fmt: skip

    def settle(self, some, is_sent):
        row = self.find(some, Invitation.objects.filter(released_at__isnull=False, sent_at=None))
        if row:
            reason = "" if is_sent else "cap"
            hear_fates([MessageFate(row.member_id, row.pk, is_sent, reason, self.now)], self.now)

    def remind(self):
        remind_due(now=self.now)

    def expire(self):
        expire_invitations(now=self.now)

    def wait(self, hours):
        self.now += dt.timedelta(hours=hours)

    def close(self, which):
        survey = Survey.objects.get(pk=self.surveys[which % 3].pk)
        act = close_survey if survey.state == "open" else reopen_survey
        act(survey, by=None, now=self.now)

    def reward(self, points):
        change_survey(self.surveys[0], points=points, by=None, now=self.now)

    # --- Answering ---

    def touch(self, some, number, agent):
        row = self.find_asked(some)
        if row:
            link = SurveyLink(row.pk, "rating", number) if number <= 10 else SurveyLink(row.pk)
            asked = [("HEAD", BROWSER), ("GET", ""), ("GET", BROWSER), ("GET", "Bot/1")]
            method, name = asked[agent]
            touch_link(link, method=method, agent=name, now=self.now)

    def press(self, some, code, value, by):
        row = self.find_asked(some)
        if row:
            raw = {"rating": str(value), "why": ("slow", "dear")[value % 2], "words": "Words"}[code]
            raw = [] if value == 11 else [raw]
            press = BY[by]
            taken = answer_question(row.pk, code, raw, press=press, now=self.now)
            self._note(row, code, None if not raw else int(raw[0]) if code == "rating" else raw[0],
                       press)  # fmt: skip
            assert dict(taken.progress.answers).keys() == self.accounts[row.pk].given.keys()

    def finish(self, some, by):
        row = self.find_asked(some)
        if row:
            finish_response(row.pk, press=BY[by], now=self.now)
            self._note(row, None, None, BY[by])

    def _note(self, row, code, value, press):
        """Only after a press that was taken."""
        account = self.accounts.setdefault(row.pk, Account())
        if not account.counts:
            account.actor = self._judge(row, press)
        if code:
            account.given.pop(code, None)
            if value is not None:
                account.given[code] = value
        way = find_way(account.given)
        account.given = {key: each for key, each in account.given.items() if key in way}
        is_last = code is None or code == way[-1]
        is_missing = "rating" not in account.given
        is_over = (is_last and not is_missing) or (account.is_complete and not is_missing)
        account.is_complete = is_over
        score = account.score
        if account.counts:
            named = not row.survey.is_anonymous
            account.was_low |= named and score is not None and score < LINE
            survey = Survey.objects.get(pk=row.survey_id)
            # What a budget has no points for stands as paid with none.
            pays = survey.points > 0 or survey.points_budget is not None
            account.is_paid |= account.is_complete and pays

    def _judge(self, row, press):
        if press.agent != Agent.BROWSER:
            return "machine"
        early = row.sent_at is None or (self.now - row.sent_at).total_seconds() < 60
        return "unknown" if early and press.visible_ms is None else "human"

    # --- People ---

    def merge(self, who, into):
        source, target = (Member.objects.get(pk=self.members[n % len(self.members)].pk)
                          for n in (who, into))  # fmt: skip
        merge_members(source, target, by=None, reason="One person", now=self.now)

    def unmerge(self, some):
        merge = self.find(some, MemberMerge.objects.filter(undo__isnull=True))
        if merge:
            undo_merge(merge, by=None, now=self.now)

    def erase(self, who):
        member = Member.objects.get(pk=self.members[who % len(self.members)].pk)
        gone = list(Invitation.objects.filter(member=member).values_list("pk", flat=True))
        erase_member(member, by=None, now=self.now)
        for pk in gone:
            if pk in self.accounts:
                self.accounts[pk].given.pop("words", None)

    def see_to(self, some, act):
        row = self.find(some, FollowUp.objects.all())
        if row is None:
            return
        facts = {"by": self.staff, "now": self.now}
        if act == 0:
            take_follow_up(row.pk, **facts)
        elif act == 1:
            reply_to_member(row.pk, f"Sorry {self.count}", **facts)
        elif act == 2:
            close_follow_up(row.pk, "Done", **facts)
        elif act == 3:
            reopen_follow_up(row.pk, **facts)
        else:
            add_note(row.pk, "Hm", **facts)
