"""Staff are told of rewards that run out, by the number that each reward sets."""

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rewards.models import Alert, Reward
from rewards.registry import AlertCheck, AlertWords, Shortage
from rewards.selectors.catalogue import list_low_stock, with_left

LOW, GONE = 80, 100  # thresholds, as the alerts know them


def _find_low_stock(now: dt.datetime) -> Sequence[Shortage]:
    rows = list_low_stock(now=now).values_list("pk", "left_count")
    return [Shortage(pk, GONE if left == 0 else LOW, {"left": left}) for pk, left in rows]


def _describe_low_stock(alerts: Sequence[Alert]) -> dict[int, AlertWords]:
    """What is left now, which may be less than when the alert was opened."""
    rewards = with_left(Reward.objects.all(), now=timezone.now())
    known = rewards.in_bulk([alert.subject_id for alert in alerts])
    words = {}
    for alert in alerts:
        reward = known.get(alert.subject_id)
        left = alert.facts.get("left", 0) if reward is None else reward.left_count or 0
        text = ngettext("%(count)s is left.", "%(count)s are left.", left) % {"count": left}
        url = reverse("admin:rewards_reward_change", args=[alert.subject_id])
        words[alert.pk] = AlertWords(
            reward.name if reward else "–", text if left else _("Sold out."), url
        )
    return words


LOW_STOCK = AlertCheck(
    "reward_stock",
    gettext_lazy("stock of a reward"),
    _find_low_stock,
    _describe_low_stock,
    "rewards.view_reward",
)
