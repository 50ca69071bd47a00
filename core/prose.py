"""Plain text of the owner as paragraphs, headings, lists and links; HTML in it is only words."""

import re

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_BLOCKS = re.compile(r"\n\s*\n")
# An address ends before the punctuation of its sentence, in Latin and CJK text alike.
_ADDRESS = re.compile(
    r"(?:https?://|mailto:)[^\s<>\"'\u3000-\u303f\uff00-\uffef]+[^\s<>\"'.,;:!?)\]\u3000-\u303f\uff00-\uffef]"
)
_HEADING = "## "
_ITEM = "- "


def split_paragraphs(text: str) -> list[str]:
    """The blocks between empty lines, without the empty ones."""
    blocks = _BLOCKS.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    return [block.strip() for block in blocks if block.strip()]


def render_prose(text: str) -> SafeString:
    """The HTML of such a text: ``p``, ``h2``, ``ul`` and ``a``, each by its reader's direction."""
    return format_html_join(
        "\n", "{}", ((_render_block(block),) for block in split_paragraphs(text))
    )


def _render_block(block: str) -> SafeString:
    lines = block.split("\n")
    if lines[0].startswith(_HEADING):
        heading = format_html('<h2 dir="auto">{}</h2>', lines[0].removeprefix(_HEADING).strip())
        rest = "\n".join(lines[1:]).strip()
        return format_html("{}\n{}", heading, _render_block(rest)) if rest else heading
    if all(line.startswith(_ITEM) for line in lines):
        items = ((_render_line(line.removeprefix(_ITEM)),) for line in lines)
        return format_html('<ul dir="auto">{}</ul>', format_html_join("", "<li>{}</li>", items))
    shown = format_html_join(mark_safe("<br>"), "{}", ((_render_line(line),) for line in lines))
    return format_html('<p dir="auto">{}</p>', shown)


def _render_line(line: str) -> SafeString:
    """The words escaped, and addresses among them as links."""
    parts, at = [], 0
    for found in _ADDRESS.finditer(line):
        address = found.group()
        shown = address.removeprefix("mailto:")
        parts += [
            escape(line[at : found.start()]),
            format_html('<a href="{}">{}</a>', address, shown),
        ]
        at = found.end()
    return format_html_join("", "{}", ((part,) for part in [*parts, escape(line[at:])]))
