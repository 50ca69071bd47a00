"""Invitations: planned from what members did or on a date, released one per member, reminded once.

``planning`` writes them in sets; ``releasing`` decides whom to ask now and hands that on as
activities, which campaigns turn into messages; ``fates`` hears what became of those.
"""

from .fates import NOTICE, hear_fates
from .planning import follow_batch, plan_invitations, plan_rounds
from .releasing import INVITED, REMINDED, expire_invitations, release_due, remind_due

__all__ = [
    "INVITED",
    "NOTICE",
    "REMINDED",
    "expire_invitations",
    "follow_batch",
    "hear_fates",
    "plan_invitations",
    "plan_rounds",
    "release_due",
    "remind_due",
]
