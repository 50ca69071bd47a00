"""What an automation begins with, and what each step does, as sentences."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.enums import StepKind, TriggerKind
from campaigns.models import AutomationVersion, Step
from campaigns.selectors.segments import BadDefinition, Wording, read_definition
from core.acts import name_act
from core.joining import join_comma
from members.enums import Channel
from members.models import Audience
from rewards.enums import PrizeKind
from rewards.models import Reward, Wheel
from rewards.selectors.wording import format_points


class StepWording:
    """Sentences of a version; what rewards, wheels and audiences are called is read once."""

    def __init__(self) -> None:
        self._rules = Wording()
        self._names: dict[tuple[Any, Any], str] = {}

    def say_trigger(self, version: AutomationVersion) -> str:
        """“When they join the club, if they are Gold”."""
        terms = version.terms
        begin = self._say_begin(version.trigger, terms)
        if only := terms.get("only"):
            return pgettext("automation", "%(begin)s, if %(rules)s") % {
                "begin": begin,
                "rules": self.say_rules(only),
            }
        return begin

    def say_step(self, step: Step) -> str:
        terms, mailing = step.terms, step.mailing
        if mailing is not None:
            return pgettext("automation", "%(channels)s: “%(name)s”") % {
                "channels": join_comma(str(Channel(each).label) for each in mailing.channels),
                "name": mailing.name_i18n,
            }
        match step.kind:
            case StepKind.WAIT:
                return self._say_wait(terms)
            case StepKind.CONDITION:
                return pgettext("automation", "Go on only if %(rules)s") % {
                    "rules": self.say_rules(terms["rules"])
                }
        return self._say_gift(terms)

    def say_rules(self, rules: Any) -> str:
        try:
            return self._rules.say_group(read_definition(rules))
        except BadDefinition:
            return pgettext("automation", "what can't be asked any more")

    def _say_begin(self, kind: str, terms: Mapping[str, Any]) -> str:
        match kind:
            case TriggerKind.ACTIVITY:
                return pgettext("automation", "When this happens: %(what)s") % {
                    "what": name_act(terms["kind"])
                }
            case TriggerKind.NOTICE:
                return pgettext("automation", "With this news for them: %(what)s") % {
                    "what": name_notice(terms["code"])
                }
            case TriggerKind.BIRTHDAY | TriggerKind.ANNIVERSARY:
                return self._say_day(kind, terms)
            case TriggerKind.AUDIENCE_IN:
                return pgettext("automation", "When they come into “%(audience)s”") % {
                    "audience": self._name(Audience, terms["audience"])
                }
            case TriggerKind.AUDIENCE_OUT:
                return pgettext("automation", "When they leave “%(audience)s”") % {
                    "audience": self._name(Audience, terms["audience"])
                }
            case TriggerKind.EXPIRING:
                return ngettext(
                    "When %(points)s or more expire within %(days)s day",
                    "When %(points)s or more expire within %(days)s days",
                    terms["days"],
                ) % {"points": format_points(terms["at_least"]), "days": terms["days"]}
            case TriggerKind.IN_REACH:
                return ngettext(
                    "When only %(count)s status credit or less is missing for the next tier",
                    "When only %(count)s status credits or less are missing for the next tier",
                    terms["missing"],
                ) % {"count": terms["missing"]}
        return ngettext(
            "When their last purchase was %(days)s day ago",
            "When their last purchase was %(days)s days ago",
            terms["days"],
        ) % {"days": terms["days"]}

    def _say_day(self, kind: str, terms: Mapping[str, Any]) -> str:
        values = {"days": terms["days_before"], "hour": format_hour(terms["hour"])}
        if kind == TriggerKind.BIRTHDAY:
            if not terms["days_before"]:
                return _("On their birthday, at %(hour)s where they live") % values
            return (
                ngettext(
                    "%(days)s day before their birthday, at %(hour)s where they live",
                    "%(days)s days before their birthday, at %(hour)s where they live",
                    terms["days_before"],
                )
                % values
            )
        if not terms["days_before"]:
            return _("On the anniversary of joining, at %(hour)s where they live") % values
        return (
            ngettext(
                "%(days)s day before the anniversary of joining, at %(hour)s where they live",
                "%(days)s days before the anniversary of joining, at %(hour)s where they live",
                terms["days_before"],
            )
            % values
        )

    def _say_wait(self, terms: Mapping[str, Any]) -> str:
        hour = format_hour(terms["hour"]) if "hour" in terms else ""
        if "from_day" in terms:
            return _say_from_day(terms["from_day"], hour)
        parts = []
        if terms["days"]:
            parts.append(ngettext("%(n)s day", "%(n)s days", terms["days"]) % {"n": terms["days"]})
        if terms["hours"]:
            parts.append(
                ngettext("%(n)s hour", "%(n)s hours", terms["hours"]) % {"n": terms["hours"]}
            )
        span = join_comma(parts)
        if not parts:
            return _("Wait until %(hour)s where they live") % {"hour": hour}
        if hour:
            return _("%(span)s after that, at %(hour)s where they live") % {
                "span": span,
                "hour": hour,
            }
        return _("%(span)s after that") % {"span": span}

    def _say_gift(self, terms: Mapping[str, Any]) -> str:
        match terms["prize"]:
            case PrizeKind.POINTS.value:
                what = format_points(terms["points"])
            case PrizeKind.SPINS.value:
                what = ngettext(
                    "%(count)s spin of “%(wheel)s”",
                    "%(count)s spins of “%(wheel)s”",
                    terms["spins"],
                ) % {"count": terms["spins"], "wheel": self._name(Wheel, terms["wheel"])}
            case _:
                what = self._say_reward(terms)
        if days := terms.get("days"):
            return ngettext(
                "Give %(what)s, good for %(days)s day",
                "Give %(what)s, good for %(days)s days",
                days,
            ) % {"what": what, "days": days}
        return pgettext("automation", "Give %(what)s") % {"what": what}

    def _say_reward(self, terms: Mapping[str, Any]) -> str:
        own = _("“%(reward)s” for free") % {"reward": self._name(Reward, terms["reward"])} if (
            "reward" in terms
        ) else ""  # fmt: skip
        if "viewed" not in terms:
            return own
        viewed = _("the reward they looked at most, up to %(points)s, for free") % {
            "points": format_points(terms["most_points"])
        }
        return _("%(first)s; else %(other)s") % {"first": viewed, "other": own} if own else viewed

    def _name(self, model: Any, key: Any) -> str:
        if (model, key) not in self._names:
            lookup = {"slug": key} if model is Audience else {"pk": key}
            found = model.objects.filter(**lookup).first()
            self._names[model, key] = found.name_i18n if found else "–"
        return self._names[model, key]


def _say_from_day(days: int, hour: str) -> str:
    if not days:
        return _("Wait until the day itself, at %(hour)s where they live") % {"hour": hour}
    if days < 0:
        return ngettext(
            "Wait until %(days)s day before that day, at %(hour)s where they live",
            "Wait until %(days)s days before that day, at %(hour)s where they live",
            -days,
        ) % {"days": -days, "hour": hour}
    return ngettext(
        "Wait until %(days)s day after that day, at %(hour)s where they live",
        "Wait until %(days)s days after that day, at %(hour)s where they live",
        days,
    ) % {"days": days, "hour": hour}


def format_hour(hour: int) -> str:
    return f"{hour}:00"


def name_notice(code: str) -> str:
    return str(dict(list_notices()).get(code, code))


def list_notices() -> list[tuple[str, Any]]:
    """The news that may begin an automation, in words."""
    return [
        ("tier_up", _("a higher tier")),
        ("tier_down", _("a lower tier")),
        ("tier_warning", _("the tier is in danger")),
        ("tier_decided", _("a tier given by the club")),
        ("reward_sent", _("a reward is on its way")),
        ("reward_lapsed", _("a reservation has ended")),
        ("reward_cancelled", _("the club cancelled a reward")),
        ("points_shared", _("points went towards a reward of the household")),
        ("stamp_card_full", _("a stamp card is full")),
        ("stamps_by_hand", _("stamps were given by hand")),
    ]
