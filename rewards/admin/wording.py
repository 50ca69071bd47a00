"""Rule versions in short phrases, as staff read them: what members read, and the rest."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.joining import join_comma
from core.time import day_of
from members.models import Audience
from members.selectors.club import get_club
from purchases.models import Category, Channel, Product, Store
from rewards.enums import RuleKind
from rewards.models import EarningRuleVersion
from rewards.selectors.ways import describe_gift, list_conditions
from rewards.selectors.wording import format_count

_NAMES = (
    ("category_names", "category_ids", Category),
    ("product_names", "product_ids", Product),
    ("store_names", "store_ids", Store),
    ("channel_names", "channel_ids", Channel),
    ("audience_names", "audience_ids", Audience),
)


def describe_versions(
    versions: Iterable[EarningRuleVersion], *, now: dt.datetime
) -> list[tuple[EarningRuleVersion, list[str]]]:
    """Each version with its phrases; names are looked up once for all of them."""
    versions = list(versions)
    for label, column, model in _NAMES:
        wanted = {pk for version in versions for pk in getattr(version, column)}
        names = {row.pk: str(row) for row in model.objects.filter(pk__in=wanted)} if wanted else {}
        for version in versions:
            own = [names.get(pk, f"#{pk}") for pk in getattr(version, column)]
            setattr(version, label, sorted(own))
    club = get_club()
    today = day_of(now, club.zone)
    return [
        (
            version,
            [
                describe_gift(version, club.currency),
                *list_conditions(version, club.currency, today, club.zone),
                *_list_more(version),
            ],
        )
        for version in versions
    ]


def _list_more(version):
    if version.audience_names:
        yield _("for %(audiences)s") % {"audiences": join_comma(version.audience_names)}
    if version.kind == RuleKind.MULTIPLIER:
        yield version.get_combine_display()
    yield version.get_stacking_display()
    if version.budget_points is not None:
        budget = format_count(version.budget_points)
        yield _("budget of %(points)s points") % {"points": budget}
