"""Words that aren't kept yet, as one member would get them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import override

from campaigns.channels.base import Rendered
from campaigns.models import Content, Edition, Mailing
from campaigns.selectors.contexts import MessageRow, build_contexts
from campaigns.selectors.contexts.happenings import show_rewards
from campaigns.variables import HAPPENINGS
from campaigns.writing.compile import Compiled, has_words, try_content
from campaigns.writing.errors import CannotFill, WordsRefused
from campaigns.writing.findings import Finding, find_in_content, read_world
from campaigns.writing.page import Links
from campaigns.writing.samples import build_example
from members.models import Member

_NIGHT = "@media (prefers-color-scheme: dark)"


@dataclass(frozen=True, slots=True)
class Preview:
    """``locale`` is the language that is shown; ``is_fallback``, that it isn't the one asked for.

    ``rendered`` is None where the words can't be shown: ``refusal`` says why.
    """

    locale: str
    is_fallback: bool
    rendered: Rendered | None = None
    refusal: str = ""
    findings: list[Finding] = field(default_factory=list)
    size: int = 0


def build_draft(
    mailing: Mailing, *, channel: str, variant: str, words: Mapping[str, Any]
) -> Content:
    """A content that isn't saved, with these words."""
    edition = Edition(mailing=mailing)
    content = Content(edition=edition, channel=channel, variant=variant)
    for name, value in words.items():
        setattr(content, name, value)
    return content


def preview_content(
    content: Content, *, locale: str, member: Member | None, now: dt.datetime
) -> Preview:
    """As ``member`` would get them; as an example where there is none."""
    own = settings.LANGUAGE_CODE
    spoken = locale if has_words(content, locale) else own
    findings = list(find_in_content(content, read_world(), Links()))
    try:
        compiled = try_content(content, spoken, Links())
        rendered = compiled.fill(build_context(compiled, content, member, now=now))
    except (WordsRefused, CannotFill) as error:
        return Preview(spoken, spoken != locale, refusal=str(error), findings=findings)
    size = len((rendered.html or rendered.text).encode())
    return Preview(spoken, spoken != locale, rendered, findings=findings, size=size)


def build_context(
    compiled: Compiled, content: Content, member: Member | None, *, now: dt.datetime
) -> dict[str, Any]:
    """What is known of the member; what only an occasion tells is the example's."""
    with override(compiled.locale):
        example = build_example(compiled.variables)
    if member is None:
        slugs = set(example["rewards"])
        return {**example, "rewards": show_rewards(slugs, compiled.locale) if slugs else {}}
    row = MessageRow(None, member.pk, compiled.locale)
    known = build_contexts([row], compiled.variables, now=now)[None]
    occasion = {name: example[name] for name in HAPPENINGS if name in example}
    return {**known, **occasion}


def show_in(scheme: str, html: str) -> str:
    """The HTML as a reader by night, or by day, has it whatever the screen of who looks."""
    return html.replace(_NIGHT, "@media all" if scheme == "dark" else "@media not all")
