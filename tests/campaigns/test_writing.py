"""Words of a mailing: drawn, filled in, checked, frozen."""

import datetime as dt
import re
import time
from contextlib import suppress

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.html import parse_html
from django.utils.translation import override

from campaigns.enums import MailingKind
from campaigns.links import LINK, OPEN, UNSUBSCRIBE, read_signed
from campaigns.models import Content, Edition, Link, Mailing
from campaigns.selectors.contexts import MessageRow, build_contexts
from campaigns.services.editions import (
    NoWords,
    WordsNotReady,
    freeze_edition,
    get_draft,
    save_content,
)
from campaigns.variables import VARIABLES
from campaigns.writing.compile import (
    BrokenSubject,
    TooLargeMail,
    build_compiled,
    compile_content,
    fill_link,
)
from campaigns.writing.errors import CannotFill, WordsRefused
from campaigns.writing.findings import find_in_contents
from campaigns.writing.mail import break_lines, spell_signs
from campaigns.writing.markup import BLOCKS, TooLong
from campaigns.writing.page import Links
from campaigns.writing.samples import build_example
from members.models import AudienceMember, Member
from members.names import format_number
from members.services.enrolment import create_member
from tests.rewards.conftest import (  # noqa: F401 (fixtures)
    make_reward,
    make_rule,
    programme,
    rules,
    shop,
)
from tests.site.conformance import list_faults

LANGUAGES = ("en", "zh-hans", "zh-hant", "ja")
SITE = "http://localhost:8000"


@pytest.fixture
def mailing(club, now):
    return Mailing.objects.create(
        kind=MailingKind.CAMPAIGN, name="Spring", purpose="offers", channels=["email"],
        created_at=now,
    )  # fmt: skip


@pytest.fixture
def write(mailing, now):
    """``write(body="…", subject_ja="…")`` keeps the words of an e-mail."""

    def write(channel="email", variant="A", **words):
        words = {"subject": "Spring", "body": "Hello"} | words
        return save_content(
            mailing, channel=channel, variant=variant, words=words, by=None, now=now
        )

    return write


@pytest.fixture
def freeze(mailing, now):
    return lambda: freeze_edition(mailing, by=None, now=now)


def draw(body, *, locale="en", channel="email", **words):
    """The words filled in for an example; with ``message_id`` as a message."""
    message_id = words.pop("message_id", None)
    context = words.pop("context", {})
    with override(locale):
        compiled = build_compiled(
            channel=channel, subject=words.get("subject", "Spring"),
            preheader=words.get("preheader", ""), body=body, locale=locale,
            is_marketing=words.get("is_marketing", True), links=Links(),
        )  # fmt: skip
        example = build_example(compiled.variables)
    return compiled.fill({**example, **context, "message_id": message_id})


# --- Drawing ------------------------------------------------------------------------------------

EVERY_BLOCK = """# Two new roasts

{{ member.greeting }}, **bold** and [a link](https://example.org/a?b=1&c=2).

{% points %}

{% reward "coffee" %}

{% reward %}

{% voucher %}

{% product %}

{% products %}

{% faces %}

{% button "See & taste" "https://example.org/go" %}

{% button "This reward" reward.url %}

{% image "https://example.org/cup.jpg" "A cup" %}

{% if member.tier == "gold" %}
- gold *alone*
- and more
{% endif %}

{% audience "everyone" %}
For all.
{% endaudience %}

| what | points |
|---|---|
| cup | 60 |
"""


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_block_is_drawn_in_every_language_as_whole_html(club, locale):
    rendered = draw(EVERY_BLOCK, locale=locale, message_id=7, preheader="Two <of> them")
    assert set(re.findall(r"{% (\w+)", EVERY_BLOCK)) >= set(BLOCKS)
    for part in (rendered.html, rendered.text, rendered.subject):
        assert not re.search(r"{[{%]|%}|[\ue000-\uf8ff]|u{e00", part)
    assert f'lang="{ {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(locale, locale) }"' in (
        rendered.html
    )
    without_comments = re.sub(r"<!--.*?-->", "", rendered.html, flags=re.DOTALL)
    # Mail is laid out in tables with attributes that pages have left behind: that alone is let be.
    faults = [
        each
        for each in list_faults(without_comments, is_part=True)
        if not re.search(r"obsolete|align|border|cellpadding|cellspacing|bgcolor|style|role", each)
    ]
    assert faults == []
    assert "Two &lt;of&gt; them" in rendered.html
    assert "googleapis" not in rendered.html
    assert all(
        url.startswith((SITE, "https://")) for url in re.findall(r'src="(.*?)"', rendered.html)
    )


def test_mail_in_english_leaves_as_it_is(club):
    """ASCII in lines that every server takes: nothing of it is encoded on its way."""
    html = draw(EVERY_BLOCK, message_id=7, preheader="Two of them").html
    assert html.isascii()
    assert max(map(len, html.splitlines())) <= 998


