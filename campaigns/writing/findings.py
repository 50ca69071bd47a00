"""What is wrong with words, or worth knowing, found before anything is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from campaigns.channels.chat import find_excess
from campaigns.enums import MailingKind
from campaigns.models import Content
from campaigns.selectors.automations.bringing import list_brought
from campaigns.variables import VARIABLES
from campaigns.writing.compile import (
    CLIP_HTML,
    Compiled,
    get_words,
    has_words,
    list_languages,
    try_content,
)
from campaigns.writing.errors import CannotFill, TooMuchWork, WordsRefused
from campaigns.writing.page import Links
from campaigns.writing.samples import list_samples
from core.joining import join_comma, join_label
from members.enums import Channel
from members.models import Audience
from rewards.models import Reward, Tier

MAX_SUBJECT = 60  # characters that most inboxes show


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence for who writes. What ``stops`` must be mended before anything is sent."""

    text: str
    stops: bool
    locale: str
    channel: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return join_label(get_language_info(self.locale)["name_local"], self.text)


@dataclass(frozen=True, slots=True)
class World:
    """What words may name: asked once for all of them."""

    tiers: dict[str, str]
    rewards: set[str]
    audiences: set[str]


def read_world() -> World:
    return World(
        tiers={tier.slug: tier.name_i18n for tier in Tier.objects.order_by("rank")},
        rewards=set(Reward.objects.published().values_list("slug", flat=True)),
        audiences=set(Audience.objects.values_list("slug", flat=True)),
    )


def find_in_contents(contents: Sequence[Content]) -> list[Finding]:
    """Of all words of an edition."""
    world = read_world()
    links = Links()
    return [found for content in contents for found in find_in_content(content, world, links)]


def find_in_content(content: Content, world: World, links: Links) -> Iterator[Finding]:
    """Each language rendered for each sample; those that stop come as they are met."""
    where = {"channel": content.channel, "variant": content.variant}
    for locale in list_languages(content):
        for text, stops in _look_at(content, locale, world, links):
            yield Finding(text, stops, locale, **where)
    own = get_language_info(settings.LANGUAGE_CODE)["name_local"]
    for locale, _name in settings.LANGUAGES:
        if not has_words(content, locale):
            text = _("Nothing written. Who reads this language gets it in %(language)s.")
            yield Finding(text % {"language": own}, False, locale, **where)


def _look_at(
    content: Content, locale: str, world: World, links: Links
) -> Iterator[tuple[str, bool]]:
    if not get_words(content, "body", locale).strip():
        yield _("There are no words yet."), True
        return
    is_mail = content.channel == Channel.EMAIL
    subject = get_words(content, "subject", locale)
    if is_mail and not subject.strip():
        yield _("The subject is missing."), True
    if get_words(content, "preheader", settings.LANGUAGE_CODE) and not get_words(
        content, "preheader", locale
    ):
        yield _("The preview line is missing: inboxes show the first words instead."), False
    try:
        compiled = try_content(content, locale, links)
    except WordsRefused as refusal:
        yield str(refusal), True
        return
    yield from _check_names(compiled, world)
    yield from _try_samples(content, compiled, world, locale)


def _check_names(compiled: Compiled, world: World) -> Iterator[tuple[str, bool]]:
    for path in sorted(compiled.variables):
        head, _dot, rest = path.partition(".")
        slug = rest.partition(".")[0]
        if "." in rest:
            continue  # said once, for the thing itself
        if head == "rewards" and slug not in world.rewards:
            yield _("There is no reward “%(code)s” on show.") % {"code": slug}, True
        if head == "audiences" and slug not in world.audiences:
            yield _("There is no audience “%(code)s”.") % {"code": slug}, True


def _try_samples(
    content: Content, compiled: Compiled, world: World, locale: str
) -> Iterator[tuple[str, bool]]:
    mailing = content.edition.mailing
    brought = list_brought(mailing) if mailing.kind == MailingKind.STEP else frozenset[str]()
    missing: dict[str, list[str]] = {}
    largest = longest = 0
    with override(locale):
        samples = list(list_samples(compiled.variables, world.tiers, brought=brought))
    for sample in samples:
        try:
            rendered = compiled.fill(sample.context)
        except TooMuchWork as error:
            yield str(error), True
            return
        except CannotFill as error:
            missing.setdefault(error.variable, []).append(_say(sample.label))
            continue
        largest = max(largest, len(rendered.html.encode()))
        if excess := find_excess(content.channel, rendered):
            yield excess, True
            return
        longest = max(longest, len(rendered.subject) if sample.code == "example" else 0)
        if content.channel == Channel.EMAIL and not rendered.subject:
            yield _("For some the subject is empty: %(who)s") % {"who": _say(sample.label)}, True
    for variable, labels in missing.items():
        yield _explain(variable, labels), True
    if largest > CLIP_HTML:
        size = {"size": largest // 1024, "most": CLIP_HTML // 1024}
        yield _("%(size)s KB: Gmail hides what comes after %(most)s KB.") % size, False
    if longest > MAX_SUBJECT:
        yield (
            _("The subject has %(count)s characters; phones show about 40.") % {"count": longest},
            False,
        )


def _explain(variable: str, labels: list[str]) -> str:
    known = VARIABLES.get(variable)
    name = join_label(variable, known.label) if known else variable
    told = _(
        "“%(variable)s” isn't known of everybody (%(who)s). Say what stands there then, as in "
        "{{ %(variable)s | default: \"…\" }}, or ask first: {%% if %(variable)s %%}."
    ) if "." in variable else _("“%(variable)s” can't be filled in (%(who)s).")  # fmt: skip
    # Named first, then written as it is typed.
    words = told % {"variable": variable, "who": join_comma(labels[:2])}
    return words.replace(variable, name, 1)


def _say(label: Any) -> str:
    return str(label) if isinstance(label, Promise) else label
