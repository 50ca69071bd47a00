"""Liquid in a closed room: plain data in, text out, bounded in time and size.

No file system, no including, no walking into objects: a path asks mappings for keys and nothing
else. What isn't known tells its name. Ranges and filters that could grow without end are not there.
"""

import time
from collections.abc import Mapping
from typing import Any, TextIO

from django.utils.translation import gettext_lazy as _
from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin import content as content_tag
from liquid.builtin import illegal
from liquid.builtin import output as output_tag
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags import assign_tag, case_tag, comment_tag, for_tag, if_tag, unless_tag
from liquid.builtin.tags.for_tag import ForLoop
from liquid.exceptions import (
    LiquidError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UndefinedError,
)
from liquid.expression import Expression
from liquid.template import BoundTemplate
from liquid.undefined import UNDEFINED, FalsyStrictUndefined
from markupsafe import escape

from campaigns.variables import STAND_INS
from campaigns.writing.errors import CannotFill, TooMuchWork, WordsRefused
from campaigns.writing.filters import FILTERS, show

MAX_SECONDS = 0.5
MAX_OUTPUT = 1024 * 1024
MAX_LOOPS = 1_000


class Unreadable(WordsRefused):
    message = _("This can't be read: %(found)s")


class UnknownFilter(WordsRefused):
    message = _("There is no filter “%(name)s”.")


class Ranges(WordsRefused):
    message = _("Ranges of numbers, (1..9), can't be used.")


class Unknown(FalsyStrictUndefined):
    """False in a condition, its default where one is given, else a refusal with its name."""

    force_liquid_default = True

    def __str__(self) -> str:
        """What is said instead of something that isn't known of everybody, where there is a word
        for it. Raises UndefinedError where there is none.
        """
        path = object.__getattribute__(self, "hint")
        if path in STAND_INS:
            return str(STAND_INS[path])
        raise UndefinedError(path, token=None)


class _Context(RenderContext):
    """Counts and times what a template does."""

    __slots__ = ("iterations", "until")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.iterations = 0
        self.until = time.monotonic() + MAX_SECONDS

    def check_time(self) -> None:
        if time.monotonic() > self.until:
            raise LoopIterationLimitError("out of time", token=None)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.iterations += length
        if self.iterations > MAX_LOOPS:
            raise LoopIterationLimitError("loop iteration limit reached", token=None)
        super().raise_for_loop_limit(length)

    def assign(self, key: str, val: Any) -> None:
        self.check_time()
        super().assign(key, val)

    def get(self, path: list[object], *, token: Any, default: object = UNDEFINED) -> object:
        """Keys of plain mappings and places in lists, nothing else: no attribute is ever read."""
        if self.loops:
            self.check_time()
        try:
            found: Any = self.scope[path[0]]  # type: ignore[index]  # a name first
            for name in path[1:]:
                kind = type(found)
                has_keys = kind is dict or isinstance(found, ForLoop)
                if has_keys or (kind is list and type(name) is int):
                    found = found[name]
                else:
                    found = None
                    break
        except (KeyError, IndexError, TypeError):
            found = None
        if found is None:
            shown = ".".join(str(each) for each in path)
            return Unknown(shown, token=token, hint=shown)
        return found


class _Template(BoundTemplate):
    context_class = _Context


class _Sheet:
    """Where a template writes: as long as it may be, and as quick as a list."""

    __slots__ = ("parts", "size")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        self.parts.append(text)
        self.size += len(text)
        if self.size > MAX_OUTPUT:
            raise OutputStreamLimitError("output stream limit reached", token=None)
        return 1


