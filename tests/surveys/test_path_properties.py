"""The way through any survey: only forwards, by the first rule that matches, and faults are found
before anybody is asked.
"""

import datetime as dt
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.engine.faults import Fault, find_faults, find_reachable, list_operators, list_specimens
from surveys.engine.path import Asked, Rule, count_left, find_path, matches
from surveys.engine.scales import find_share, get_scale, list_steps
from surveys.enums import Operator, QuestionKind

KINDS = list(QuestionKind)
CODES = ("a", "b", "c")
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 5))


def draw_value(draw, kind, low, high):
    if kind in ("single", "multiple"):
        return draw(st.sampled_from(CODES))
    if kind == "date":
        return draw(DAYS).isoformat()
    scale = get_scale(kind, low, high)
    return str(draw(st.integers(scale.lowest, scale.highest)))


@st.composite
def surveys(draw, most=6, forwards=True):
    """A survey whose rules fit their questions; with ``forwards`` they never lead back."""
    count = draw(st.integers(1, most))
    codes = [f"q{place}" for place in range(count)]
    questions = []
    for place, code in enumerate(codes):
        kind = draw(st.sampled_from(KINDS))
        low, high = (1, draw(st.integers(2, 9))) if kind == "number" else (None, None)
        goals = codes[place + 1 :] if forwards else codes
        rules = []
        for _ in range(draw(st.integers(0, 3))):
            operator = draw(st.sampled_from(list_operators(kind)))
            value = "" if operator in ("answered", "always") else draw_value(draw, kind, low, high)
            rules.append(Rule(operator, value, draw(st.sampled_from([*goals, None]))))
        choices = CODES if kind in ("single", "multiple") else ()
        is_required = kind != "quote" and draw(st.booleans())
        questions.append(Asked(code, kind, is_required, tuple(rules), choices, low, high))
    return questions


def answers_of(question):
    """Any answer that could really be given, not only the specimens."""
    kind = question.kind
    if kind == "text":
        given = st.text(min_size=1, max_size=5)
    elif kind == "single":
        given = st.sampled_from(question.choices).map(lambda code: frozenset({code}))
    elif kind == "multiple":
        given = st.frozensets(st.sampled_from(question.choices), min_size=1)
    elif kind == "date":
        given = st.dates(dt.date(2025, 12, 30), dt.date(2026, 1, 8))
    else:
        scale = get_scale(kind, question.lowest, question.highest)
        given = st.integers(scale.lowest, scale.highest)
    return given if question.is_required else st.none() | given


@st.composite
def answered_surveys(draw, **kwargs):
    questions = draw(surveys(**kwargs))
    given_now = {each.code: draw(answers_of(each)) for each in questions}
    return questions, {code: value for code, value in given_now.items() if value is not None}


def says_yes(operator, kind, value, answer):
    """The rules in the words of the owner, written a second time."""
    if operator in ("answered", "always"):
        return True
    if kind in ("single", "multiple"):
        return (value not in answer) if operator == "is_not" else (value in answer)
    bound = dt.date.fromisoformat(value) if kind == "date" else int(value)
    return {
        "is": answer == bound, "is_not": answer != bound,
        "at_least": answer >= bound, "at_most": answer <= bound,
    }[operator]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(answered_surveys())
def test_way_goes_forwards_by_the_first_rule_that_matches(case):
    questions, answers = case
    path = find_path(questions, answers)
    places = {each.code: place for place, each in enumerate(questions)}
    assert path[0] == questions[0].code
    assert [places[code] for code in path] == sorted({places[code] for code in path})
    for code, following in zip(path, [*path[1:], None], strict=True):
        question = questions[places[code]]
        hits = [
            rule.goes_to for rule in question.rules
            if rule.operator == "always"
            or (code in answers
                and says_yes(rule.operator, question.kind, rule.value, answers[code]))
        ]  # fmt: skip
        after = [each.code for each in questions[places[code] + 1 :]][:1]
        assert following == (hits[0] if hits else (after[0] if after else None))
    assert len(path) <= 1 + count_left(questions, path[0])


@settings(max_examples=200, deadline=None)
@given(answered_surveys(forwards=False))
def test_way_always_ends_and_rules_that_lead_back_are_refused(case):
    questions, answers = case
    path = find_path(questions, answers)
    assert len(path) == len(set(path)) <= len(questions)
    places = {each.code: place for place, each in enumerate(questions)}
    backwards = [
        Fault("goes_back", each.code, number)
        for place, each in enumerate(questions)
        for number, rule in enumerate(each.rules)
        if rule.goes_to is not None and places[rule.goes_to] <= place
    ]
    assert [each for each in find_faults(questions) if each.code == "goes_back"] == backwards


@settings(max_examples=200, deadline=None)
@given(answered_surveys(), st.data())
def test_what_is_called_unreachable_is_asked_of_nobody(case, data):
    questions, answers = case
    reachable = find_reachable(questions)
    assert set(find_path(questions, answers)) <= reachable
    unreachable = [each.question for each in find_faults(questions) if each.code == "unreachable"]
    assert unreachable == [each.code for each in questions if each.code not in reachable]


