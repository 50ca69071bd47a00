"""Templates in their closed room: what they may ask, and what they are refused."""

import datetime as dt
import time

import pytest

from campaigns.writing.errors import CannotFill, TooMuchWork, WordsRefused
from campaigns.writing.sandbox import HTML, TEXT

MEI = {
    "member": {"name": "Mei", "tier": "gold", "formal_name": None},
    "points": {"balance": 1204, "value": None, "expiring_on": dt.date(2026, 12, 31)},
    "products": [{"name": "Oolong"}, {"name": "Sencha"}],
}


@pytest.fixture(autouse=True)
def _kept_club(club):
    """Money and days are those of the club."""


def fill(source, context=MEI):
    return TEXT.read(source).fill(context)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ member.name }}", "Mei"),
        ("{{ points.balance }}", "1,204"),
        ("{{ points.balance | points }}", "1,204 points"),
        ("{{ points.balance | money }}", "$12.04"),
        ("{{ points.expiring_on }}", "Dec. 31, 2026"),
        ('{{ "2026-12-31" | date: "short" }}', "12/31/2026"),
        ('{{ "2026-03-10T19:00:00Z" | date: "time" }}', "noon"),
        ("{{ 5 | month }}", "May"),
        ('{{ points.value | default: "nothing" }}', "nothing"),
        ("{{ 7 | times: 3 | minus: 1 | divided_by: 2 }}", "10"),
        ("{{ 7.126 | round: 2 }}", "7.13"),
        ('{{ "a<b" | append: "!" | upcase }}', "A<B!"),
        ('{{ "a b" | url_encode }}', "a%20b"),
        ('{{ "oolong" | truncate: 4 }}', "ool…"),
        ("{% for each in products %}{{ each.name }}{{ forloop.index }} {% endfor %}",
         "Oolong1 Sencha2 "),
        ('{% if member.tier == "gold" and points.balance > 9 %}yes{% else %}no{% endif %}', "yes"),
        ("{% if points.value %}yes{% else %}no{% endif %}", "no"),
        ("{% case member.tier %}{% when 'gold' %}G{% else %}-{% endcase %}", "G"),
        ("{% assign total = points.balance | plus: 1 %}{{ total }}", "1,205"),
    ],
)  # fmt: skip
def test_values_are_shown_as_their_reader_writes_them(source, shown):
    assert fill(source) == shown


def test_html_escapes_values_and_words_alike():
    context = {"member": {"name": "<b>O'Neil & Co</b>"}}
    assert HTML.read("{{ member.name }}").fill(context) == (
        "&lt;b&gt;O&#39;Neil &amp; Co&lt;/b&gt;"
    )
    assert HTML.read('{{ club.phone | default: "<i>" }}').fill({}) == "&lt;i&gt;"


def test_what_is_not_known_has_a_word_or_tells_its_name():
    assert fill("{{ member.formal_name }}") == "member"
    assert fill("{{ member.formal_name | upcase }}") == "MEMBER"
    with pytest.raises(CannotFill) as refused:
        fill("{{ points.value }}")
    assert refused.value.variable == "points.value"


@pytest.mark.parametrize(
    "source",
    [
        "{{ member.user.password }}",
        "{{ member.__class__.__mro__ }}",
        '{{ member["__class__"] }}',
        "{{ member.name.__class__ }}",
        "{{ member.name.upper }}",
        "{{ settings.SECRET_KEY }}",
        "{{ request.user }}",
        "{{ member }}",
        "{{ products }}",
        "{{ _links }}",
    ],
)
def test_nothing_walks_out_of_the_context(source):
    with pytest.raises(CannotFill):
        fill(source, {**MEI, "member": {**MEI["member"], "tier": object()}})


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'settings.py' %}",
        "{% render '/etc/passwd' %}",
        "{% for i in (1..1000000000) %}x{% endfor %}",
        "{% if (1..1000000000) contains 5.5 %}{% endif %}",
        "{% assign all = (1..1000000000) %}",
        "{% capture all %}x{% endcapture %}",
        "{% liquid echo 'x' %}",
        "{{ member.name | base64_decode }}",
        "{{ member.name | safe }}",
        "{% if member.name %}" * 20 + "{% endif %}" * 20,
        "{% if member.name %}",
        "{{ member..name }}",
    ],
)
def test_what_is_not_in_the_room_is_refused_when_it_is_read(source):
    with pytest.raises(WordsRefused):
        TEXT.read(source)


_ROWS = {"rows": [0] * 900}
_LOOP = "{% for a in rows %}"


@pytest.mark.parametrize(
    "source",
    [
        _LOOP * 3 + "x" + "{% endfor %}" * 3,
        (_LOOP + "{% if a == 1 %}{% endif %}{% endfor %}") * 2,
        "{% assign x = 'aaaaaaaaaa' %}"
        + "{% assign x = x | append: x | append: x | append: x %}" * 20,
        "{{ 'x' " + "| replace: 'x', 'xxxxxxxxxxxxxxxxxxxx' " * 12 + "}}",
        "{{ 9 " + "| times: 99999999 " * 40 + "}}",
        _LOOP + "y" * 2000 + "{% endfor %}",
    ],
    ids=["nested", "in a row", "doubling", "replacing", "numbers", "long"],
)
def test_endless_work_ends_soon(source):
    began = time.process_time()
    with pytest.raises(TooMuchWork):
        fill(source, _ROWS)
    assert time.process_time() - began < 2
