"""What counts as writing to a member, and what keeps the club from it: each app tells its own."""

from .entries import Registry

contact_counters: Registry[str] = Registry("counter of messages")
promotion_holds: Registry[str] = Registry("hold of promotions")


def register_contact_counter(code: str, sql: str) -> None:
    """A SELECT of (member id, channel, moment), a row for each message that needed consent and was
    sent, or may have been. It is narrowed to some members and the last days from outside.
    """
    contact_counters.add(code, sql)


def register_promotion_hold(code: str, sql: str) -> None:
    """A SELECT of the ids of members who are to hear no promotion now: a complaint of theirs is
    open. It is narrowed to some members from outside.
    """
    promotion_holds.add(code, sql)