def walk_all(questions, answers=None, place=0):
    """Every path that specimens of answers lead along, question by question."""
    answers = answers or {}
    path = find_path(questions, answers)
    if place >= len(path):
        yield tuple(path)
        return
    question = next(each for each in questions if each.code == path[place])
    for specimen in list_specimens(question):
        given_now = {} if specimen is None else {question.code: specimen}
        yield from walk_all(questions, answers | given_now, place + 1)


@settings(max_examples=60, deadline=None)
@given(surveys(most=3))
def test_what_is_called_reachable_is_asked_of_somebody(questions):
    asked = {code for path in walk_all(questions) for code in path}
    assert asked == find_reachable(questions)
    longest = max(len(path) for path in walk_all(questions))
    assert longest <= 1 + count_left(questions, questions[0].code)


@settings(max_examples=100, deadline=None)
@given(answered_surveys())
def test_idle_rules_take_no_answer(case):
    questions, answers = case
    idle = {(f.question, f.rule) for f in find_faults(questions) if f.code == "idle_rule"}
    for question in questions:
        hits = [
            number for number, rule in enumerate(question.rules)
            if matches(rule, question.kind, answers.get(question.code))
        ]  # fmt: skip
        assert not hits or (question.code, hits[0]) not in idle


@given(st.sampled_from(KINDS), st.integers(-50, 49), st.integers(1, 80), st.data())
def test_shares_rise_evenly_from_end_to_end(kind, low, span, data):
    bounds = (low, low + span) if kind == "number" else ()
    scale = get_scale(kind, *bounds)
    if scale is None or kind == "quote":
        assert find_share(kind, 1, *bounds) is None
        return
    shares = [find_share(kind, n, *bounds) for n in range(scale.lowest, scale.highest + 1)]
    assert (shares[0], shares[-1]) == (0, 1000)
    assert all(a < b for a, b in itertools.pairwise(shares))
    assert list_steps(kind, *bounds) in ([], list(range(scale.lowest, scale.highest + 1)))


def fault_codes(*questions):
    return [(each.code, each.question, each.rule) for each in find_faults(questions)]


def test_faults_one_by_one():
    nps = Asked("nps", "nps")
    assert fault_codes() == [("empty", "", None)]
    assert fault_codes(nps) == []
    assert fault_codes(nps, Asked("nps", "text")) == [("double", "nps", None)]
    assert fault_codes(Asked("why", "single", is_required=True)) == [("unanswerable", "why", None)]
    assert fault_codes(Asked("why", "multiple", choices=("a",))) == [("few_choices", "why", None)]
    assert fault_codes(Asked("n", "number", lowest=3, highest=3)) == [("no_room", "n", None)]
    assert fault_codes(Asked("may", "quote", is_required=True)) == [("forced_consent", "may", None)]


def test_faults_of_rules_one_by_one():
    def of(rule, kind="nps", **fields):
        return fault_codes(Asked("q", kind, rules=(rule,), **fields), Asked("r", "text"))

    assert of(Rule("at_most", "6", "r")) == []
    assert of(Rule("includes", "6", "r")) == [("bad_operator", "q", 0)]
    assert of(Rule("at_most", "11", "r")) == [("bad_value", "q", 0)]
    assert of(Rule("at_most", "many", "r")) == [("bad_value", "q", 0)]
    assert of(Rule("is", "2026-02-30", "r"), "date") == [("bad_value", "q", 0)]
    assert of(Rule("is", "c", "r"), "single", choices=("a", "b")) == [("bad_value", "q", 0)]
    assert of(Rule("is", "6", "gone")) == [("goes_nowhere", "q", 0)]
    assert of(Rule("is", "6", "q")) == [("goes_back", "q", 0)]
    always = (Rule("at_least", "0", None),)
    assert fault_codes(Asked("q", "nps", True, always), Asked("r", "text")) == [
        ("unreachable", "r", None)
    ]
    shadowed = (Rule("at_most", "6", None), Rule("at_most", "3", "r"))
    assert fault_codes(Asked("q", "nps", rules=shadowed), Asked("r", "text")) == [
        ("idle_rule", "q", 1)
    ]
    many = tuple(Rule("is", str(number), None) for number in range(11))
    assert ("many_rules", "q", None) in fault_codes(Asked("q", "nps", rules=many))


def test_answer_that_is_not_there_matches_nothing_but_in_any_case():
    for operator in Operator:
        assert matches(Rule(operator, "3", None), "nps", None) == (operator == "always")


def test_low_score_goes_to_why_and_high_score_to_the_end():
    questions = (
        Asked("nps", "nps", True, (Rule("at_most", "6", "why"), Rule("at_least", "9", "praise"))),
        Asked("middle", "text"),
        Asked("why", "multiple", choices=("price", "wait"), rules=(Rule("always", "", None),)),
        Asked("praise", "text"),
    )
    assert find_path(questions, {"nps": 6, "why": frozenset({"wait"})}) == ["nps", "why"]
    assert find_path(questions, {"nps": 9}) == ["nps", "praise"]
    assert find_path(questions, {"nps": 7}) == ["nps", "middle", "why"]
    assert [count_left(questions, code) for code in ("nps", "middle", "why", "praise")] == [
        3, 2, 1, 0,
    ]  # fmt: skip
