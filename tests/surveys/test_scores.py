"""Calculated scores: satisfaction as benefit against costs and expectation (docs/surveys.md)."""

from hypothesis import given
from hypothesis import strategies as st

from surveys.engine.scores import Term, find_score
from surveys.enums import ScorePart

SATISFACTION = (
    Term("good", "benefit", 2), Term("useful", "benefit"), Term("price", "money"),
    Term("wait", "time"), Term("choosing", "effort"), Term("hoped", "expectation"),
)  # fmt: skip
CODES = tuple(each.question for each in SATISFACTION)
SHARES = st.fixed_dictionaries({code: st.integers(0, 1000) for code in CODES})


def test_satisfaction_by_hand():
    """B = (2 × 0.9 + 0.6) / 3 = 0.8; 1 − C = (0.6 + 0.3 + 0.9) / 3 = 0.6; E = 0.5.
    V = 0.7, S = 0.7 + 0.15.
    """
    shares = {"good": 900, "useful": 600, "price": 600, "wait": 300, "choosing": 900, "hoped": 500}
    assert find_score(SATISFACTION, shares) == 850
    assert find_score(SATISFACTION, shares | {"hoped": 800}) == 700  # as it had been expected
    assert find_score(SATISFACTION[:2], shares) == 800
    assert find_score(SATISFACTION[:5], shares) == 700


def test_part_without_any_answer_gives_no_score():
    shares = dict.fromkeys(CODES, 500)
    assert find_score(SATISFACTION, shares) == 500
    for code in ("price", "wait", "choosing", "hoped"):
        assert find_score(SATISFACTION, {k: v for k, v in shares.items() if k != code}) is None
    assert find_score(SATISFACTION, shares | {"useful": 1000}) == 667  # 0.583 + 0.083, 2/3
    without_useful = {key: value for key, value in shares.items() if key != "useful"}
    assert find_score(SATISFACTION, without_useful) == 500
    assert find_score(SATISFACTION[2:], shares) is None
    assert find_score((), {}) is None


@given(SHARES, st.sampled_from(CODES), st.integers(1, 1000))
def test_more_is_better_except_of_expectation(shares, code, more):
    better = shares | {code: min(shares[code] + more, 1000)}
    before, after = find_score(SATISFACTION, shares), find_score(SATISFACTION, better)
    assert 0 <= before <= 1000
    assert before >= after if code == "hoped" else before <= after


@given(SHARES, st.integers(0, 1000))
def test_plain_score_is_the_mean_and_lies_between_its_answers(shares, value):
    terms = tuple(Term(code) for code in CODES)
    assert min(shares.values()) <= find_score(terms, shares) <= max(shares.values())
    assert find_score(terms, dict.fromkeys(CODES, value)) == value


@given(SHARES, st.integers(2, 5))
def test_weights_are_relative_and_each_cost_weighs_alike(shares, factor):
    heavier = [Term(each.question, each.part, each.weight * factor) for each in SATISFACTION]
    assert find_score(heavier, shares) == find_score(SATISFACTION, shares)
    twice = (*SATISFACTION, Term("queue", ScorePart.TIME))
    assert find_score(twice, shares | {"queue": shares["wait"]}) == find_score(SATISFACTION, shares)
