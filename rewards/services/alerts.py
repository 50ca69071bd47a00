"""Alerts for staff: what runs low, told once, closed by itself when it recovers."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.services.audit import record_audit
from members.models import User
from rewards.models import Alert, EarningRule
from rewards.registry import AlertCheck, AlertWords, Shortage, alert_checks
from rewards.selectors.wording import format_count

BUDGET_THRESHOLDS = (80, 95, 100)
_OPEN = """
    INSERT INTO rewards_alert (check_code, subject_id, threshold, facts, opened_at)
    SELECT %s, subject, threshold, facts, %s
    FROM unnest(%s::bigint[], %s::smallint[], %s::jsonb[]) AS found (subject, threshold, facts)
    ON CONFLICT DO NOTHING
"""
_CLOSE = """
    UPDATE rewards_alert SET closed_at = %s
    WHERE check_code = %s AND closed_at IS NULL AND (subject_id, threshold) NOT IN (
        SELECT * FROM unnest(%s::bigint[], %s::smallint[]))
"""


def look_for_alerts(*, now: dt.datetime) -> int:
    """Run every check; returns how many alerts were opened. Harmless twice or side by side."""
    return sum(_sync(check, now) for check in alert_checks)


@transaction.atomic
def _sync(check: AlertCheck, now: dt.datetime) -> int:
    found = list(check.find(now))
    subjects = [each.subject_id for each in found]
    thresholds = [each.threshold for each in found]
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [now, check.code, subjects, thresholds])
        facts = [json.dumps(dict(each.facts)) for each in found]
        cursor.execute(_OPEN, [check.code, now, subjects, thresholds, facts])
        return cursor.rowcount


@transaction.atomic
def note_alert(alert: Alert, *, by: User, now: dt.datetime) -> None:
    """Somebody has seen it and looks after it: it no longer stands on the first page."""
    noted = Alert.objects.filter(pk=alert.pk, noted_at__isnull=True).update(
        noted_at=now, noted_by=by
    )
    if noted:
        changes = {"check": alert.check_code, "number": alert.subject_id}
        record_audit("alert.noted", alert, by=by, now=now, changes=changes)


def list_crossed(thresholds: Iterable[int], rows: Iterable[tuple[int, int, int]]) -> list[Shortage]:
    """For rows of (subject, used, whole): one shortage for each threshold that is crossed."""
    return [
        Shortage(subject_id, threshold, {"used": used, "whole": whole})
        for subject_id, used, whole in rows
        for threshold in thresholds
        if whole and used * 100 >= threshold * whole
    ]


# --- Budgets of earning rules --------------------------------------------------------------------

_BUDGETS = """
    SELECT r.id, r.used_points, v.budget_points FROM rewards_earningrule r
    JOIN rewards_earningruleversion v ON v.rule_id = r.id
    WHERE v.budget_points IS NOT NULL AND v.starts_at <= %s
      AND (v.ends_at IS NULL OR v.ends_at > %s)
"""


def _find_used_budgets(now: dt.datetime) -> Sequence[Shortage]:
    with connection.cursor() as cursor:
        cursor.execute(_BUDGETS, [now, now])
        return list_crossed(BUDGET_THRESHOLDS, cursor.fetchall())


def _describe_budgets(alerts: Sequence[Alert]) -> dict[int, AlertWords]:
    rules = EarningRule.objects.in_bulk([alert.subject_id for alert in alerts])
    words = {}
    for alert in alerts:
        rule = rules.get(alert.subject_id)
        shown = {
            "used": format_count(alert.facts["used"]),
            "whole": format_count(alert.facts["whole"]),
        }
        text = _("%(used)s of %(whole)s points are given out.") % shown
        if alert.threshold >= 100:
            text = _("The budget of %(whole)s points is given out: the rule earns nothing.") % shown
        url = reverse("admin:rewards_earningrule_change", args=[alert.subject_id])
        words[alert.pk] = AlertWords(rule.name if rule else "–", text, url)
    return words


BUDGETS = AlertCheck(
    "rule_budget",
    gettext_lazy("budget of an earning rule"),
    _find_used_budgets,
    _describe_budgets,
    "rewards.view_earningrule",
)
