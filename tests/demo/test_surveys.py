"""The demonstration's surveys: eight, in four languages, with a year of answers that could be."""

import datetime as dt

from django.db.models import Count

from loyalty_site.demo.follow_ups import read_words
from loyalty_site.demo.surveys import list_survey_codes, read_surveys
from members.models import Consent
from purchases.models import Purchase
from surveys.engine.path import find_path
from surveys.models import Answer, FollowUp, Invitation, Response, Survey
from surveys.selectors.versions import find_live, list_questions, read_asked, read_given
from tests.demo.test_catalogue import LANGUAGES


def test_comments_stand_in_each_language():
    for tone, words in read_surveys()["comments"].items():
        assert set(words) == set(LANGUAGES), tone
        assert all(len(texts) >= 3 for texts in words.values())


def test_eight_surveys_are_asked(larger_club):
    surveys = Survey.objects.filter(code__in=list_survey_codes())
    assert set(surveys.values_list("state", flat=True)) == {"open"}
    assert surveys.count() == len(list_survey_codes()) == 8
    assert all(find_live(survey) is not None for survey in surveys)
    counts = dict(Response.objects.counting().values_list("survey__code").annotate(Count("pk")))
    assert counts["after-purchase"] > 20
    assert counts["nps"] > 10
    assert set(counts) == set(list_survey_codes())


def test_answers_lie_on_the_way(larger_club):
    for survey in Survey.objects.all():
        questions = list_questions(find_live(survey))
        asked = read_asked(questions)
        kinds = {each.pk: each for each in questions}
        for response in survey.responses.prefetch_related("answers"):
            given = {
                kinds[each.question_id].code: read_given(kinds[each.question_id].kind, each)
                for each in response.answers.all()
            }
            assert set(given) <= set(find_path(asked, given)), (survey.code, given)


def test_nobody_is_asked_too_often_or_against_their_will(larger_club, now):
    sent = Invitation.objects.filter(sent_at__isnull=False).order_by("member_id", "sent_at")
    last = {}
    for row in sent.select_related("survey"):
        assert row.sent_at < now
        if row.member_id in last:
            quiet = dt.timedelta(days=row.survey.clock_days)
            assert row.sent_at >= last[row.member_id] + quiet
        last[row.member_id] = row.sent_at
    agreed = Consent.objects.filter(purpose="surveys", is_given=True).values("member_id")
    assert not sent.exclude(member_id__in=agreed).exists()
    assert Invitation.objects.filter(state="skipped", reason="clock").exists()


def test_what_was_asked_about_was_really_bought(larger_club):
    rows = Invitation.objects.filter(facts__has_key="purchase").values_list(
        "member_id", "facts__purchase"
    )
    bought = set(Purchase.objects.values_list("member_id", "pk"))
    assert rows
    assert set(rows) <= bought
    assert Response.objects.filter(store__isnull=False).exists()
    assert Answer.objects.exclude(text="").exists()


def test_follow_ups_stand_at_every_stage(larger_club, now):
    rows = FollowUp.objects.all()
    # In the small club of the tests the fourth low score may be missing.
    assert sorted(rows.values_list("state", flat=True))[-5:] in (
        ["closed", "open", "open", "open", "working"], ["closed", "open", "open", "working"],
    )  # fmt: skip
    assert rows.overdue(now).count() == 1
    assert rows.filter(response=None).count() == 1
    assert rows.get(state="closed").entries.filter(kind="reply").exists()
    for told in (read_words()["message"], read_words()["reply"]):
        assert set(told) == set(LANGUAGES)
