"""A survey that is asked and has a draft, for the addresses of the builder."""

from surveys.services.building import create_from_ready, open_draft, publish_survey, set_trigger

_SURVEY = "admin:surveys_survey_"


def builder_arguments(now):
    survey = create_from_ready("satisfaction", by=None, now=now)
    publish_survey(survey, by=None, now=now)
    open_draft(survey, by=None, now=now)
    trigger = set_trigger(survey, event="purchase", by=None, now=now)
    pages = (
        "rules", "words", "act", "add_trigger", "add_score", "preview", "results", "results_csv",
        "results_xlsx", "results_answers", "results_themes",
    )  # fmt: skip
    return {
        **{f"{_SURVEY}{page}": [survey.pk] for page in pages},
        f"{_SURVEY}results_part": [survey.pk, "steps", "csv"],
        f"{_SURVEY}trigger": [survey.pk, trigger.pk],
        f"{_SURVEY}add_question": [survey.pk, "text"],
        f"{_SURVEY}question": [survey.pk, "quality"],
        f"{_SURVEY}question_act": [survey.pk, "quality"],
        f"{_SURVEY}score": [survey.pk, "satisfaction"],
    }
