"""Addresses by which an invitation is answered without a log-in. Pure: no models.

Whoever holds one may answer this invitation and nothing else; which answer a link stands for is
signed with it.
"""

from dataclasses import dataclass

from django.core.signing import BadSignature

from core.short_tokens import read_short, sign_short

_SALT = "surveys.link"
_TRAP = "x"


@dataclass(frozen=True, slots=True)
class SurveyLink:
    """What a token says. ``number`` is the answer to ``question`` (a code), which is "" where the
    link opens the survey alone. ``is_trap`` is the link that no person sees.
    """

    invitation_id: int
    question: str = ""
    number: int | None = None
    is_trap: bool = False


def sign_survey(invitation_id: int) -> str:
    """The path that opens the survey."""
    return f"/s/{make_token(invitation_id)}/"


def sign_answer(invitation_id: int, question_code: str, value: int) -> str:
    """The path of one answer: it is shown as chosen, and counts once somebody presses."""
    return f"/s/{sign_short(_SALT, f'{invitation_id}.{question_code}.{value}')}/"


def sign_trap(invitation_id: int) -> str:
    """The path of the link that lies hidden in a mail."""
    return f"/s/{sign_short(_SALT, f'{invitation_id}.{_TRAP}')}/"


def make_token(invitation_id: int) -> str:
    return sign_short(_SALT, str(invitation_id))


def read_link(token: str) -> SurveyLink:
    """Raises BadSignature for what is forged, cut off or of another purpose."""
    parts = read_short(_SALT, token).split(".")
    try:
        if len(parts) == 3:
            return SurveyLink(int(parts[0]), parts[1], int(parts[2]))
        if len(parts) == 2 and parts[1] == _TRAP:
            return SurveyLink(int(parts[0]), is_trap=True)
        if len(parts) == 1:
            return SurveyLink(int(parts[0]))
    except ValueError as error:
        raise BadSignature(_SALT) from error
    raise BadSignature(_SALT)
