"""Keys of spins: issued by the server, so that ten tabs of one member press the same spin."""

from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

_SALT = "rewards.spin"


@dataclass(frozen=True, slots=True)
class SpinKey:
    """The spin that a key is for: the ``counter``-th of this member at this wheel."""

    member_id: int
    wheel_id: int
    counter: int


def write_spin_key(key: SpinKey) -> str:
    return Signer(salt=_SALT).sign(f"{key.member_id}.{key.wheel_id}.{key.counter}")


def read_spin_key(text: str) -> SpinKey | None:
    """None where the club didn't issue it."""
    try:
        member_id, wheel_id, counter = Signer(salt=_SALT).unsign(text).split(".")
    except (BadSignature, ValueError):
        return None
    return SpinKey(int(member_id), int(wheel_id), int(counter))
