"""Alerts in words, for whom they may concern."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rewards.models import Alert
from rewards.registry import AlertWords, alert_checks


@dataclass(frozen=True, slots=True)
class ShownAlert:
    alert: Alert
    label: Any
    words: AlertWords


def list_open_alerts(user: Any, *, limit: int = 20) -> list[ShownAlert]:
    """Open alerts that nobody has noted yet, the most urgent of each thing; as many queries as
    there are checks with alerts, and one.
    """
    return describe_alerts(_find_highest(user, limit))


def _find_highest(user: Any, limit: int) -> list[Alert]:
    mine = [check.code for check in alert_checks if user.has_perm(check.permission)]
    waiting = Alert.objects.open().filter(noted_at__isnull=True, check_code__in=mine)
    highest: dict[tuple[str, int], Alert] = {}
    for alert in waiting.urgent_first()[: limit * 3]:
        highest.setdefault((alert.check_code, alert.subject_id), alert)
    return list(highest.values())[:limit]


def describe_alerts(alerts: Iterable[Alert]) -> list[ShownAlert]:
    """In the given order; one look-up for all alerts of a check."""
    alerts = list(alerts)
    words: dict[int, AlertWords] = {}
    for code in {alert.check_code for alert in alerts}:
        check = alert_checks.get(code)
        if check is not None:
            words.update(check.describe([each for each in alerts if each.check_code == code]))
    shown = []
    for alert in alerts:
        check = alert_checks.get(alert.check_code)
        label = check.label if check else alert.check_code
        shown.append(ShownAlert(alert, label, words.get(alert.pk, AlertWords("–", ""))))
    return shown
