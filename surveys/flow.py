"""The way through a survey as a picture: questions one below the other, jumps as lines beside them.

It reads rows that are given to it and asks nobody. The words for those who don't see it stand in
the list of questions beside; the picture names itself only.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.joining import join_sentences
from surveys.engine.faults import find_reachable
from surveys.enums import Operator
from surveys.models import Question
from surveys.selectors.versions import read_asked, read_rules
from surveys.selectors.wording import say_condition

_WIDTH, _GAP, _PAD = 300, 34, 14
_LINE, _LETTER = 19, 13.5
_LANE, _LABEL = 22, 118
_MOST_LINES = 3


@dataclass(slots=True)
class _Box:
    number: str
    lines: list[str]
    top: float
    height: float
    is_reached: bool

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def foot(self) -> float:
        return self.top + self.height


@dataclass(slots=True)
class _Jump:
    start: int
    goal: int
    label: str
    leaves_at: float
    lane: int = 0


def draw_flow(questions: Sequence[Question]) -> SafeString:
    """``<svg>``: as wide as its lines need, coloured by ``admin_surveys.css``."""
    asked = read_asked(questions)
    reached = find_reachable(asked) if asked else set()
    boxes = _place_boxes(questions, reached)
    jumps = _list_jumps(questions, boxes)
    lanes = _give_lanes(jumps)
    width = _WIDTH + 4 + (_LABEL + (lanes + 1) * _LANE if jumps else 0)
    height = boxes[-1].foot + 6
    count = len(questions)
    title = ngettext(
        "The way through %(count)s question", "The way through %(count)s questions", count
    ) % {"count": count}
    return format_html(
        '<svg class="survey-flow" viewBox="-2 -2 {w} {h}" width="{w}" height="{h}" role="img" '
        'aria-label="{title}">{steps}{jumps}{boxes}</svg>',
        w=f"{width:g}",
        h=f"{height:g}",
        title=join_sentences([title, _("In words it stands in the list of questions.")]),
        steps=_draw_steps(questions, boxes),
        jumps=_draw_jumps(jumps, boxes),
        boxes=format_html_join("", "{}", ((_draw_box(each),) for each in boxes)),
    )


def _place_boxes(questions: Sequence[Question], reached: set[str]) -> list[_Box]:
    boxes: list[_Box] = []
    top = 0.0
    for number, question in enumerate(questions, start=1):
        lines = wrap(question.text_i18n, (_WIDTH - 2 * _PAD - 28) / _LETTER)
        # Each jump leaves at a height of its own.
        height = max(len(lines) * _LINE + 2 * _PAD, 22 * len(read_rules(question)) + 12)
        boxes.append(_Box(str(number), lines, top, height, question.code in reached))
        top += height + _GAP
    end = [pgettext("end of a survey", "Thanks")]
    return [*boxes, _Box("", end, top, _LINE + 2 * _PAD - 6, True)]


def _list_jumps(questions: Sequence[Question], boxes: Sequence[_Box]) -> list[_Jump]:
    places = {each.code: place for place, each in enumerate(questions)}
    jumps = []
    for start, question in enumerate(questions):
        rules = read_rules(question)
        for order, rule in enumerate(rules):
            goal = len(questions) if rule.goes_to is None else places.get(rule.goes_to, start + 1)
            leaves_at = boxes[start].middle + (order - (len(rules) - 1) / 2) * 22
            jumps.append(_Jump(start, goal, say_condition(question, rule), leaves_at))
    return jumps


def _give_lanes(jumps: Sequence[_Jump]) -> int:
    """Short jumps lie near, and no two in one lane run beside each other. Returns how many."""
    taken: list[list[tuple[int, int]]] = []
    for jump in sorted(jumps, key=lambda each: (each.goal - each.start, each.start)):
        span = (jump.start, jump.goal)
        for lane, spans in enumerate(taken):  # noqa: B007
            if all(span[1] < other[0] or other[1] < span[0] for other in spans):
                break
        else:
            lane = len(taken)
            taken.append([])
        taken[lane].append(span)
        jump.lane = lane
    return len(taken)


def _draw_steps(questions: Sequence[Question], boxes: Sequence[_Box]) -> SafeString:
    """Straight on, where no rule sends everybody elsewhere."""
    x = _WIDTH / 2
    lines = [
        (f"M{x:g} {box.foot:g}V{below.top - 6:g}", f"M{x - 4:g} {below.top - 8:g}h8l-4 7z")
        for question, box, below in zip(questions, boxes, boxes[1:], strict=False)
        if not any(rule.operator == Operator.ALWAYS for rule in read_rules(question))
    ]
    return format_html_join(
        "", '<path class="flow-step" d="{}"/><path class="flow-head" d="{}"/>', lines
    )


def _draw_jumps(jumps: Sequence[_Jump], boxes: Sequence[_Box]) -> SafeString:
    arrivals: dict[int, int] = {}
    drawn = []
    for jump in sorted(jumps, key=lambda each: each.lane):
        order = arrivals.get(jump.goal, 0)
        arrivals[jump.goal] = order + 1
        box = boxes[jump.goal]
        arrives_at = box.top + min(9 + 6 * order, box.height - 6)
        x = _WIDTH + _LABEL + (jump.lane + 1) * _LANE - 6
        path = (
            f"M{_WIDTH} {jump.leaves_at:g}H{x - 8}q8 0 8 8V{arrives_at - 8:g}q0 8-8 8H{_WIDTH + 6}"
        )
        label = shorten(jump.label, (_LABEL - 14) / 12)
        head = f"M{_WIDTH + 8} {arrives_at - 4:g}v8l-7-4z"
        drawn.append((path, head, f"{_WIDTH + 8}", f"{jump.leaves_at + 14:g}", label))
    return format_html_join(
        "",
        '<path class="flow-jump" d="{}"/><path class="flow-head is-jump" d="{}"/>'
        '<text class="flow-label" x="{}" y="{}">{}</text>',
        drawn,
    )


def _draw_box(box: _Box) -> SafeString:
    classes = (
        "flow-box" + ("" if box.number else " is-end") + ("" if box.is_reached else " is-lost")
    )
    first = box.middle - (len(box.lines) - 1) * _LINE / 2 + 5
    left = _PAD + 28 if box.number else _WIDTH / 2
    lines = format_html_join(
        "",
        '<text class="flow-text" x="{}" y="{}">{}</text>',
        ((left, f"{first + place * _LINE:g}", line) for place, line in enumerate(box.lines)),
    )
    number = format_html(
        '<text class="flow-number" x="{}" y="{}">{}</text>', _PAD, f"{box.middle + 5:g}", box.number
    )
    return format_html(
        '<g class="{}"><rect x="0" y="{}" width="{}" height="{}" rx="8"/>{}{}</g>',
        classes, f"{box.top:g}", _WIDTH, f"{box.height:g}", number if box.number else "", lines,
    )  # fmt: skip


def measure(text: str) -> float:
    """About how wide a text is, in widths of its letters' height."""
    return sum(1.0 if unicodedata.east_asian_width(each) in "WF" else 0.54 for each in text)


def shorten(text: str, width: float) -> str:
    if measure(text) <= width:
        return text
    while text and measure(text) > width - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"


def wrap(text: str, width: float) -> list[str]:
    """Lines of at most that width: between words, or between any two characters of CJK."""
    lines, line = [], ""
    for piece in _split(text):
        if line and measure(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) > _MOST_LINES:
        rest = "".join(lines[_MOST_LINES - 1 :])
        lines = [*lines[: _MOST_LINES - 1], shorten(rest, width)]
    return [shorten(each, width) for each in lines]


def _split(text: str) -> list[str]:
    pieces = [""]
    for sign in text:
        is_wide = unicodedata.east_asian_width(sign) in "WF"
        # No line begins with what closes a sentence.
        closes = unicodedata.category(sign) in ("Po", "Pe", "Pf")
        if (is_wide and not closes) or (pieces[-1][-1:] == " "):
            pieces.append("")
        pieces[-1] += sign
    return [each for each in pieces if each]
