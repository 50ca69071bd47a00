"""Reservations as the tests of the ledger make them: a cause of their own, named by a text."""

import zlib

from rewards.engine.book import Cause
from rewards.services import holding


def hold_points(member, points, *, key, now) -> Cause:
    cause = ("test", zlib.crc32(key.encode()))
    holding.hold_points(member, points, cause=cause, now=now)
    return cause


def capture_hold(hold, *, now):
    holding.capture_points(hold, now=now)


def cancel_hold(hold, *, by_club=False, now):
    holding.release_points(hold, by_club=by_club, now=now)


def refund_hold(hold, points=None, *, by_club=False, now):
    holding.refund_points(hold, points, by_club=by_club, now=now)
