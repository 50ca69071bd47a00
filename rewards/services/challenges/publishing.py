"""Challenges: written down, published as versions, ended."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.services.audit import record_audit
from core.words import key_of, list_columns, list_translations
from members.models import Audience
from rewards.enums import ChallengeMeasure, PrizeKind
from rewards.models import Challenge, ChallengeGate, ChallengeVersion, ProgrammeVersion
from rewards.registry import challenge_kinds

_WORDS = ("name", "description")
_FIELDS = frozenset(
    {*_WORDS, *(key_of(word, each) for word in _WORDS for each in list_translations()),
     "slug", "motif", "position"}
)  # fmt: skip
TERMS = (
    "activity_kind", "measure", "count_by", "distinct_of", "product_ids", "category_ids",
    "channel_ids", "store_ids", "minimum_amount", "day_limit", "target", "round_limit",
    "prize_kind", "prize_reward", "prize_points", "prize_amount", "prize_spin_count",
    "prize_wheel", "prize_days",
)  # fmt: skip
MAX_TARGET = 60  # stamps that a card can show


class InvalidChallenge(DomainError):
    code = "invalid_challenge"

    def __init__(self, message: Any, *, field: str = "", **params: Any):
        super().__init__(message, **params)
        self.field = field


class ChallengeEnded(DomainError):
    code = "challenge_ended"
    status = 409
    message = _("This stamp card has ended.")


@transaction.atomic
def create_challenge(
    *, slug: str, name: str, by: Any, now: dt.datetime, **fields: Any
) -> Challenge:
    """Without a version nobody sees it and nothing counts. Raises InvalidChallenge."""
    _check_fields(fields)
    if Challenge.objects.filter(slug=slug).exists():
        raise InvalidChallenge(_("Another stamp card has this code."), field="slug")
    challenge = Challenge(slug=slug, name=name, created_at=now, **fields)
    challenge.save(force_insert=True)
    record_audit("challenge.created", challenge, by=by, now=now, changes={"slug": slug})
    return challenge


@transaction.atomic
def change_challenge(
    challenge: Challenge, *, by: Any, now: dt.datetime, **fields: Any
) -> Challenge:
    """Set words, picture, place or code; terms are published as versions."""
    _check_fields(fields)
    kept = Challenge.objects.select_for_update().get(pk=challenge.pk)
    changed = [name for name, value in fields.items() if getattr(kept, name) != value]
    for name in changed:
        setattr(kept, name, fields[name])
    if changed:
        kept.save(update_fields=list_columns(Challenge, changed))
        record_audit("challenge.changed", kept, by=by, now=now, changes={"fields": sorted(changed)})
    return kept


@transaction.atomic
def publish_version(
    challenge: Challenge, *, starts_at: dt.datetime, ends_at: dt.datetime | None = None,
    audiences: Sequence[Audience], by: Any, now: dt.datetime, **terms: Any,
) -> ChallengeVersion:  # fmt: skip
    """Put a version into force for these audiences; it begins now or later.

    ``terms`` are the fields in ``TERMS``. Cards that were begun keep what they ask and give.
    Raises InvalidChallenge with the field that is wrong, or ChallengeEnded.
    """
    kept = Challenge.objects.select_for_update().get(pk=challenge.pk)
    version = build_version(kept, starts_at=starts_at, ends_at=ends_at, now=now, **terms)
    if kept.ended_at is not None:
        raise ChallengeEnded
    check_version(version, audiences, now=now)
    version.published_by = by
    version.save(force_insert=True)
    ChallengeGate.objects.bulk_create(
        ChallengeGate(version=version, audience=audience, opens_at=starts_at, closes_at=ends_at)
        for audience in audiences
    )
    record_audit(
        "challenge.published", version, by=by, now=now,
        changes={
            "challenge": kept.slug, "number": version.number, "target": version.target,
            "measure": str(version.measure), "prize": str(version.prize_kind),
            "starts_at": starts_at.isoformat(), "ends_at": ends_at and ends_at.isoformat(),
            "audiences": [audience.slug for audience in audiences],
        },
    )  # fmt: skip
    return version


def build_version(
    challenge: Challenge, *, starts_at: dt.datetime, ends_at: dt.datetime | None,
    now: dt.datetime, **terms: Any,
) -> ChallengeVersion:  # fmt: skip
    """Unsaved, as a preview needs it."""
    if unknown := set(terms) - set(TERMS):
        raise TypeError(f"no such terms: {sorted(unknown)}")
    newest = challenge.versions.order_by("-number").values_list("number", flat=True).first()
    return ChallengeVersion(
        challenge=challenge, number=(newest or 0) + 1, starts_at=starts_at, ends_at=ends_at,
        published_at=now, **terms,
    )  # fmt: skip


def check_version(
    version: ChallengeVersion, audiences: Sequence[Audience], *, now: dt.datetime
) -> None:
    """Raise InvalidChallenge where a version would mean nothing, or break a promise."""
    _check_span(version, now)
    if version.activity_kind not in challenge_kinds:
        raise InvalidChallenge(_("Choose what is done for a stamp."), field="activity_kind")
    if not audiences:
        raise InvalidChallenge(_("Choose for whom it counts."), field="audiences")
    if (version.measure == ChallengeMeasure.DISTINCT) != bool(version.distinct_of):
        raise InvalidChallenge(_("Say of what different ones are counted."), field="distinct_of")
    if version.measure == ChallengeMeasure.DISTINCT and version.day_limit is not None:
        raise InvalidChallenge(
            _("Different ones count once anyway: leave the limit a day empty."), field="day_limit"
        )
    if version.target < 1:
        raise InvalidChallenge(_("A card asks for one stamp at least."), field="target")
    if version.measure != ChallengeMeasure.SUM and version.target > MAX_TARGET:
        raise InvalidChallenge(
            _("A card has room for %(count)s stamps."), field="target", count=MAX_TARGET
        )
    _check_prize(version)
    before = version.challenge.versions.order_by("-number").first()
    if before is not None and (before.measure, before.distinct_of, before.activity_kind) != (
        version.measure, version.distinct_of, version.activity_kind
    ):  # fmt: skip
        raise InvalidChallenge(
            _("Begun cards count on in the same way: make another card for another way."),
            field="measure",
        )
    if not ProgrammeVersion.objects.exists():
        raise InvalidChallenge(_("The club has not published its programme yet."))


def _check_span(version: ChallengeVersion, now: dt.datetime) -> None:
    if version.starts_at < now:
        raise InvalidChallenge(
            _("It begins now or later: what was promised before stays."), field="starts_at"
        )
    if version.ends_at is not None and version.ends_at <= version.starts_at:
        raise InvalidChallenge(_("It ends after it began."), field="ends_at")
    if version.challenge.versions.filter(starts_at__gte=version.starts_at).exists():
        raise InvalidChallenge(
            _("A version that begins then or later exists already."), field="starts_at"
        )


def _check_prize(version: ChallengeVersion) -> None:
    worth = {
        PrizeKind.REWARD: version.prize_reward_id,
        PrizeKind.POINTS: version.prize_points,
        PrizeKind.CREDIT: version.prize_amount,
        PrizeKind.SPINS: version.prize_spin_count and version.prize_wheel_id,
    }
    if not worth.get(PrizeKind(version.prize_kind)):
        raise InvalidChallenge(_("Say what a full card gives."), field="prize_kind")
    reward = version.prize_reward
    if reward is not None and not reward.is_published:
        raise InvalidChallenge(
            _("This reward is not in the catalogue: publish it first."), field="prize_reward"
        )


@transaction.atomic
def end_challenge(challenge: Challenge, *, at: dt.datetime, by: Any, now: dt.datetime) -> Challenge:
    """From ``at`` on nothing counts any more; prizes of full cards stay. Raises ChallengeEnded."""
    kept = Challenge.objects.select_for_update().get(pk=challenge.pk)
    if kept.ended_at is not None:
        raise ChallengeEnded
    kept.ended_at = max(at, now)
    kept.save(update_fields=["ended_at"])
    record_audit(
        "challenge.ended", kept, by=by, now=now, changes={"ended_at": kept.ended_at.isoformat()}
    )
    return kept


def _check_fields(fields: dict[str, Any]) -> None:
    if unknown := set(fields) - _FIELDS:
        raise TypeError(f"no such fields: {sorted(unknown)}")
