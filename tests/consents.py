"""What members agreed to, for tests about something else."""

from members.enums import Channel, ConsentSource
from members.purposes import SENSITIVE
from members.services.consents import Answer, record_answers


def agree_to_details(member, now):
    """The club may keep sensitive details of the member."""
    answers = [Answer(SENSITIVE, Channel.ANY, True)]
    record_answers(member, answers, source=ConsentSource.PROFILE, by=member.user, now=now)
