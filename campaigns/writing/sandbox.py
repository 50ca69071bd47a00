"""Liquid in a closed room: plain data in, text out, bounded in time and size.

No file system, no including, no walking into objects: a path asks mappings for keys and nothing
else. What isn't known tells its name. Ranges and filters that could grow without end are not there.
"""

import time
from collections.abc import Mapping
from typing import Any, TextIO

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin import content as content_tag
from liquid.builtin import illegal
from liquid.builtin import output as output_tag
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags import assign_tag, case_tag, comment_tag, for_tag, if_tag, unless_tag
from liquid.exceptions import LiquidError, LoopIterationLimitError, UndefinedError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.template import BoundTemplate
from liquid.undefined import UNDEFINED, FalsyStrictUndefined
from markupsafe import Markup, escape

from campaigns.writing.errors import CannotFill, TooMuchWork, WordsRefused
from campaigns.writing.filters import FILTERS, show

MAX_SECONDS = 0.5
MAX_OUTPUT = 1024 * 1024
MAX_LOOPS = 1_000


class Unknown(FalsyStrictUndefined):
    """False in a condition, its default where one is given, else a refusal with its name."""

    force_liquid_default = True


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
        if self.loops:
            self.check_time()
        found: Any = self.scope
        for name in path:
            if isinstance(found, list | tuple) and isinstance(name, int):
                found = found[name] if -len(found) <= name < len(found) else None
            elif isinstance(found, Mapping) and isinstance(name, str) and name in found:
                found = found[name]
            else:
                found = None
            if found is None:
                break
        if found is None:
            shown = ".".join(str(each) for each in path)
            return Unknown(shown, token=token, hint=shown)
        return found


class _Template(BoundTemplate):
    context_class = _Context


class _OutputNode(output_tag.OutputNode):
    """A value as its reader writes it; nothing known is an error, not an empty place."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, Unknown):
            str(value)
        if value is None:
            raise UndefinedError(str(self.expression), token=self.token)
        text = value if isinstance(value, str) else show(value)
        return buffer.write(str(escape(text)) if context.autoescape else str(text))


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
            raise WordsRefused(str(error.message)) from error
        except RecursionError as error:
            raise TooMuchWork from error
        return Parsed(template)


class Parsed:
    """A template that was read; ``variables`` are the paths that it asks the context for."""

    __slots__ = ("template", "variables")

    def __init__(self, template: BoundTemplate):
        self.template = template
        _check_nodes(template.nodes)
        found = template.analyze(include_partials=False).globals
        self.variables = frozenset(
            ".".join(str(part) for part in each.segments)
            for group in found.values()
            for each in group
        )

    def fill(self, context: Mapping[str, Any]) -> str:
        """Raises CannotFill with the name of what isn't known, TooMuchWork."""
        try:
            inner = _Context(self.template, globals=context)
            buffer = LimitedStringIO(MAX_OUTPUT)
            for node in self.template.nodes:
                node.render(inner, buffer)
            return buffer.getvalue()
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
        waiting.extend(node.children(None))  # type: ignore[arg-type]


def _check_expression(expression: Expression) -> None:
    waiting = [expression]
    while waiting:
        each = waiting.pop()
        if isinstance(each, RangeLiteral):
            raise WordsRefused("ranges")
        waiting.extend(each.children())


HTML = Sandbox(autoescape=True)
TEXT = Sandbox(autoescape=False)

__all__ = ["HTML", "TEXT", "Markup", "Parsed", "Sandbox"]
