"""Words that try to be more than words: refused when they are kept, or only words after all."""

import pytest
from django.utils.translation import override

from campaigns.writing.compile import build_compiled
from campaigns.writing.errors import CannotFill, WordsRefused
from campaigns.writing.page import Links
from campaigns.writing.samples import build_example
from members.models import Club
from members.selectors.club import forget_club

pytestmark = pytest.mark.django_db


def compile_words(body, *, channel="email", subject="Spring", preheader=""):
    with override("en"):
        return build_compiled(
            channel=channel, subject=subject, preheader=preheader, body=body, locale="en",
            is_marketing=True, links=Links(),
        )  # fmt: skip


def fill(compiled, **more):
    return compiled.fill(build_example(compiled.variables) | more)


@pytest.mark.parametrize(
    "body",
    [
        "&#123;&#123; member.number &#125;&#125;",
        r"\{\{ member.number \}\}",
        "&#123;% _link zzz %&#125;",
        r"\{% if member.name %\}",
        "`&#123;`&#123;% for x in products %&#125;",
    ],
)
def test_brackets_of_liquid_that_come_by_a_back_door_are_refused(club, body):
    for channel in ("email", "on_site", "sms"):
        with pytest.raises(WordsRefused):
            compile_words(body, channel=channel)


def test_what_no_mail_can_hold_falls_out(club):
    """Pasted from presentations: a vertical tab ends XML, and with it the drawing of a mail."""
    odd = "a\x0bb\x01c\x1bd\ufffee\ud800f"
    compiled = compile_words(odd, subject="x\ufffey", preheader="p\ufffeq")
    rendered = fill(compiled)
    assert "abcdef" in rendered.html
    assert "abcdef" in rendered.text
    assert rendered.subject == "xy"
    Club.objects.update(name="Harbor\x0b Lane")
    forget_club()
    assert "Harbor Lane" in fill(compile_words("Hello.")).html


@pytest.mark.parametrize("tag", ["break", "continue"])
def test_a_tag_of_loops_outside_of_one_is_refused(club, tag):
    with pytest.raises(WordsRefused) as refused:
        compile_words("Hello.", subject=f"a {{% {tag} %}}")
    assert refused.value.field == "subject"


@pytest.mark.parametrize("word", ["NaN", "sNaN", "Infinity"])
def test_what_is_no_number_is_said_to_be_none(club, word):
    for does in ("plus: 1", "round", "points", "month", "modulo: 3", "divided_by: 2"):
        with pytest.raises(CannotFill):
            fill(compile_words(f"{{{{ '{word}' | {does} }}}}", channel="sms"))


@pytest.mark.parametrize(
    "url",
    [
        "https://[x", "https://", "https:///evil.example", "https://?a",
        "{{ member.name }}", "https://{{ member.name }}/a", "{{ club.url }}{{ member.name }}",
        "{{ club.url }}.evil.example/", "https://shop.example:{{ member.name }}@evil.example",
        "{{ reward.url | default: member.name }}", "{{ reward.url | append: member.name }}",
    ],
)  # fmt: skip
def test_nobody_but_the_club_says_whose_site_a_link_leads_to(club, url):
    with pytest.raises(WordsRefused):
        compile_words(f'{{% button "Go" "{url}" %}}')
    if "[" not in url:  # which Markdown escapes
        with pytest.raises(WordsRefused):
            compile_words(f"[a](<{url}>)")


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/{{ member.number }}?n={{ member.name | url_encode }}",
        "{{ reward.url }}", '{{ reward.url | default: "https://shop.example/" }}',
        "{{ club.url }}/rewards/?t={{ member.tier }}", "/rewards/",
    ],
)  # fmt: skip
def test_what_leads_to_a_site_is_a_link(club, url):
    compiled = compile_words(f"[a](<{url}>)")
    assert len(compiled.links) == 2  # the logo leads home
    assert "http" in fill(compiled).text


def test_an_address_without_a_scheme_stays_on_these_pages(club):
    compiled = compile_words('{% button "Go" "//evil.example/a" %}')
    assert "Go: http://localhost:8000//evil.example/a" in fill(compiled).text
