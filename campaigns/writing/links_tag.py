"""The tags that only the compiler writes: addresses of this message, signed for its reader."""

from typing import TextIO

from liquid import RenderContext
from liquid.ast import Node
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token
from markupsafe import escape

from campaigns.writing.sandbox import HTML, TEXT

KEY = "_links"  # in the context: address by number; no words can ask for it


class _LinkNode(Node):
    __slots__ = ("name",)

    def __init__(self, token: Token, name: str):
        super().__init__(token)
        self.name, self.blank = name, False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        address = context.globals[KEY][self.name]  # type: ignore[index]  # typed as any object
        return buffer.write(str(escape(address)) if context.autoescape else address)


class _LinkTag(Tag):
    name = "_link"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        return _LinkNode(token, stream.expect(TOKEN_EXPRESSION).value.strip())


for _room in (HTML, TEXT):
    _room.add_tag(_LinkTag)