def test_breaking_lines_and_spelling_signs_changes_nothing_that_is_read(club):
    row = '<p class="a" style="x">5 – 7 <b id="b">bold</b>, <a href="/c">linked</a>.</p>'
    html = f"<div>{row}{row.replace('–', 'to') * 30}</div>"
    drawn = break_lines(spell_signs(html))
    assert drawn.isascii()
    assert max(map(len, drawn.splitlines())) < 500
    assert parse_html(drawn) == parse_html(html)


def test_words_in_other_letters_and_styles_stay_as_they_are():
    for html in ("<p>ポイント</p>", "<style>a::after{content:'–'}</style>" + "<p>a</p>" * 40):
        assert spell_signs(html) == html


@pytest.mark.parametrize(
    "body", ["{{ member.number }}", "{% assign who = member %}{{ who.number }}"]
)
def test_member_is_known_by_part_and_as_a_whole(write, freeze, now, body):
    member = create_member(source="register", locale="en", now=now)
    content = write(body=body)
    freeze()
    compiled = compile_content(Content.objects.get(pk=content.pk), "en")
    row = MessageRow(7, member.pk, "en", {})
    contexts = build_contexts([row], compiled.variables, now=now)
    assert format_number(member.number) in compiled.fill(contexts[7]).text


def test_text_is_a_letter_of_its_own(club):
    body = (
        "## News\n\nDear {{ member.name }},\n\n- one\n- [two](https://example.org/2)\n\n"
        '{% button "Go" "https://example.org/go" %}\n\n1. first\n2. second\n\n> quoted'
    )
    assert draw(body).text == (
        "News\n--------------------\n\nDear Mei,\n\n- one\n- two (https://example.org/2)\n\n"
        "Go: https://example.org/go\n\n1. first\n2. second\n\n> quoted\n\n"
        "-- \nOur club\nYou get this because you asked Our club to write to you.\n"
        "Unsubscribe: #\nChoose what we write about: #\n"
    )


def test_links_of_a_message_are_signed_and_name_no_address(club):
    html = draw("[a](https://example.org/a) {{ member.name }}", message_id=7).html
    assert "example.org" not in html
    tokens = re.findall(rf'"{SITE}/m/((?:\w/)?)([\w.-]+?)(?:/|\.gif)"', html)
    read = {
        kind: {read_signed(token, purpose) for found, token in tokens if found == kind}
        for kind, purpose in (("", LINK), ("u/", UNSUBSCRIBE), ("o/", OPEN))
    }
    assert read == {
        "": {(7, 0), (7, 1), (7, 2)},
        "u/": {(7,)},
        "o/": {(7,)},
    }  # 0 is the trap


def test_service_mail_has_no_unsubscribing_and_no_pixel(club):
    rendered = draw("Hello", is_marketing=False, message_id=7)
    assert "/m/u/" not in rendered.html + rendered.text
    assert "/m/o/" not in rendered.html


def test_what_members_are_called_is_text_wherever_it_stands(club):
    nasty = '"><script>alert(1)</script>\r\nBcc: all@example.com'
    context = {"member": {"name": nasty, "greeting": nasty}}
    body = "{{ member.name }} [x](https://example.org/?q={{ member.name | url_encode }})"
    rendered = draw(body, subject="Hi {{ member.name }}", preheader="{{ member.name }}",
                    context=context)  # fmt: skip
    assert "<script" not in rendered.html
    assert rendered.subject == 'Hi "><script>alert(1)</script> Bcc: all@example.com'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% if member.tier %}\nopen", "has no other end"),
        ("a {% if member.tier %} b\n\nc {% endif %}", "has no other end"),
        ("{% endif %}", "has no other end"),
        ("inside {% points %} a line", "line of its own"),
        ("{% frobnicate %}", "There is no “frobnicate”"),
        ("{{ member.password }}", "There is no “member.password”"),
        ("{{ settings.SECRET_KEY }}", "There is no “settings.SECRET_KEY”"),
        ("{{ member.name", "has no partner"),
        ("{{ member.name | md5 }}", "no filter “md5”"),
        ('{% button "x" "javascript:alert(1)" %}', "is no address"),
        ('{% image "//elsewhere/x.png" %}', "is no address"),
        ("{% button %}", "wants more"),
        ("{% audience everyone %}\nx\n{% endaudience %}", "Name the audience"),
    ],
)
def test_words_that_cannot_be_used_are_refused_with_the_reason(write, body, said):
    with pytest.raises(WordsRefused, match=re.escape(said)):
        write(body=body)
    assert not Content.objects.exists()


