"""The builder of segments without JavaScript, and the page of each one."""

import datetime as dt
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Segment, SegmentPick
from campaigns.services.segments import build_segment, ensure_ready_segments, make_segment
from members.models import AudienceMember
from members.services.enrolment import create_member
from tests.campaigns.segment_club import fact


@pytest.fixture
def marketer(log_in):
    return log_in("marketer")


@pytest.fixture
def lee(programme, now):
    return create_member(now=now, source="desk", given_name="Lee", email="lee@example.com")


@pytest.fixture
def at_the_desk(lee, now):
    definition = {"all": [fact("members.source", "is", "desk")]}
    return make_segment(name="At the desk", definition=definition, by=None, now=now)


def url(name, *args):
    return reverse(f"admin:campaigns_segment_{name}", args=args)


ROOT = {"node:": "group", "kind:": "all"}


def fields(response):
    """Every field of the builder's form, as a browser would send it."""

    class Reader(HTMLParser):
        found, select, inside = [], None, False

        def handle_starttag(self, tag, attrs):
            attrs = dict(attrs)
            if tag == "form":
                self.inside = attrs.get("id") == "segment-form"
            if not self.inside:
                return
            if tag == "input" and "name" in attrs:
                if attrs.get("type") != "checkbox" or "checked" in attrs:
                    self.found.append((attrs["name"], attrs.get("value", "")))
            elif tag == "select":
                self.select, self.first = attrs["name"], None
            elif tag == "option" and self.select:
                if self.first is None:
                    self.first = attrs["value"]
                    self.found.append((self.select, self.first))
                if "selected" in attrs:
                    self.found.pop() if self.found[-1][0] == self.select else None
                    self.found.append((self.select, attrs["value"]))

        def handle_endtag(self, tag):
            if tag == "select":
                self.select = None

    reader = Reader()
    reader.feed(response.text)
    told = {}
    for name, value in reader.found:
        told.setdefault(name, []).append(value)
    return told


def test_built_by_plain_forms(marketer, lee, rules, clock):
    page = marketer.get(url("add"))
    assert "Complete the rules" in page.text
    # A rule about points; the page comes back with its operators and a value.
    form = fields(page) | {"about:0": ["attribute:points"], "act": ["update"]}
    page = marketer.post(url("add"), form)
    form = fields(page)
    assert form["op:0"] == ["gte"]
    assert form["number:0"] == ["1"]
    page = marketer.post(url("add"), form | {"number:0": ["0"], "act": ["add-group:"]})
    assert fields(page)["node:1-0"] == ["rule"]
    form = fields(page) | {"about:1-0": ["behaviour:purchases.bought"], "kind:1": ["none"]}
    page = marketer.post(url("add"), form)
    form = fields(page) | {"op:1-0": ["gte"], "number:1-0": ["2"], "window:1-0": ["ever"]}
    page = marketer.post(url("add"), form | {"act": ["add-rule:1"]})
    page = marketer.post(url("add"), fields(page) | {"act": ["remove:1-1"]})
    assert "not purchases ever: at least 2" in page.text
    assert ">1</strong>" in page.text
    assert "Lee" in page.text
    answer = marketer.post(url("add"), fields(page) | {"name": ["Waiting"], "act": ["save"]})
    segment = Segment.objects.get()
    assert answer["Location"] == url("change", segment.pk)
    assert segment.audience.name == "Waiting"
    assert segment.definition == {
        "all": [
            {"attribute": "points", "op": "gte", "value": 0},
            {"none": [{"behaviour": "purchases.bought", "measure": "count",
                       "window": {}, "op": "gte", "value": 2}]},
        ]
    }  # fmt: skip
    # Opened again, the form says the same.
    again = fields(marketer.get(url("rules", segment.pk))) | {"act": ["save"], "note": ["New"]}
    marketer.post(url("rules", segment.pk), again)
    before, definition = segment.definition, Segment.objects.get().definition
    assert (definition, Segment.objects.get().note) == (before, "New")


def test_every_ready_segment_survives_the_form(marketer, rules, clock, now):
    """What the builder shows of a definition, and reads back, is the definition."""
    for segment in ensure_ready_segments(by=None, now=now):
        form = fields(marketer.get(url("rules", segment.pk))) | {"act": ["save"]}
        assert marketer.post(url("rules", segment.pk), form).status_code == 302, segment.code
        # Nothing changed, so nothing was written.
        assert Segment.objects.get(pk=segment.pk).changed_by is None, segment.code