class _OutputNode(output_tag.OutputNode):
    """A value as its reader writes it; nothing known is an error, not an empty place."""

    __slots__ = ("path",)

    def __init__(self, token: Any, expression: Expression):
        super().__init__(token, expression)
        left = getattr(expression, "left", None)
        # What most outputs are, a path without filters, is looked up without ceremony.
        is_plain = isinstance(left, Path) and not getattr(expression, "filters", None)
        parts = left.path if isinstance(left, Path) else []
        self.path: Any = parts if is_plain and all(type(each) is str for each in parts) else None

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if self.path is not None:
            value = context.get(self.path, token=self.token)
        else:
            value = self.expression.evaluate(context)
        kind = type(value)
        if kind is Unknown:
            value = str(value)
        elif value is None:
            raise UndefinedError(str(self.expression), token=None)
        # What words bring themselves is text, too: Liquid would take it for HTML.
        text = "".join((value,)) if isinstance(value, str) else show(value)
        return buffer.write(str(escape(text)) if context.autoescape else text)


class _Output(output_tag.Output):
    node_class = _OutputNode


class Sandbox(Environment):
    """What every template of the club is parsed by. ``autoescape`` for HTML."""

    template_class = _Template
    block_nesting_limit = 12
    context_depth_limit = 30
    loop_iteration_limit = MAX_LOOPS
    local_namespace_limit = 200_000
    output_stream_limit = MAX_OUTPUT

    def __init__(self, *, autoescape: bool):
        super().__init__(undefined=Unknown, autoescape=autoescape, strict_filters=True)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            content_tag.Literal,
            _Output,
            illegal.Illegal,
            if_tag.IfTag,
            unless_tag.UnlessTag,
            case_tag.CaseTag,
            for_tag.ForTag,
            for_tag.BreakTag,
            for_tag.ContinueTag,
            assign_tag.AssignTag,
            comment_tag.CommentTag,
        ):
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)

    def read(self, source: str) -> "Parsed":
        """Raises WordsRefused for what can't be read or isn't allowed."""
        try:
            template = self.from_string(source)
        except LiquidError as error:
            source = error.token.value if error.token else ""
            raise Unreadable(found=f"{source} ({error.message})"[:200]) from error
        except RecursionError as error:
            raise TooMuchWork from error
        return Parsed(template)


class Parsed:
    """A template that was read; ``variables`` are the paths that it asks the context for."""

    __slots__ = ("is_empty", "template", "variables")

    def __init__(self, template: BoundTemplate):
        self.template = template
        self.is_empty = not template.nodes
        _check_nodes(template.nodes)
        analysis = template.analyze(include_partials=False)
        for name in analysis.filters:
            if name not in FILTERS:
                raise UnknownFilter(name=name)
        found = analysis.globals
        self.variables = frozenset(
            ".".join(str(part) for part in each.segments)
            for group in found.values()
            for each in group
        )

    def fill(self, context: Mapping[str, Any]) -> str:
        """Raises CannotFill with the name of what isn't known, TooMuchWork."""
        if self.is_empty:
            return ""
        try:
            inner = _Context(self.template, globals=context)
            sheet: Any = _Sheet()
            for node in self.template.nodes:
                node.render_to_output(inner, sheet)
            return "".join(sheet.parts)
        except UndefinedError as error:
            raise CannotFill(str(error.message)) from error
        except LiquidError as error:
            raise _translate(error) from error
        except (RecursionError, MemoryError, OverflowError) as error:
            raise TooMuchWork from error


def _translate(error: LiquidError) -> CannotFill:
    limits = ("limit reached", "out of time", "too long", "too large", "maximum context depth")
    said = str(error.message)
    if any(each in said for each in limits):
        return TooMuchWork()
    name = error.token.value if error.token else said
    return CannotFill(str(name))


def _check_nodes(nodes: list[Node]) -> None:
    waiting: list[Node] = list(nodes)
    while waiting:
        node = waiting.pop()
        for expression in node.expressions():
            _check_expression(expression)
        waiting.extend(node.children(None))  # type: ignore[arg-type]  # unused there


def _check_expression(expression: Expression) -> None:
    waiting = [expression]
    while waiting:
        each = waiting.pop()
        if isinstance(each, RangeLiteral):
            raise Ranges
        waiting.extend(each.children())


HTML = Sandbox(autoescape=True)
TEXT = Sandbox(autoescape=False)
