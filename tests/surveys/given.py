"""Answers as they stand once somebody gave them, for the tests of results."""

import datetime as dt

import pytest

from members.services.logins import create_login
from members.services.roles import sync_roles
from surveys.models import Answer, Response

__all__ = ["answer", "office"]


@pytest.fixture
def answer(invite):
    """``answer(survey, {code: number or words or codes}, ...)``: a complete one of a person."""

    def make(survey, given, *, at, state="complete", actor="human", member=None, **fields):
        version = survey.versions.get(state="live")
        invitation = invite(survey, member, sent_at=at, state="answered", answered_at=at)
        response = Response.objects.create(
            invitation=invitation, survey=survey, version=version, member=invitation.member,
            state=state, actor=actor, started_at=at,
            completed_at=at if state == "complete" else None, closes_at=at + dt.timedelta(days=14),
            **fields,
        )  # fmt: skip
        for code, value in given.items():
            kind = "number" if isinstance(value, int) else "text"
            Answer.objects.create(
                response=response, question=version.questions.get(code=code),
                **({"choices": value} if isinstance(value, list) else {kind: value}),
            )  # fmt: skip
        return response

    return make


@pytest.fixture
def office(client, now, settings):
    """``office("marketer", ...)``: a browser in which somebody of these roles is logged in."""

    def log_in(*roles):
        settings.STAFF_MFA_WAIVED = True
        sync_roles(by=None, now=now)
        login = create_login(
            email=f"{roles[0]}@example.com", password="x-long-enough-9", display_name="Max",
            is_staff=True, roles=roles, by=None, now=now,
        )  # fmt: skip
        client.force_login(login)
        return client

    return log_in
