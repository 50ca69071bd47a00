"""Themes of reviews, and the terms on which the club takes them."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from surveys.models import Review, ReviewTerms, Theme


@transaction.atomic
def set_themes(review: Review, themes: Collection[Theme], *, by: Any, now: dt.datetime) -> None:
    """What staff say it is about; these and no others."""
    before = set(review.themes.values_list("code", flat=True))
    after = {theme.code for theme in themes}
    if before == after:
        return
    review.themes.set(themes)
    changes = {"added": sorted(after - before), "removed": sorted(before - after)}
    record_audit("review.themes_set", review, by=by, now=now, changes=changes)


@transaction.atomic
def save_terms(terms: ReviewTerms, *, by: Any, now: dt.datetime) -> ReviewTerms:
    """What holds from now on; reviews that were published keep what they earned."""
    terms.pk = 1
    terms.flagged_words = sorted({word.strip() for word in terms.flagged_words if word.strip()})
    terms.save()
    facts = {"is_open": terms.is_open, "points": terms.points, "cap_points": terms.cap_points}
    record_audit("review_terms.changed", terms, by=by, now=now, changes=facts)
    return terms
