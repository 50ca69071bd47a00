"""What members agreed to and took back, a download, and two who asked to be forgotten."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.utils import translation

from loyalty_site.demo.clock import awake
from loyalty_site.demo.data import read_words
from members.enums import Channel, ConsentSource, RequestSource
from members.models import Erasure, ErasureRequest, Member, User
from members.purposes import BIRTHDAY, NEWS, OFFERS, PROFILING, SURVEYS
from members.retention import get_policy
from members.services.consents import Answer, record_answers
from members.services.erasing import erase_member
from members.services.erasure import request_erasure
from members.services.exports import process_waiting_exports, request_export

_QUIET_DAYS = 60  # whoever is erased hasn't been seen for so long
_LETTER_READ = dt.timedelta(hours=5)  # ago, less the days to think again
_ASKED = dt.timedelta(days=2, hours=3)
_DOWNLOAD_ASKED = dt.timedelta(hours=3)
_DOWNLOAD_MADE_AFTER = dt.timedelta(seconds=40)

# (days ago, source, answers): given, taken back, given again.
_History = tuple[tuple[int, str, tuple[tuple[str, str, bool], ...]], ...]
_CAME_BACK: _History = (
    (210, ConsentSource.PROFILE, ((NEWS, Channel.EMAIL, True), (OFFERS, Channel.EMAIL, True),
                                  (PROFILING, Channel.ANY, True))),
    (96, ConsentSource.LINK, ((OFFERS, Channel.EMAIL, False),)),
    (12, ConsentSource.PROFILE, ((OFFERS, Channel.EMAIL, True),)),
)  # fmt: skip
_BY_LETTER: _History = (
    (300, ConsentSource.PAPER, ((NEWS, Channel.POST, True), (BIRTHDAY, Channel.POST, True))),
    (45, ConsentSource.COUNTER, ((NEWS, Channel.POST, False),)),
    (44, ConsentSource.PROFILE, ((NEWS, Channel.EMAIL, True), (SURVEYS, Channel.EMAIL, True))),
)
_HAD_ENOUGH: _History = (
    (320, ConsentSource.COUNTER, ((NEWS, Channel.SMS, True), (OFFERS, Channel.SMS, True))),
    (190, ConsentSource.PHONE, ((NEWS, Channel.ANY, False), (OFFERS, Channel.ANY, False))),
)
_JUST_NOW: _History = ((1, ConsentSource.PROFILE, ((NEWS, Channel.EMAIL, True),)),)
_HISTORIES = (_CAME_BACK, _BY_LETTER, _JUST_NOW, _HAD_ENOUGH)


def answer_consents(members: Sequence[Member], clerk: User, *, now: dt.datetime) -> None:
    """A history for each of ``members``, each in words of their own language."""
    for index, member in enumerate(members):
        for days, source, answers in _HISTORIES[index % len(_HISTORIES)]:
            moment = awake(now - dt.timedelta(days=days, hours=index + 1))
            if moment < member.joined_at:
                continue
            with translation.override(member.locale):
                record_answers(
                    member,
                    [Answer(*answer) for answer in answers],
                    source=source,
                    by=_find_writer(member, clerk, source),
                    now=moment,
                )


def _find_writer(member: Member, clerk: User, source: str) -> Any:
    if source == ConsentSource.PROFILE:
        return member.user
    return None if source == ConsentSource.LINK else clerk


def forget_by_letter(members: Sequence[Member], clerk: User, *, now: dt.datetime) -> Erasure | None:
    """Somebody without a login, long away, asked by letter; their days to think again are over."""
    long_ago = now - dt.timedelta(days=_QUIET_DAYS)
    away = Member.objects.active().unclaimed().filter(pk__in=[each.pk for each in members])
    away = away.filter(merges_in=None, household_places=None)
    away = away.annotate(last=Max("purchases__purchased_at"))
    member = away.filter(last__lt=long_ago).order_by("last", "pk").first()
    if member is None:
        return None
    asked_at = now - dt.timedelta(days=get_policy().erasure_wait_days) - _LETTER_READ
    request = request_erasure(
        member, by=clerk, source=RequestSource.STAFF, reason=read_words()["letter"], now=asked_at
    )
    _tell(request)
    return erase_member(member, by=None, source=request.source, now=now)


def ask_to_be_forgotten(member: Member, *, now: dt.datetime) -> ErasureRequest:
    """They may still think again."""
    request = request_erasure(member, by=member.user, now=now - _ASKED)
    _tell(request)
    return request


def _tell(request: ErasureRequest) -> None:
    """As if the letter had left: the demonstration writes to nobody."""
    told_at = request.requested_at + dt.timedelta(minutes=5)
    ErasureRequest.objects.filter(pk=request.pk).update(told_at=told_at)


def download_everything(member: Member, *, now: dt.datetime) -> None:
    """A finished download, open for a day. It writes a file: call it last."""
    asked_at = now - _DOWNLOAD_ASKED
    with translation.override(member.locale):
        request_export(member, by=member.user, now=asked_at)
    process_waiting_exports(now=asked_at + _DOWNLOAD_MADE_AFTER)
