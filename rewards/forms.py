import datetime as dt

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from core.time import start_of
from members.selectors.club import get_club
from rewards.enums import Reason, Unit
from rewards.models import Transfer

ALL = "all"
_KINDS = {
    "earned": (_("Earned"), (Reason.EARN, Reason.GRANT)),
    "available": (_("Became available"), (Reason.RELEASE,)),
    "used": (_("Used"), (Reason.HOLD, Reason.CAPTURE, Reason.RESTORE)),
    "returned": (_("Returned"), (Reason.RETURN, Reason.REOPEN, Reason.OWE, Reason.REPAY)),
    "expired": (_("Expired or ended"), (Reason.EXPIRE, Reason.FORFEIT)),
    "club": (
        _("By the club"),
        (Reason.GRANT, Reason.DEDUCT, Reason.WRITE_OFF, Reason.MERGE, Reason.UNMERGE),
    ),
}
_date = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StatementFilter(django_filters.FilterSet):
    """Unit, kind and days of a statement; days are the club's. Points unless asked otherwise."""

    unit = django_filters.ChoiceFilter(
        label=_("Show"),
        choices=[(Unit.POINTS, _("Points")), (Unit.STATUS, _("Status credits")), (ALL, _("All"))],
        empty_label=None,
        method="filter_unit",
    )
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=[(code, label) for code, (label, _reasons) in _KINDS.items()],
        empty_label=_("Any"),
        method="filter_kind",
    )
    since = django_filters.DateFilter(label=_("From"), method="filter_since", widget=_date)
    until = django_filters.DateFilter(label=_("To"), method="filter_until", widget=_date)

    class Meta:
        model = Transfer
        fields = ["unit", "kind", "since", "until"]

    def __init__(self, data, *args, **kwargs):
        data = data.copy()
        data.setdefault("unit", Unit.POINTS)
        super().__init__(data, *args, **kwargs)

    def filter_unit(self, transfers, name, value):
        return transfers if value == ALL else transfers.filter(unit=value)

    def filter_kind(self, transfers, name, value):
        return transfers.filter(reason__in=_KINDS[value][1])

    def filter_since(self, transfers, name, value):
        return transfers.filter(effective_at__gte=start_of(value, get_club().zone))

    def filter_until(self, transfers, name, value):
        try:
            end = start_of(value + dt.timedelta(days=1), get_club().zone)
        except OverflowError:
            return transfers
        return transfers.filter(effective_at__lt=end)
