"""What triggers and steps are told, read strictly: numbers, codes and definitions, never SQL."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.enums import StepKind, TriggerKind
from campaigns.selectors.segments import read_definition
from core.errors import DomainError
from members.models import Audience
from rewards.enums import PrizeKind
from rewards.models import Reward, Wheel

MOST_DAYS = 730
MOST_POINTS = 100_000
POINTS, REWARD, SPINS = PrizeKind.POINTS.value, PrizeKind.REWARD.value, PrizeKind.SPINS.value


class InvalidAutomation(DomainError):
    code = "invalid_automation"
    message = _("An automation has a name; “after some days” needs how many.")


class InvalidTrigger(DomainError):
    code = "invalid_trigger"
    message = _("What it begins with isn't complete: %(what)s.")


class InvalidStep(DomainError):
    code = "invalid_step"
    message = _("The step isn't complete: %(what)s.")


def read_trigger(kind: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a trigger, and nothing else. Raises InvalidTrigger, BadDefinition."""
    found: dict[str, Any]
    match kind:
        case TriggerKind.ACTIVITY:
            found = {"kind": _read_word(terms, "kind", InvalidTrigger, _("which activity"))}
        case TriggerKind.NOTICE:
            found = {"code": _read_word(terms, "code", InvalidTrigger, _("which news"))}
        case TriggerKind.BIRTHDAY | TriggerKind.ANNIVERSARY:
            found = {
                "hour": _read_number(terms, "hour", 0, 23, InvalidTrigger, _("which hour"), 9),
                "days_before": _read_number(
                    terms, "days_before", 0, 60, InvalidTrigger, _("how many days before"), 0
                ),
            }
        case TriggerKind.AUDIENCE_IN | TriggerKind.AUDIENCE_OUT:
            slug = _read_word(terms, "audience", InvalidTrigger, _("which audience"))
            audiences = Audience.objects.filter(slug=slug)
            if kind == TriggerKind.AUDIENCE_OUT:
                audiences = audiences.filter(segment__isnull=False)
            if not audiences.exists():
                raise InvalidTrigger(what=_("which audience"))
            found = {"audience": slug}
        case TriggerKind.EXPIRING:
            found = {
                "days": _read_number(terms, "days", 1, 365, InvalidTrigger, _("how many days"), 30),
                "at_least": _read_number(
                    terms, "at_least", 1, MOST_POINTS, InvalidTrigger, _("how many points"), 1
                ),
            }
        case TriggerKind.IN_REACH:
            found = {
                "missing": _read_number(
                    terms, "missing", 1, MOST_POINTS, InvalidTrigger, _("how many credits"), 100
                )
            }
        case TriggerKind.LAPSED:
            found = {
                "days": _read_number(
                    terms, "days", 1, MOST_DAYS, InvalidTrigger, _("how many days"), 60
                )
            }
        case _:
            raise InvalidTrigger(what=_("what it is"))
    if terms.get("only"):
        read_definition(terms["only"])
        found["only"] = terms["only"]
    return found


def read_step(kind: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a step, and nothing else. Raises InvalidStep, BadDefinition."""
    match kind:
        case StepKind.WAIT:
            return _read_wait(terms)
        case StepKind.CONDITION:
            if not terms.get("rules"):
                raise InvalidStep(what=_("which members"))
            read_definition(terms["rules"])
            return {"rules": terms["rules"]}
        case StepKind.MESSAGE:
            return {}
        case StepKind.GRANT:
            return _read_grant(terms)
    raise InvalidStep(what=_("what it does"))


def _read_wait(terms: Mapping[str, Any]) -> dict[str, Any]:
    hour = terms.get("hour")
    found: dict[str, Any] = {}
    if hour is not None:
        found["hour"] = _read_number(terms, "hour", 0, 23, InvalidStep, _("which hour"))
    if "from_day" in terms:
        # Days before (below zero) or after the day that it is all about.
        found["from_day"] = _read_number(
            terms, "from_day", -MOST_DAYS, MOST_DAYS, InvalidStep, _("how many days")
        )
        found.setdefault("hour", 9)
        return found
    found["days"] = _read_number(terms, "days", 0, MOST_DAYS, InvalidStep, _("how many days"), 0)
    found["hours"] = _read_number(terms, "hours", 0, 23, InvalidStep, _("how many hours"), 0)
    if not (found["days"] or found["hours"] or "hour" in found):
        raise InvalidStep(what=_("how long"))
    return found


def _read_grant(terms: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"prize": terms.get("prize")}
    days = terms.get("days")
    if days is not None:
        found["days"] = _read_number(terms, "days", 1, MOST_DAYS, InvalidStep, _("how many days"))
    match found["prize"]:
        case PrizeKind.POINTS.value:
            found["points"] = _read_number(
                terms, "points", 1, MOST_POINTS, InvalidStep, _("how many points")
            )
        case PrizeKind.REWARD.value:
            if terms.get("viewed"):
                # The reward they looked at most, if it costs no more than that.
                found["viewed"] = True
                found["most_points"] = _read_number(
                    terms, "most_points", 1, MOST_POINTS, InvalidStep, _("its highest price"), 500
                )
            if terms.get("reward") is not None:
                if not Reward.objects.filter(pk=terms["reward"]).exists():
                    raise InvalidStep(what=_("which reward"))
                found["reward"] = terms["reward"]
            if "reward" not in found and "viewed" not in found:
                raise InvalidStep(what=_("which reward"))
        case PrizeKind.SPINS.value:
            if not Wheel.objects.filter(pk=terms.get("wheel") or 0).exists():
                raise InvalidStep(what=_("which wheel"))
            found["wheel"] = terms["wheel"]
            found["spins"] = _read_number(terms, "spins", 1, 100, InvalidStep, _("how many spins"))
        case _:
            raise InvalidStep(what=_("what is given"))
    return found


def _read_word(terms, name, error, what) -> str:
    value = terms.get(name)
    if not isinstance(value, str) or not value or len(value) > 80:
        raise error(what=what)
    return value


def _read_number(terms, name, low, high, error, what, default=None) -> int:
    value = terms.get(name, default)
    if value is None and default is not None:
        value = default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise error(what=what)
    return value
