"""What surveys say of members, for segments: what they answered, how they scored, when they were
asked last. Only what a person confirmed counts; anonymous surveys tell of nobody.
"""

from functools import partial

from django.db.models import Count, Value
from django.utils.translation import gettext_lazy as _

from members import registry
from members.registry import Attribute, AttributeRows, Behaviour, Events, Filter, Measure
from surveys.enums import QuestionKind, ResponseActor
from surveys.models import Response, Survey

ASKED = _("Surveys")

# Along ``response_counting``; the newest of each member.
_LAST = f"""
    SELECT DISTINCT ON (r.member_id) r.member_id, {{value}}
    FROM surveys_response r {{joins}}
    JOIN surveys_survey s ON s.id = r.survey_id AND NOT s.is_anonymous
    WHERE r.actor = '{ResponseActor.HUMAN}' AND r.state IN ('begun', 'complete')
      AND r.started_at <= %s {{where}}
    ORDER BY r.member_id, r.started_at DESC, r.id DESC
"""
_DAYS_SINCE = """
    SELECT member_id, (%s::timestamptz::date - max(sent_at)::date)
    FROM surveys_invitation WHERE sent_at IS NOT NULL AND sent_at <= %s GROUP BY member_id
"""


def register_facts() -> None:
    for attribute in _ATTRIBUTES:
        registry.register_attribute(attribute)
    registry.register_behaviour(_ANSWERED)


def _build_last_nps(now):
    return AttributeRows(
        _LAST.format(
            value="a.number",
            joins="JOIN surveys_answer a ON a.response_id = r.id"
            " JOIN surveys_question q ON q.id = a.question_id"
            f" AND q.kind = '{QuestionKind.NPS}'",
            where="AND a.number IS NOT NULL",
        ),
        (now,),
    )


def _build_last_score(now):
    """In percent of the scale of the survey's main question."""
    return AttributeRows(
        _LAST.format(
            value="(r.score_permille + 5) / 10",
            joins="",
            where="AND r.score_permille IS NOT NULL",
        ),
        (now,),
    )


def _build_days_since_asked(now):
    return AttributeRows(_DAYS_SINCE, (now, now))


_ATTRIBUTES = (
    Attribute(
        "surveys.last_nps",
        _("Last answer to “would you recommend us?” (0 to 10)"),
        "number",
        build_rows=_build_last_nps,
        group=ASKED,
    ),
    Attribute(
        "surveys.last_score",
        _("Last score in a survey (0 to 100)"),
        "number",
        build_rows=_build_last_score,
        group=ASKED,
    ),
    Attribute(
        "surveys.days_since_asked",
        _("Days since the last message about a survey"),
        "number",
        build_rows=_build_days_since_asked,
        group=ASKED,
    ),
)


def _list_surveys():
    return [
        (str(pk), name)
        for pk, name in Survey.objects.filter(is_anonymous=False)
        .order_by("name")
        .values_list("pk", "name")
    ]


def _answered(filters):
    rows = Response.objects.counting().filter(survey__is_anonymous=False)
    if "survey" in filters:
        rows = rows.filter(survey__in=[int(each) for each in filters["survey"]])
    return Events(
        rows,
        at="started_at",
        measures={"count": partial(Count, Value(1))},
    )


_ANSWERED = Behaviour(
    "surveys.answered",
    _("answers to surveys"),
    _answered,
    group=ASKED,
    measures=(Measure("count", _("how often")),),
    filters=(Filter("survey", _("Survey"), _list_surveys),),
)
