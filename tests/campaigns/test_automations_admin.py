"""The back office of automations: written step by step, published, and everybody's way told."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from campaigns.models import Automation, Journey, Step
from campaigns.services.automations.drafting import change_step
from campaigns.services.automations.mailings import MailingTerms
from campaigns.services.automations.ready import ensure_ready_automations
from campaigns.services.automations.running import run_due_journeys
from campaigns.services.editions import save_content
from campaigns.services.segments import make_segment
from members.services.audiences import ensure_audience
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import DAY, MESSAGE, does, only_in, wait

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:campaigns_automation_{name}", args=args)


@pytest.fixture
def desk(client, staff):
    client.force_login(staff("manager"))
    return client


def test_an_automation_is_written_without_scripts(desk, club, now):
    made = desk.post(page("draft"), {
        "name": "Welcome", "reentry": "never", "freshness_hours": "48",
        "trigger": "activity", "kind": "signup", "is_in": "1",
    })  # fmt: skip
    automation = Automation.objects.get()
    assert made.url == automation.get_absolute_url()
    desk.post(page("add_step", automation.pk, "wait"), {"days": "2", "hour": "10"})
    desk.post(page("add_step", automation.pk, "message"), {
        "name": "Thank you", "purpose": "service", "channels": ["email"], "stale_after_hours": "48",
    })  # fmt: skip
    _first, second = Step.objects.order_by("position")
    desk.post(page("step_act", automation.pk, second.key), {"act": "up"})
    desk.post(page("step_act", automation.pk, second.key), {"act": "down"})
    words = {"subject": "Thank you", "body": "Hello."}
    desk.post(page("act", automation.pk), {"act": "publish"})
    assert automation.versions.get().is_draft
    save_content(second.mailing, channel="email", words=words, by=None, now=now)
    desk.post(page("act", automation.pk), {"act": "publish"})
    desk.post(page("act", automation.pk), {"act": "enable"})
    automation.refresh_from_db()
    assert automation.is_enabled
    shown = desk.get(automation.get_absolute_url()).text
    assert "When this happens:" in shown
    assert "2 days after that, at 10:00 where they live" in shown
    assert "E-mail: “Thank you”" in shown


def test_ready_ones_are_listed_and_found_in_the_readers_language(desk, club, now):
    ensure_ready_automations(by=None, now=now)
    desk.cookies["django_language"] = "ja"
    address = reverse("admin:campaigns_automation_changelist")
    welcome = Automation.objects.get(slug="welcome")
    letter = welcome.versions.get().steps.order_by("position").first().mailing
    with override("ja"):
        name, label = welcome.name_i18n, letter.name_i18n
    assert name != welcome.name
    assert label != letter.name
    assert name in desk.get(address).text
    found = desk.get(address, {"q": name}).text
    assert f"/{welcome.pk}/change/" in found
    assert label in desk.get(welcome.get_absolute_url()).text


def test_a_form_says_what_is_missing(desk, club):
    answer = desk.post(page("draft"), {
        "name": "Birthday", "reentry": "every", "freshness_hours": "48", "trigger": "enters",
    })  # fmt: skip
    assert answer.status_code == 422
    assert "which audience" in answer.text
    assert not Automation.objects.exists()


def test_why_did_or_didnt_she_get_it(desk, automate, person, now):
    ensure_audience("friends", kind="list", name="Friends")
    automation = automate(
        "activity", {"kind": "signup"}, MESSAGE, wait(days=1), only_in("friends"), MESSAGE
    )
    anna, ben, old = person(given_name="Anna"), person(given_name="Ben"), person(given_name="Old")
    does(anna, "signup", now)
    run_due_journeys(now=now + DAY)
    path = page("path", automation.pk)
    anna_page = desk.get(path, {"member": anna.pk}).text
    assert "E-mail: Waiting" in anna_page
    assert "Left here: The condition did not hold" in anna_page
    assert (
        "What it begins with has never happened to them." in desk.get(path, {"member": ben.pk}).text
    )
    does(old, "signup", now - 5 * DAY, now=now)
    assert (
        "When the club heard of it, it was too long ago." in desk.get(path, {"member": old.pk}).text
    )
    assert anna.given_name in desk.get(path, {"q": anna.email}).text


def test_lists_and_pages_ask_as_much_for_many_as_for_few(
    desk, automate, person, now, django_assert_max_num_queries
):
    for number in range(3):
        automate("activity", {"kind": "signup"}, MESSAGE, name=f"Welcome {number}")
    does([person(), person()], "signup", now)
    assert Journey.objects.count() == 6
    with django_assert_max_num_queries(25):
        shown = desk.get(page("changelist")).text
    assert shown.count("Welcome ") >= 3
    with django_assert_max_num_queries(30):
        desk.get(Automation.objects.first().get_absolute_url())


def test_a_condition_is_written_in_the_step(desk, automate, person, staff, now):
    gold = make_segment(
        name="Keen", definition={"all": [{"attribute": "members.has_login", "op": "yes"}]},
        by=staff("owner"), now=now,
    )  # fmt: skip
    automation = automate("activity", {"kind": "signup"}, MESSAGE)
    add = page("add_step", automation.pk, "if")
    assert "Go on only if" in desk.get(add).text
    # Not whole: the builder says so, and nothing is kept.
    incomplete = desk.post(add, {"act": "save", "node:": "group", "node:0": "rule"})
    assert "Complete the rules" in incomplete.text
    taken = desk.post(add, {"act": "take", "audience": gold.audience_id, "node:": "group"}).text
    assert 'value="attribute:members.has_login" selected' in taken
    rule = {
        "act": "save", "node:": "group", "kind:": "all", "node:0": "rule",
        "about:0": "behaviour:campaigns.clicked", "was:0": "behaviour:campaigns.clicked",
        "measure:0": "count", "op:0": "gte", "number:0": "1", "window:0": "last", "span:0": "7",
    }  # fmt: skip
    answer = desk.post(add, rule)
    assert answer.url == automation.get_absolute_url()
    step = Step.objects.get(kind="if")
    assert step.version.is_draft
    assert step.terms["rules"]["all"][0]["behaviour"] == "campaigns.clicked"
    desk.post(page("step", automation.pk, step.key), rule | {"number:0": "2"})
    step.refresh_from_db()
    assert step.terms["rules"]["all"][0]["value"] == 2
    shown = desk.get(page("step", automation.pk, step.key)).text
    assert 'value="behaviour:campaigns.clicked" selected' in shown


def test_a_draft_is_dropped_and_who_is_on_the_way_goes_on(desk, automate, person, now):
    automation = automate("activity", {"kind": "signup"}, wait(days=1), MESSAGE)
    does(person(given_name="Anna"), "signup", now)
    run_due_journeys(now=now)
    live = automation.versions.get()
    desk.post(page("act", automation.pk), {"act": "drop"})
    assert automation.versions.get() == live
    desk.post(page("step_act", automation.pk, live.steps.last().key), {"act": "remove"})
    assert automation.versions.count() == 2
    assert "Drop the draft" in desk.get(automation.get_absolute_url()).text
    answer = desk.post(page("act", automation.pk), {"act": "drop"}, follow=True)
    assert "The draft is dropped." in answer.text
    assert "Drop the draft" not in answer.text
    assert (automation.versions.get(), live.steps.count()) == (live, 2)
    assert Journey.objects.get().version == live


def test_another_name_leaves_no_translation_of_the_old_one(desk, club, now):
    ensure_ready_automations(by=None, now=now)
    welcome = Automation.objects.get(slug="welcome")
    form = {"name": "Hello", "note": welcome.note, "reentry": "never", "freshness_hours": "48"}
    assert desk.post(page("terms", welcome.pk), form).status_code == 302
    welcome.refresh_from_db()
    with override("ja"):
        assert welcome.name_i18n == "Hello"
        assert welcome.note_i18n != welcome.note


def test_words_of_an_older_version_are_only_looked_at(desk, automate, club, now):
    automation = automate("activity", {"kind": "signup"}, MESSAGE)
    step = automation.versions.get().steps.get()
    words = reverse("admin:campaigns_mailing_words", args=[step.mailing_id])
    told = {"subject": "Other", "body": "Other."}
    assert desk.post(words, told).status_code == 302  # begins a draft of these
    change_step(
        automation, step.key, mailing=MailingTerms(name="Hello", purpose="news"), by=None, now=now
    )
    assert desk.post(words, told).status_code == 403
    assert "Of an older version" in desk.get(words).text
    newest = automation.versions.latest("number").steps.get().mailing
    own = reverse("admin:campaigns_mailing_words", args=[newest.pk])
    assert "Other." in desk.get(own).text
    assert desk.post(own, told | {"body": "Third."}).status_code == 302
