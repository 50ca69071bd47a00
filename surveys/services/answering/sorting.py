"""What staff say answers in own words are about."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from core.services.audit import record_audit
from surveys.models import Response, Theme


@transaction.atomic
def set_answer_themes(
    response: Response, themes: Collection[Theme], *, by: Any, now: dt.datetime
) -> None:
    """These and no others; results count by them.

    In the audit trail an anonymous survey stands for its answers: the number of one tells when it
    came.
    """
    before = set(response.themes.values_list("code", flat=True))
    after = {theme.code for theme in themes}
    if before == after:
        return
    response.themes.set(themes)
    changes = {"added": sorted(after - before), "removed": sorted(before - after)}
    subject = response.survey if response.survey.is_anonymous else response
    record_audit("response.themes_set", subject, by=by, now=now, changes=changes)