def test_html_in_words_is_only_words_and_no_link_runs(club):
    html = draw("<script>x</script> <b>y</b> [z](javascript:alert)").html
    assert "&lt;script&gt;x&lt;/script&gt; &lt;b&gt;y&lt;/b&gt; [z](javascript:alert)" in html


def test_size_is_bounded_before_and_after(write):
    with pytest.raises(TooLong):
        write(body="x" * 10_000_000)
    with pytest.raises(TooLong):
        write(body="{{ member.name }}" * 500)
    with pytest.raises(TooLargeMail):
        write(body="\n\n".join(['{% reward "coffee" %}'] * 390))


@pytest.mark.parametrize("source", ["{{", "{%", "{% ", "{{ a ", "![", "[a](", "`a", "> ", "*a_ "])
def test_reading_takes_no_longer_than_the_text_is(club, source):
    began = time.process_time()
    with suppress(WordsRefused):
        draw((source * 60_000)[:60_000])
    assert time.process_time() - began < 5


def test_subject_is_one_line(write):
    with pytest.raises(BrokenSubject) as refused:
        write(subject="Spring\r\nBcc: all@example.com")
    assert refused.value.field == "subject"


def test_link_may_lead_nowhere_but_to_the_web(club):
    assert fill_link("{{ reward.url }}", {"reward": {"url": "https://a.example/x"}}) == (
        "https://a.example/x"
    )
    with pytest.raises(CannotFill):
        fill_link("{{ reward.url }}", {"reward": {"url": "javascript:alert(1)"}})


# --- Languages ----------------------------------------------------------------------------------


def test_language_without_words_falls_back_as_a_whole_and_says_so(write, freeze):
    points = "{{ points.balance | points }}"
    write(body=f"Hello {points}", body_ja=f"こんにちは {points}", subject_ja="春")
    content = freeze().contents.select_related("edition__mailing").get()
    context = {"points": {"balance": 1204}}
    found = {locale: compile_content(content, locale) for locale in LANGUAGES}
    assert {key: (each.locale, each.is_fallback) for key, each in found.items()} == {
        "en": ("en", False), "zh-hans": ("en", True), "zh-hant": ("en", True),
        "ja": ("ja", False),
    }  # fmt: skip
    assert found["ja"].fill(context).subject == "春"
    assert found["zh-hant"].fill(context).text.startswith("Hello 1,204 points")
    assert compile_content(content, "ja") is found["ja"]


def test_half_a_translation_is_found(write, mailing, freeze):
    write(body_ja="こんにちは", preheader="Now")
    contents = list(Content.objects.select_related("edition__mailing"))
    found = [(each.locale, each.stops, each.text) for each in find_in_contents(contents)]
    assert ("ja", True, "The subject is missing.") in found
    assert (
        "ja",
        False,
        "The preview line is missing: inboxes show the first words instead.",
    ) in found
    assert (
        "zh-hans", False, "Nothing written. Who reads this language gets it in English."
    ) in found  # fmt: skip
    with pytest.raises(WordsNotReady, match="日本語: The subject is missing"):
        freeze()


# --- Checks before sending ----------------------------------------------------------------------


def test_what_is_not_known_of_everybody_is_found_before_sending(write, freeze):
    write(
        body="{% if member.tier == 'gold' %}{{ tier.kept_until }}{% endif %} {{ tier.next_name }}"
    )
    with pytest.raises(WordsNotReady, match=re.escape("“tier.next_name: Next tier”")):
        freeze()
    write(body='{{ tier.next_name | default: "the top" }} {{ member.name }}')
    assert freeze().number == 1


def test_occasion_is_known_in_a_step_alone(write, freeze, mailing):
    write(body="{{ voucher.code }} {{ facts.days }}")
    with pytest.raises(WordsNotReady):
        freeze()
    Mailing.objects.filter(pk=mailing.pk).update(kind=MailingKind.STEP)
    assert freeze().frozen_at


def test_rewards_and_audiences_that_are_not_there_are_found(write, freeze):
    write(body='{% reward "nothing" %}\n\n{% audience "nobody" %}\nx\n{% endaudience %}')
    with pytest.raises(WordsNotReady) as refused:
        freeze()
    assert [each.text for each in refused.value.findings] == [
        "There is no audience “nobody”.", "There is no reward “nothing” on show.",
    ]  # fmt: skip


# --- Freezing -----------------------------------------------------------------------------------


def test_frozen_edition_keeps_its_links_and_its_words(write, freeze, mailing, now):
    with pytest.raises(NoWords):
        freeze()
    write(body="[a](https://example.org/a) [b](/rewards/)")
    write(variant="B", body="[b](/rewards/) [c](https://example.org/c)")
    first = freeze()
    assert list(first.links.order_by("number").values_list("number", "url")) == [
        (1, "https://example.org/a"), (2, f"{SITE}/rewards/"), (3, f"{SITE}/"),
        (4, "https://example.org/c"),
    ]  # fmt: skip
    assert freeze() == first
    assert get_draft(mailing).number == 2
    assert freeze() == first  # nothing new was written
    write(body="Anew")
    second = freeze()
    assert (second.number, second.contents.count(), first.contents.count()) == (2, 2, 2)
    assert first.contents.get(variant="A").body == "[a](https://example.org/a) [b](/rewards/)"


