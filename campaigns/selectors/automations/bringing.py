"""What the trigger and the steps before a message bring along: what its words may be about."""

from collections.abc import Iterable

from campaigns.enums import StepKind, TriggerKind
from campaigns.models import Mailing, Step
from campaigns.variables import HAPPENINGS
from rewards.enums import PrizeKind

_GOODS = {"purchase", "store", "product", "products"}
# By the kind of what somebody did; one that isn't named here may bring anything.
_OF_ACTIVITIES: dict[str, set[str]] = {
    "signup": set(),
    "purchase": _GOODS,
    "amendment": _GOODS,
    "return": _GOODS,
    "redemption": {"reward", "voucher"},
    "donation": set(),
    "spin": {"reward", "voucher"},
    "view": {"reward", "product", "products"},
}
_ANYTHING = frozenset(HAPPENINGS)
_FACTS = "facts"  # numbers and days, which words ask for one by one


def list_brought(mailing: Mailing) -> frozenset[str]:
    """The groups of ``HAPPENINGS`` that are known of everybody who gets this message: of the
    newest version that holds it. Anything where no step does.
    """
    step = (
        Step.objects.filter(mailing=mailing)
        .select_related("version")
        .order_by("-version__number")
        .first()
    )
    if step is None:
        return _ANYTHING
    version = step.version
    if version.trigger == TriggerKind.NOTICE:
        return _ANYTHING  # each kind of news has facts of its own
    found = {_FACTS}
    if version.trigger == TriggerKind.ACTIVITY:
        found |= _OF_ACTIVITIES.get(version.terms["kind"], set(_ANYTHING))
    before = version.steps.filter(kind=StepKind.GRANT, position__lt=step.position)
    return frozenset(found | _list_given(before))


def _list_given(steps: Iterable[Step]) -> set[str]:
    prizes = {step.terms["prize"] for step in steps}
    return {"reward", "voucher"} if PrizeKind.REWARD in prizes else set()
