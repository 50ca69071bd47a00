"""The ready automations: their words in every language, and that each can be published."""

import re

import pytest
from django.conf import settings

from campaigns.models import Automation, Content, Message, Step
from campaigns.ready_automations import READY, read_letters
from campaigns.services.automations.drafting import enable_automation, publish_automation
from campaigns.services.automations.ready import ensure_ready_automations
from tests.campaigns.ways import *  # noqa: F403 (fixtures)
from tests.campaigns.ways import does

pytestmark = pytest.mark.django_db


def test_each_can_be_published_as_it_stands(club, programme, staff, now):
    """Which renders its words in four languages for members of every kind."""
    made = ensure_ready_automations(by=None, now=now)
    assert [each.slug for each in made] == [each.code for each in READY]
    for automation in made:
        publish_automation(automation, by=staff("owner"), now=now)
        assert not automation.is_enabled
    assert Step.objects.filter(kind="message", edition__frozen_at__isnull=False).count() == len(
        read_letters()
    )
    first = made[0]
    Automation.objects.filter(pk=first.pk).update(name="Our welcome")
    ensure_ready_automations(by=None, now=now)
    assert Automation.objects.count() == len(READY)
    assert Automation.objects.get(pk=first.pk).name == "Our welcome"


def test_letters_are_whole_in_every_language():
    """The same variables and blocks everywhere; no language is a copy of another."""
    languages = {code for code, _name in settings.LANGUAGES}
    for name, letter in read_letters().items():
        assert letter.keys() == languages, name
        held = {
            locale: sorted(set(re.findall(r"{{ ([\w.]+)|{% (\w+)", " ".join(words.values()))))
            for locale, words in letter.items()
        }
        greetings = {("member.greeting", ""), ("member.name", ""), ("club.name", "")}
        shared = [set(each) - greetings for each in held.values()]
        assert all(each == shared[0] for each in shared), (name, held)
        assert len({words["body"] for words in letter.values()}) == len(languages), name


def test_who_joins_is_welcomed_in_words_that_were_kept(club, programme, person, now):
    automation = ensure_ready_automations(by=None, now=now)[0]
    publish_automation(automation, by=None, now=now)
    enable_automation(automation, by=None, now=now)
    mei = person(locale="ja")
    does(mei, "signup", now)
    message = Message.objects.get(member=mei)
    words = Content.objects.get(edition=message.edition)
    assert message.state == "waiting"
    assert words.i18n["subject_ja"] == "{{ club.name }}へようこそ"
