"""What stands above the taking of answers tells it here."""

import datetime as dt
from collections.abc import Callable

from members.registry import Registry

LowScoreListener = Callable[[int, dt.datetime], None]
low_score_listeners: Registry[LowScoreListener] = Registry("listener to low scores")


def register_low_score_listener(code: str, listen: LowScoreListener) -> None:
    """Call ``listen(invitation_id, now)`` in the transaction in which a person's answer fell below
    its survey's line; also when it is changed and still lies below. Never of an anonymous survey.
    """
    low_score_listeners.add(code, listen)


raised_score_listeners: Registry[LowScoreListener] = Registry("listener to raised scores")


def register_raised_score_listener(code: str, listen: LowScoreListener) -> None:
    """Call ``listen(invitation_id, now)`` in the transaction in which a person changed an answer
    that lay below its survey's line, and none does any more.
    """
    raised_score_listeners.add(code, listen)
