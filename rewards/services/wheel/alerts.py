"""Staff are told of a wheel whose draws stray from their odds, and of a day that has no seed."""

import datetime as dt
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rewards.models import Alert, Wheel, WheelDay, WheelVersion
from rewards.registry import AlertCheck, AlertWords, Shortage
from rewards.selectors.wheel_figures import list_alarming
from rewards.selectors.wording import format_count

_WHOLE = 100  # alerts count in percent of something that is gone; here it is the trust


def _find_strays(now: dt.datetime) -> Sequence[Shortage]:
    return [
        Shortage(
            each.version.pk, _WHOLE,
            {"draws": each.fit.draws, "chi_square": round(each.fit.statistic, 1)},
        )
        for each in list_alarming(now)
    ]  # fmt: skip


def _describe_strays(alerts: Sequence[Alert]) -> dict[int, AlertWords]:
    ids = [alert.subject_id for alert in alerts]
    versions = WheelVersion.objects.select_related("wheel").in_bulk(ids)
    words = {}
    for alert in alerts:
        version = versions.get(alert.subject_id)
        text = _("%(draws)s draws stray from the odds further than chance explains.") % {
            "draws": format_count(alert.facts.get("draws", 0))
        }
        url = reverse("admin:rewards_wheel_change", args=[version.wheel_id]) if version else ""
        words[alert.pk] = AlertWords(version.wheel.name_i18n if version else "–", text, url)
    return words


STRAYS = AlertCheck(
    "wheel_odds",
    gettext_lazy("draws of a wheel"),
    _find_strays,
    _describe_strays,
    "rewards.view_wheel",
)


def _find_unsealed(now: dt.datetime) -> Sequence[Shortage]:
    """Tomorrow has no seed while a wheel is turning: it would stand still."""
    turning = WheelVersion.objects.in_force(now).order_by("wheel_id").first()
    tomorrow = now + dt.timedelta(days=1)
    sealed = WheelDay.objects.kept().filter(starts_at__lte=tomorrow, ends_at__gt=tomorrow)
    if turning is None or sealed.exists():
        return []
    return [Shortage(turning.wheel_id, _WHOLE)]


def _describe_unsealed(alerts: Sequence[Alert]) -> dict[int, AlertWords]:
    wheels = Wheel.objects.in_bulk([alert.subject_id for alert in alerts])
    text = _("No seed is sealed for tomorrow: all wheels would stand still. Is a worker running?")
    return {
        alert.pk: AlertWords(
            wheels[alert.subject_id].name_i18n if alert.subject_id in wheels else "–",
            text,
            reverse("admin:rewards_wheel_changelist"),
        )
        for alert in alerts
    }


UNSEALED = AlertCheck(
    "wheel_seed",
    gettext_lazy("seeds of the wheels"),
    _find_unsealed,
    _describe_unsealed,
    "rewards.view_wheel",
)