def test_database_refuses_to_change_what_was_frozen(write, freeze, mailing, now):
    write(body="[a](https://example.org/a)")
    edition = freeze()
    link = edition.links.first()
    changes = [
        lambda: Content.objects.update(body="Other"),
        lambda: Content.objects.all().delete(),
        lambda: Content.objects.create(edition=edition, channel="sms", body="More"),
        lambda: Link.objects.filter(pk=link.pk).update(url="https://elsewhere.example"),
        lambda: Link.objects.create(edition=edition, number=9, url="https://elsewhere.example"),
        lambda: Link.objects.all().delete(),
        lambda: Edition.objects.update(frozen_at=None),
        lambda: Edition.objects.filter(pk=edition.pk).delete(),
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    draft = get_draft(mailing)
    assert Content.objects.filter(edition=draft).update(body="Other") == 1


# --- Contexts -----------------------------------------------------------------------------------


def test_contexts_are_plain_and_take_as_many_queries_for_three_as_for_one(
    rules,  # noqa: F811
    shop,  # noqa: F811
    now,
    make_reward,  # noqa: F811
):
    for name in ("mei", "ken", "ada"):
        shop.buy(name, "350.00", on=dt.date(2025, 12, 1))
    make_reward(slug="coffee", price_points=60)
    members = list(Member.objects.order_by("pk"))
    wanted = frozenset(
        {"member.name", "member.tier", "tier.next_name", "points.balance", "points.value",
         "audiences.everyone", "rewards.coffee.name", "purchase.amount", "product.name",
         "voucher.code"}
    )  # fmt: skip

    def build(count):
        rows = [
            MessageRow(place, each.pk, "en", {"purchase": 1})
            for place, each in enumerate(members[:count])
        ]
        return build_contexts(rows, wanted, now=now)

    build(1)  # what the process keeps is kept
    counts = []
    for count in (1, 3):
        with CountingQueries() as queries:
            found = build(count)
        counts.append(queries.count)
    assert counts[0] == counts[1]
    assert [found[place]["points"]["balance"] for place in range(3)] == [350, 350, 350]
    assert found[0]["member"]["tier"] == "silver"
    assert (found[0]["tier"]["name"], found[0]["tier"]["next_name"]) == ("Silver", "Gold")
    assert found[0]["audiences"] == {"everyone": AudienceMember.objects.filter(
        member=members[0], audience__slug="everyone").exists()}  # fmt: skip
    assert found[0]["rewards"]["coffee"]["points"] == 60
    assert_plain(found)


def test_facts_open_nobody_elses_purchase(rules, shop, now):  # noqa: F811
    shop.buy("mei", "18.40", on=dt.date(2026, 3, 1))
    shop.buy("ken", "5.00", on=dt.date(2026, 3, 1))
    mei, ken = shop.member("mei"), shop.member("ken")
    pk = mei.purchases.get().pk
    rows = [
        MessageRow(place, each.pk, "en", {"purchase": pk}) for place, each in enumerate((mei, ken))
    ]
    found = build_contexts(rows, frozenset({"purchase.amount"}), now=now)
    assert found[0]["purchase"]["amount"] == "$18.40"
    assert found[1]["purchase"] is None


class CountingQueries:
    def __enter__(self):
        from django.test.utils import CaptureQueriesContext

        self.inner = CaptureQueriesContext(connection)
        self.inner.__enter__()
        return self

    def __exit__(self, *args):
        self.inner.__exit__(*args)
        self.count = len(self.inner)


def assert_plain(value):
    """Nothing in it that a path could walk out by."""
    if isinstance(value, dict):
        for each in value.values():
            assert_plain(each)
    elif isinstance(value, list):
        for each in value:
            assert_plain(each)
    else:
        assert type(value) in (str, int, bool, type(None), dt.date), repr(value)


@pytest.mark.parametrize(
    ("locale", "name"), [("en", "Mei"), ("ja", "Chenさん"), ("zh-hant", "Mei")]
)
def test_the_example_is_named_as_members_are(locale, name):
    with override(locale):
        assert build_example(frozenset())["member"]["name"] == name


def test_what_the_picker_puts_in_speaks_every_language():
    put_in = {path: variable.snippet for path, variable in VARIABLES.items()}
    assert put_in["member.name"] == "{{ member.name }}"
    assert put_in["tier.next_name"] == '{{ tier.next_name | default: "" }}'
    assert put_in["points.balance"] == "{{ points.balance }}"