def test_mistakes_stand_at_their_rules_and_nothing_is_saved(marketer, lee, rules, clock):
    rule = {"node:0": "rule", "about:0": "attribute:points", "was:0": "attribute:points",
            "op:0": "gt", "number:0": "1 OR 1=1"}  # fmt: skip
    page = marketer.post(
        url("add"), ROOT | rule | {"act": "save", "name": "X", "schedule": "daily"}
    )
    assert page.status_code == 200
    assert "A whole number is needed." in page.text
    assert "1 OR 1=1" in page.text
    page = marketer.post(
        url("add"), ROOT | rule | {"number:0": "5", "act": "save", "schedule": "daily"}
    )
    assert "This field is required." in page.text
    # Forged places and codes of nothing lead nowhere.
    forged = {"node:9-9-9": "rule", "node:x": "rule", "node:0": "rule", "about:0": "attribute:nope"}
    for act in ("remove:7", "add-rule:5-5", "add-group:x", "remove:", "save:1", ""):
        assert marketer.post(url("add"), ROOT | forged | {"act": act}).status_code == 200
    assert Segment.objects.count() == 0


def test_page_shows_size_history_and_why(marketer, at_the_desk, lee, clock, now):
    page = marketer.get(url("change", at_the_desk.pk)).text
    assert "Waits for its rebuild" in page
    assert "Not built yet" in page
    build_segment(at_the_desk, by=None, now=now - dt.timedelta(days=1))
    create_member(now=now, source="web", given_name="Kim")
    build_segment(at_the_desk, by=None, now=now)
    page = marketer.get(url("change", at_the_desk.pk) + "?who=lee@example.com").text
    assert "Members with source of the record: “desk”." in page
    assert "The rules hold for Lee." in page
    assert "<polyline" in page
    page = marketer.get(url("change", at_the_desk.pk) + "?who=Kim").text
    assert "The rules don't hold for Kim." in page
    assert "more than one" in marketer.get(url("change", at_the_desk.pk) + "?who=Nobody").text
    listed = marketer.get(url("changelist")).text
    assert "At the desk" in listed
    assert "Up to date" in listed


def test_picked_by_hand_and_let_go(marketer, at_the_desk, lee, clock, now):
    build_segment(at_the_desk, by=None, now=now)
    told = {"members": "lee@example.com", "is_in": "no", "note": "Asked for peace"}
    marketer.post(url("pick", at_the_desk.pk), told)
    assert not AudienceMember.objects.filter(audience=at_the_desk.audience_id).exists()
    page = marketer.get(url("change", at_the_desk.pk)).text
    assert "Asked for peace" in page
    assert "Never in" in page
    assert (
        "Nobody, or more"
        in marketer.post(url("pick", at_the_desk.pk), told | {"members": "Xyz"}).text
    )
    marketer.post(url("drop_pick", at_the_desk.pk, lee.pk))
    assert SegmentPick.objects.count() == 0
    assert Segment.objects.get().wanted_at == now


def test_rebuild_is_asked_for_and_sent_to_a_worker(
    marketer, at_the_desk, clock, sent_tasks, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(url("build", at_the_desk.pk))
    assert sent_tasks == [("campaigns.tasks.build_segments", [])]


def test_list_asks_the_same_for_one_and_for_three(marketer, at_the_desk, clock, now):
    counts = []
    marketer.get(url("changelist"))  # what a process keeps is read once
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            marketer.get(url("changelist"))
        counts.append(len(queries))
        for name in ("A", "B"):
            make_segment(name=name, by=None, now=now)
    assert counts[0] == counts[1]


def test_what_needs_a_choice_asks_for_one(marketer, at_the_desk, clock):
    tree = {"node:": "group", "kind:": "all", "act": "update"}
    fact = {"node:0": "rule", "about:0": "attribute:tier", "was:0": "attribute:tier"}
    page = marketer.post(url("add"), {**tree, **fact, "op:0": "in"}).text
    assert "<span>Choose …</span>" in page
    deed = {"node:0": "rule", "about:0": "behaviour:campaigns.sent"}
    page = marketer.post(url("add"), {**tree, **deed}).text
    assert "<span>any</span>" in page


def test_clerk_sees_no_segment(clerk, at_the_desk):
    for name in ("change", "rules"):
        assert clerk.get(url(name, at_the_desk.pk)).status_code == 403
    assert clerk.post(url("pick", at_the_desk.pk), {}).status_code == 403
