"""The body of a mailing taken apart: Markdown, conditions between its paragraphs, and blocks.

Liquid is masked while Markdown is read, so that neither sees the other. What steers (``if``,
``for``) stands on a line of its own, or opens and closes within one paragraph: so the HTML around
it is always whole.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink, validateLink
from markdown_it.token import Token

from campaigns.writing.errors import WordsRefused

MAX_BODY = 60_000  # characters: a long letter has 5,000
MAX_TAGS = 400
# Each ends before the next begins, and is short: reading takes no longer than the text is.
_TOKEN = re.compile(
    r"{%-?(?P<tag>(?:(?!{%|%}).){0,1000})%}|{{-?(?P<value>(?:(?!{{|}}).){0,1000})}}", re.DOTALL
)
_LOOSE = re.compile(r"{{|}}|{%|%}")
_OPENING = re.compile(r"{{|{%")
_MASK = re.compile("\ue000(\\d+)\ue001")
# What masks are made of; half characters, and those that XML, and so MJML, has none of.
_UNFIT = re.compile("[\ue000-\uf8ff\ud800-\udfff\ufffe\uffff\x00-\x08\x0b\x0c\x0e-\x1f]")
_STRING = re.compile(r"\"([^\"]*)\"|'([^']*)'")

OPENERS = {"if": "endif", "unless": "endunless", "case": "endcase", "for": "endfor",
           "audience": "endaudience", "comment": "endcomment"}  # fmt: skip
_MIDDLES = {"elsif": {"if", "unless"}, "else": {"if", "unless", "case", "for"}, "when": {"case"},
            "break": {"for"}, "continue": {"for"}}  # fmt: skip
_CLOSERS = {end: start for start, end in OPENERS.items()}
PLAIN_TAGS = {"assign"}
BLOCKS = ("points", "reward", "product", "products", "faces", "button", "image", "voucher")
_STEERING = {*OPENERS, *_CLOSERS, *_MIDDLES, *PLAIN_TAGS}


class UnknownTag(WordsRefused):
    message = _("There is no “%(name)s”: “{%% %(name)s %%}” can't be used.")


class Unbalanced(WordsRefused):
    message = _("“{%% %(name)s %%}” has no other end. On a line of its own it holds paragraphs; "
                "inside a paragraph it ends there.")  # fmt: skip


class BlockInLine(WordsRefused):
    message = _("“{%% %(name)s %%}” is a block: give it a line of its own.")


class Unfinished(WordsRefused):
    message = _("“%(found)s” has no partner: write {{ … }} or {%% … %%}.")


class TooLong(WordsRefused):
    message = _("These words are too long: %(count)s characters, %(most)s at most.")


@dataclass(frozen=True, slots=True)
class Prose:
    source: str  # Markdown with masked Liquid


@dataclass(frozen=True, slots=True)
class Control:
    liquid: str


@dataclass(frozen=True, slots=True)
class Block:
    name: str
    words: tuple[str, ...]  # what stood in quotation marks
    rest: str  # what didn't, Liquid


Item = Prose | Control | Block


@dataclass(slots=True)
class Masks:
    """Liquid by number, while something else is read."""

    kept: list[str] = field(default_factory=list)

    def hide(self, liquid: str) -> str:
        self.kept.append(liquid)
        return f"\ue000{len(self.kept) - 1}\ue001"

    def restore(self, text: str) -> str:
        # Twice: what an address holds was hidden inside what a link is.
        for _turn in range(3):
            text, count = _MASK.subn(lambda found: self.kept[int(found[1])], text)
            if not count:
                break
        return text


def split_body(source: str, masks: Masks) -> list[Item]:
    """Raises WordsRefused with what is wrong, in words."""
    if len(source) > MAX_BODY:
        raise TooLong(count=len(source), most=MAX_BODY)
    source = drop_unfit(source.replace("\r\n", "\n").replace("\r", "\n"))
    if sum(1 for _found in _TOKEN.finditer(source)) > MAX_TAGS:
        raise TooLong(_("These words hold more than %(most)s tags."), most=MAX_TAGS)
    items: list[Item] = []
    lines: list[str] = []

    def close() -> None:
        text = "\n".join(lines)
        if text.strip():
            items.append(Prose(_mask(text, masks)))
        lines.clear()

    for line in _join_lines(source):
        found = _read_tag_line(line)
        if found is None:
            lines.append(line)
            continue
        close()
        items.extend(found)
    close()
    _check_balance([item.liquid for item in items if isinstance(item, Control)])
    return items


def _join_lines(source: str) -> list[str]:
    """Lines; a tag that spans several is one."""
    flat = _TOKEN.sub(lambda found: found[0].replace("\n", " "), source)
    return flat.split("\n")


def _read_tag_line(line: str) -> list[Item] | None:
    """The tags of a line that holds nothing else, or None."""
    tags = list(_TOKEN.finditer(line))
    if not tags or _TOKEN.sub("", line).strip() or any(each["value"] is not None for each in tags):
        return None
    found = [_read_tag(each) for each in tags]
    # A sentence of conditions, {% if %}..., is prose; alone on its line a tag steers paragraphs.
    return found


def _read_tag(found: re.Match[str]) -> Item:
    name, rest = _split_tag(found["tag"])
    if name in BLOCKS:
        words = tuple(one or other for one, other in _STRING.findall(rest))
        return Block(name, words, _STRING.sub("", rest).strip())
    return Control(build_tag(name, rest))


def _split_tag(inside: str) -> tuple[str, str]:
    """The name of a tag, and what follows it."""
    name, _space, rest = inside.strip().removesuffix("-").strip().partition(" ")
    return name, rest.strip()


def build_tag(name: str, rest: str) -> str:
    """The Liquid of a tag that steers; ``audience`` becomes a condition. Raises UnknownTag."""
    if name == "audience":
        slug = _STRING.fullmatch(rest.strip())
        if slug is None:
            raise WordsRefused(_('Name the audience: {% audience "its-code" %}.'))
        return f'{{% if audiences["{slug[1] or slug[2] or ""}"] %}}'
    if name == "endaudience":
        return "{% endif %}"
    if name not in _STEERING:
        raise UnknownTag(name=name or "%")
    return f"{{% {name} {rest} %}}"


def mask_line(text: str, masks: Masks) -> str:
    """Of a subject or a button: one line, values and conditions only."""
    masked = _mask(drop_unfit(text), masks)
    check_inline(masked, masks)
    return masked


def drop_unfit(text: str) -> str:
    """Without the characters that no mail can hold."""
    return _UNFIT.sub("", text)


def check_hidden(text: str) -> None:
    """No Liquid but what was read and hidden: an escape or an entity of Markdown may turn into
    its brackets. Raises Unfinished.
    """
    if found := _OPENING.search(text):
        raise Unfinished(found=found[0])


def _mask(text: str, masks: Masks) -> str:
    def hide(found: re.Match[str]) -> str:
        if found["value"] is not None:
            return masks.hide(found[0])
        name, rest = _split_tag(found["tag"])
        if name in BLOCKS:
            raise BlockInLine(name=name)
        return masks.hide(build_tag(name, rest))

    masked = _TOKEN.sub(hide, text)
    if loose := _LOOSE.search(masked):
        raise Unfinished(found=loose[0])
    return masked


def check_inline(text: str, masks: Masks) -> None:
    """What opens in a paragraph closes in it. Raises Unbalanced."""
    tags = [masks.kept[int(found[1])] for found in _MASK.finditer(text)]
    _check_balance([each for each in tags if each.startswith("{%")])


def _check_balance(tags: list[str]) -> None:
    waiting: list[str] = []
    for tag in tags:
        found = _TOKEN.match(tag)
        name = _split_tag(found["tag"])[0] if found else ""
        if name in OPENERS:
            waiting.append(name)
        elif name in _CLOSERS:
            if not waiting or waiting.pop() != _CLOSERS[name]:
                raise Unbalanced(name=name)
        elif name in _MIDDLES and not set(waiting) & _MIDDLES[name]:
            raise Unbalanced(name=name)
    if waiting:
        raise Unbalanced(name=waiting[-1])


# --- Markdown -----------------------------------------------------------------------------------


def _normalize(url: str) -> str:
    parts = re.split("(\ue000\\d+\ue001)", url)
    return "".join(each if _MASK.fullmatch(each) else normalizeLink(each) for each in parts)


def _validate(url: str) -> bool:
    if not validateLink(url):
        return False
    return bool(re.match("(https?://|mailto:|tel:|/(?!/)|#|\ue000)", url, re.IGNORECASE))


def _build_reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True, "breaks": True})
    reader.enable(["table", "strikethrough"])
    reader.disable(["html_block", "html_inline", "reference", "code"])
    reader.normalizeLink = _normalize  # type: ignore[method-assign]  # its documented hook
    reader.validateLink = _validate  # type: ignore[method-assign]  # its documented hook
    return reader


READER = _build_reader()


def read_prose(prose: Prose, masks: Masks) -> list[Token]:
    """Markdown as tokens; conditions inside a paragraph are whole there."""
    tokens = READER.parse(prose.source)
    for token in tokens:
        if token.type in ("inline", "fence"):
            check_inline(token.content, masks)
    return tokens
